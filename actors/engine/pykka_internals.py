"""What pykka keeps private and this engine is built on; no other module imports it.

Besides, ``RuntimeActor`` overrides ``_create_actor_inbox`` and ``_start_actor_loop``, and calls
``_handle_receive`` and ``_handle_failure``.
"""

import threading
from typing import Any, Final

import pykka
from msgspec import Struct
from pykka._envelope import Envelope
from pykka.messages import _ActorStop as ActorStop

__all__ = ["OF_PYKKA", "ActorStop", "AnyEnvelope", "Ended", "Envelope", "PlainEnvelope"]

OF_PYKKA: Final = (
    ActorStop,
    pykka.messages.ProxyCall,
    pykka.messages.ProxyGetAttr,
    pykka.messages.ProxySetAttr,
)
"""The messages that pykka handles itself."""


class PlainEnvelope(Struct, frozen=True):
    """An ``Envelope`` that wants no reply; HOT: one for each message, made without a frame of Python."""

    message: Any
    reply_to: None = None


AnyEnvelope = Envelope[Any] | PlainEnvelope


class Ended(threading.Event):
    """Whether an actor has ended; HOT: ``raised`` says so without a call. It is never cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.raised = False

    def set(self) -> None:
        self.raised = True
        super().set()
