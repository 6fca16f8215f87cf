"""What an owner of an account does with commands that a former one may have begun."""

from typing import Any, Final

from msgspec import structs

from actors.errors import RequestError
from actors.messages import commands
from actors.messages.commands import OrderCommand
from runtime.cluster.engine import Engine
from runtime.control.protocol import Ask

NOT_TWICE: Final = (
    commands.SendRaw,
    commands.Resume,
    commands.SettleOrder,
    commands.CancelPendingOrder,
)
"""What has another effect, or another answer, the second time. An order has its id in the journal."""


class Succession:
    """The entries that came before this owner ``began`` are those that a former one may have read.

    ``__init__`` and ``request`` may raise ``EngineAway``.
    """

    def __init__(self, engine: Engine, duty: str) -> None:
        self._engine = engine
        self._duty = duty
        self._began = engine.time()

    def __repr__(self) -> str:
        return f"<Succession of {self._duty}, since {self._began:.3f}>"

    def request(self, asked: Ask, sent_at: float) -> Any:
        """What to ask the router, ``sent_at`` by the engine's clock; raises ``RequestError`` if it may not be
        asked again.

        An order that a former owner has journaled is asked for by its id: what became of it is the answer.
        """
        request = asked.request
        if sent_at > self._began:
            return request
        if isinstance(request, NOT_TWICE):
            raise RequestError("the account has changed its host, and the former one may have done it")
        if isinstance(request, OrderCommand) and self._engine.known(self._duty, [asked.order]):
            return structs.replace(request, id=asked.order)
        return request
