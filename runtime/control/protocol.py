"""The messages between a gateway and its peers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from actors.errors import WireError, to_wire
from actors.messages import commands
from actors.messages.commands import Command, answer_type
from actors.messages.traffic import EventBatch
from actors.tables.rows import PLAIN
from actors.tenancy.published_ticks import NewestQuotes
from actors.values import Region

VERSION: Final = 6
LARGEST_FROM_PEER: Final = 1024 * 1024
"""Bytes; commands are small."""


class ReloadRuntime(Command[list[str]], frozen=True):
    """Load the configuration again. Answered with the names of the changed settings; raises
    ``RequestRefused`` or ``ConfigInvalid`` if the old one stays."""


class AccountState(Struct, frozen=True):
    """One of several accounts, or a feed. ``kind`` is account or feed; ``mode`` is practice, demo or live.

    ``state`` is up, connecting, refused (the login, until a restart), failed or stopped; ``reason`` says why
    it is not up. ``in_doubt`` are orders and pending orders. What it has not told in time is ``None``.
    ``standby`` says which host has it, if it runs here only to be taken over.
    """

    name: str
    kind: str
    mode: str
    state: str
    reason: str = ""
    balance: Decimal | None = None
    currency: str | None = None
    up: int = 0
    connections: int = 0
    streams: int = 0
    open_deals: int | None = None
    in_flight: int | None = None
    in_doubt: int | None = None
    halted: str | None = None
    standby: str = ""

    @property
    def title(self) -> str:
        """The name, and whether it is a feed."""
        return f"{self.name} (feed)" if self.kind == "feed" else self.name

    @property
    def remark(self) -> str:
        """Why it is not up, that its orders are halted, and that it stands by; ``""`` if all is well."""
        halted = "" if self.halted is None else f"orders halted ({self.halted})"
        standby = self.standby and f"stands by ({self.standby})"
        return "; ".join(filter(None, (self.reason, halted, standby)))


class GetAccounts(Command[list[AccountState]], frozen=True):
    """What becomes of each account and each feed of the process, in the order of the configuration."""


class StopRuntime(Command[None], frozen=True):
    """Stop as on SIGTERM; answered at once. The connection ends with the runtime."""


ControlRequest = (
    commands.SubscribeTicks
    | commands.UnsubscribeTicks
    | commands.CheckTopic
    | commands.LoadCandles
    | commands.LoadTicks
    | commands.SubscribeCandles
    | commands.UnsubscribeCandles
    | commands.GetBalance
    | commands.GetAssets
    | commands.GetPayout
    | commands.GetServerTime
    | commands.SendRaw
    | commands.WithdrawRaw
    | commands.GetStatus
    | commands.Restart
    | commands.Disconnect
    | commands.Connect
    | commands.PlaceOrder
    | commands.AwaitResult
    | commands.SettleOrder
    | commands.PlacePendingOrder
    | commands.CancelPendingOrder
    | commands.GetOpenedDeals
    | commands.GetClosedDeals
    | commands.GetPendingOrders
    | commands.Halt
    | commands.Resume
    | GetAccounts
    | ReloadRuntime
    | StopRuntime
)
"""The requests of a peer. Its subscriptions stay in its process, where the handlers are (see ``Listen``)."""

ASKED_OF_PROCESS: Final = frozenset({GetAccounts, ReloadRuntime, StopRuntime})
"""What is asked of the process of a host: neither of a router, nor of an account that may be on any host."""

ANSWERS: Final[dict[type[Struct], Any]] = {kind: answer_type(kind) for kind in get_args(ControlRequest)}
"""The type of the answer to each request; an encoded answer does not name its type."""


def answer_decoder(kind: type[Struct]) -> Callable[[bytes], Any]:
    """What makes the answer to a request of this kind of its encoded form."""
    answer = ANSWERS[kind]
    if answer not in PLAIN:
        return msgspec.msgpack.Decoder(answer).decode
    decode = msgspec.msgpack.Decoder(PLAIN[answer]).decode
    return lambda data: answer(decode(data))


class Hello(Struct, frozen=True, tag=True):
    """A peer's first message; ``token`` is from the address file, and empty for a Unix socket.

    A peer that ``operates`` the runtime has a place even if as many programs are attached as may be.
    """

    version: int
    token: str
    operates: bool = False


class Ask(Struct, frozen=True, tag=True):
    """A request; its answer has the same ``id``, and id 0 gets no answer.

    ``within``: the seconds that its caller still waits; ``None`` if there is no such limit. ``order``: the id
    of the order that the request places, if it places one. With ``for_subscription`` the peer keeps a stream,
    or releases it, for a subscription of its process.

    An order also says when it was asked for, ``asked_at`` by the clock of the machine since ``boot``: its
    deadline passes while the request is on its way, in a suspend or to a process that stands still.
    """

    id: int
    request: ControlRequest
    within: float | None = None
    order: str = ""
    for_subscription: bool = False
    asked_at: float | None = None
    boot: str = ""


class GiveUp(Struct, frozen=True, tag=True):
    """The answer to request ``id`` is awaited no longer: an order that has not left is withdrawn."""

    id: int


class Listen(Struct, frozen=True, tag=True):
    """From now on send each event that one of ``topics`` matches, once, and no other event."""

    id: int
    topics: list[str]


FromPeer = Hello | Ask | GiveUp | Listen


class FromAsker(Struct, frozen=True):
    """What a process puts into an engine for the host that owns the account: one of ``FromPeer`` in its own
    encoding, which is that of ``None`` at its end. ``asker`` names the process, and the stream of what it is
    answered."""

    asker: str
    message: msgspec.Raw


class Welcome(Struct, frozen=True, tag=True):
    """The gateway's first message. ``mode`` is practice, demo or live; ``uptime`` is in seconds; ``venue``
    is the name to show, also while practising; ``journal`` is the path of the journal of orders. A process
    with several accounts names them in ``accounts``, and has none of the rest itself."""

    version: int
    pid: int
    mode: str = msgspec.field(name="session")
    uptime: float
    regions: list[Region]
    venue: str
    journal: str = ""
    accounts: tuple[str, ...] = ()


class HelloRefused(Struct, frozen=True, tag=True):
    """The gateway's last message to a peer. ``crowded``: another try may succeed within moments."""

    reason: str
    crowded: bool = False


class ResponseMessage(Struct, frozen=True, tag=True):
    """The answer to request ``id``: MessagePack of the type in ``ANSWERS``."""

    id: int
    value: bytes


class ErrorMessage(Struct, frozen=True, tag=True):
    """The error that request ``id`` raised."""

    id: int
    error: WireError


FromGateway = Welcome | HelloRefused | ResponseMessage | ErrorMessage | EventBatch


class FeedMark(Struct, frozen=True, tag=True, omit_defaults=True):
    """Among the events of a feed that other hosts stand by for: ``newest`` is what was published up to here.

    The first entry of an owner also names the entry of a former one that it goes on ``after``, by epoch and
    number, and the assets that are ``whole``: no tick of them is missing between the two.
    """

    newest: NewestQuotes
    after: tuple[int, int] = (0, 0)
    whole: list[str] = []


FromOwner = FromGateway | FeedMark
"""What a process reads in the engine."""


def answered(id: int, value: Any) -> ResponseMessage | ErrorMessage:
    """The answer to request ``id``; an error if ``value`` cannot be encoded."""
    try:
        return ResponseMessage(id, msgspec.msgpack.encode(value))
    except (TypeError, ValueError) as error:
        return ErrorMessage(id, to_wire(error))
