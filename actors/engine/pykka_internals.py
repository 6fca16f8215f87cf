"""What pykka keeps private and this engine is built on; no other module imports it.

Besides, ``RuntimeActor`` overrides ``_create_actor_inbox`` and ``_start_actor_loop``, and calls
``_handle_receive`` and ``_handle_failure``.
"""

from pykka._envelope import Envelope
from pykka.messages import _ActorStop as ActorStop

__all__ = ["ActorStop", "Envelope"]
