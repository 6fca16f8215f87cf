"""Every error of the house, one tree.

TellwireError
├── ConfigInvalid          the configuration has problems; ``problems`` lists them all
├── TransportError
│   ├── DialFailed         no WebSocket came of it; ``status`` is the HTTP answer, if there was one,
│   │                      ``retry_after`` for how long it asks to be left alone
│   └── TransportClosed    an open WebSocket ended; ``code`` is the close code (RFC 6455, 7.4)
├── ProtocolError
│   ├── LocalProtocolError   we asked for an impossible step
│   └── RemoteProtocolError  the peer broke a rule; ``code`` is what we close with
├── AuthRejected           the venue refused the session twice, or refuses everybody at the moment
├── RequestError
│   ├── RequestRefused     the request cannot be carried out; the text says why
│   ├── RequestTimeout     no answer within the request's deadline
│   ├── OrderUnknown       an order was sent; what became of it is not known
│   └── NotSent            surely not sent, safe to repeat
│       ├── RateLimited    it would have waited past its deadline; see ``retry_after``
│       ├── Halted         orders are halted, or there is no journal to keep them in
│       └── NotPlaced      it was sent, and the venue's own lists show that it came to nothing
├── WorkerDied             a worker process ended or fell silent
├── TooManyRestarts        a child of the supervisor died more often than it may
├── JournalInUse           another runtime keeps the journal of orders, so this one does not start
└── NoRuntime              no runtime is running where one was to be attached to
    └── RuntimeHung        one is there, holds its control socket, and does not answer
"""

from collections.abc import Sequence
from typing import Any, NamedTuple


class TellwireError(Exception):
    """Parent of every error that this package raises on purpose."""


class ConfigInvalid(TellwireError):
    """The configuration cannot be used; each of ``problems`` is one printable line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class TransportError(TellwireError):
    """The way to the venue failed."""


class DialFailed(TransportError):
    """No WebSocket could be opened; ``status`` is the HTTP status of the answer, if one came.

    ``retry_after`` is for how many seconds the host asked not to be called again (RFC 9110, 10.2.3).
    """

    def __init__(self, reason: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


class TransportClosed(TransportError):
    """An open WebSocket ended; ``code`` is the peer's close code, 1005 for none, 1006 for a bare end."""

    def __init__(self, reason: str, code: int = 1006) -> None:
        super().__init__(reason)
        self.code = code


class ProtocolError(TellwireError):
    """A rule of RFC 6455, Engine.IO, Socket.IO or the venue was broken."""


class LocalProtocolError(ProtocolError):
    """Our own side asked for a step that the connection's state does not allow."""


class RemoteProtocolError(ProtocolError):
    """The peer broke a rule; ``code`` is the close code to answer with (RFC 6455, 7.4.1)."""

    def __init__(self, reason: str, code: int = 1002) -> None:
        super().__init__(reason)
        self.code = code


class AuthRejected(TellwireError):
    """The venue refused the session string."""


class RequestError(TellwireError):
    """A request to the router was not fulfilled."""


class RequestRefused(RequestError):
    """The request cannot be carried out as it stands."""


class RequestTimeout(RequestError):
    """No answer came within the request's deadline; what was sent may still take effect."""


class OrderUnknown(RequestError):
    """An order was sent and no evidence came by its deadline; ``order`` finds it in later events.

    Never repeat it: it may have been executed.
    """

    def __init__(self, reason: str, order: str = "") -> None:
        super().__init__(reason)
        self.order = order


class NotSent(RequestError):
    """The request surely had no effect and never will; it is safe to repeat."""


class RateLimited(NotSent):
    """The configured rate would have held the request past its deadline."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Halted(NotSent):
    """Orders are halted by a person, or cannot be journaled; only a person lifts a halt."""


class NotPlaced(NotSent):
    """The order was sent, but the venue's lists after a later login show that no deal came of it."""


class WorkerDied(TellwireError):
    """A worker process ended, or gave no sign of life for too long."""


class TooManyRestarts(TellwireError):
    """A worker or a connection died again and again after it was up, faster than is allowed."""


class JournalInUse(TellwireError):
    """Another runtime holds the journal of orders; two runtimes on one account must not both trade."""


class NoRuntime(TellwireError):
    """No runtime is running, or none that can be attached to; the text names the address looked at."""


class RuntimeHung(NoRuntime):
    """A runtime is there, and may well trade, but does not answer: it is stopped, starved, or hangs."""


class WireError(NamedTuple):
    """An error as it crosses a process: the name of its class in this module, its text, its attributes."""

    name: str
    reason: str
    fields: dict[str, Any]


def to_wire(error: BaseException) -> WireError:
    """What ``from_wire`` makes an equal error of. An error that this module does not define becomes a
    ``RequestError`` whose text begins with the name of its class."""
    if _KINDS.get(type(error).__name__) is not type(error):
        return WireError(RequestError.__name__, f"{type(error).__name__}: {error}", {})
    if isinstance(error, ConfigInvalid):
        return WireError(ConfigInvalid.__name__, str(error), {})  # its text holds every problem
    fields = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    return WireError(type(error).__name__, str(error), fields)


def from_wire(error: WireError) -> TellwireError:
    """The error that ``to_wire`` was given. A name that this module does not define gives a ``RequestError``
    that says so."""
    kind = _KINDS.get(error.name)
    if kind is None:
        return RequestError(f"an error of an unknown kind, {error.name}: {error.reason}")
    if kind is ConfigInvalid:
        return ConfigInvalid(error.reason.splitlines())
    return kind(error.reason, **error.fields)


_KINDS: dict[str, type[TellwireError]] = {
    name: kind
    for name, kind in globals().items()
    if isinstance(kind, type) and issubclass(kind, TellwireError)
}
