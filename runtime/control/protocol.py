"""What a gateway and its peers say to one another."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from actors.errors import WireError, to_wire
from actors.messages import commands
from actors.messages.events import StreamConfirmed
from actors.messages.status import Status
from actors.messages.traffic import EventBatch
from actors.values import Asset, Balance, Candle, Deal, Payout, PendingOrder, Region, ServerTime

VERSION: Final = 1
LARGEST_FROM_PEER: Final = 1024 * 1024
"""Bytes; commands are small."""


class ReloadRuntime(Struct, frozen=True, tag=True):
    """Read the configuration again; answered with the names of the settings that have changed, raises
    ``RequestRefused`` or ``ConfigInvalid`` if it stays as it was."""


class StopRuntime(Struct, frozen=True, tag=True):
    """Stop politely, as a signal would; answered at once. The connection ends with the runtime."""


ControlRequest = (
    commands.SubscribeTicks
    | commands.UnsubscribeTicks
    | commands.LoadCandles
    | commands.GetBalance
    | commands.GetAssets
    | commands.GetPayout
    | commands.GetServerTime
    | commands.SendRaw
    | commands.GetStatus
    | commands.Restart
    | commands.PlaceOrder
    | commands.AwaitResult
    | commands.PlacePendingOrder
    | commands.CancelPendingOrder
    | commands.GetOpenedDeals
    | commands.GetClosedDeals
    | commands.GetPendingOrders
    | commands.Halt
    | commands.Resume
    | ReloadRuntime
    | StopRuntime
)
"""What a peer may ask; subscriptions stay with it (see ``Listen``), since handlers do not travel."""

ANSWERS: Final[dict[type[Struct], Any]] = {
    commands.SubscribeTicks: StreamConfirmed,
    commands.UnsubscribeTicks: None,
    commands.LoadCandles: list[Candle],
    commands.GetBalance: Balance,
    commands.GetAssets: dict[str, Asset],
    commands.GetPayout: Payout,
    commands.GetServerTime: ServerTime,
    commands.SendRaw: None,
    commands.GetStatus: Status,
    commands.Restart: None,
    commands.PlaceOrder: Deal,
    commands.AwaitResult: Deal,
    commands.PlacePendingOrder: PendingOrder,
    commands.CancelPendingOrder: str,
    commands.GetOpenedDeals: list[Deal],
    commands.GetClosedDeals: list[Deal],
    commands.GetPendingOrders: list[PendingOrder],
    commands.Halt: None,
    commands.Resume: bool,
    ReloadRuntime: list[str],
    StopRuntime: None,
}
"""What each wish is answered with: on the wire an answer does not name its type."""


class Hello(Struct, frozen=True, tag=True):
    """A peer's first words; ``token`` is the one in the address file, where the system needs one."""

    version: int
    token: str


class Ask(Struct, frozen=True, tag=True):
    """A wish; ``id`` finds its answer, 0 wants none."""

    id: int
    wish: ControlRequest


class Listen(Struct, frozen=True, tag=True):
    """Send every event whose topic begins with one of ``topics``, once each; no others any more."""

    id: int
    topics: list[str]


FromPeer = Hello | Ask | Listen


class Welcome(Struct, frozen=True, tag=True):
    """The gateway's first words: whom one speaks to. ``session`` is practice, demo or live; ``uptime`` is in
    seconds."""

    version: int
    pid: int
    session: str
    uptime: float
    regions: list[Region]
    venue: str
    """Its name to show, the practice exchange's original too."""


class HelloRefused(Struct, frozen=True, tag=True):
    """The gateway's last words to one that it does not serve; ``crowded`` may pass within moments."""

    reason: str
    crowded: bool = False


class ResponseMessage(Struct, frozen=True, tag=True):
    """The answer to wish ``id``: MessagePack, of the type in ``ANSWERS``."""

    id: int
    value: bytes


class ErrorMessage(Struct, frozen=True, tag=True):
    """The error that request ``id`` raised."""

    id: int
    error: WireError


FromGateway = Welcome | HelloRefused | ResponseMessage | ErrorMessage | EventBatch


def answered(id: int, value: Any) -> ResponseMessage | ErrorMessage:
    """``value`` as it travels."""
    try:
        return ResponseMessage(id, msgspec.msgpack.encode(value))
    except (TypeError, ValueError) as error:
        return ErrorMessage(id, to_wire(error))
