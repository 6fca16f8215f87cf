"""Every error that a program can meet, in one tree.

TellwireError
├── ConfigInvalid          the configuration cannot be used; ``problems`` lists why
├── LoginInvalid           a text is no login of its venue; it is a ``ValueError`` too
├── TransportError
│   ├── DialFailed         no WebSocket was opened; ``status`` is that of the HTTP answer, if one came
│   └── TransportClosed    an open WebSocket ended; ``code`` is the close code (RFC 6455, 7.4)
├── ProtocolError
│   ├── LocalProtocolError   our side asked for a step that the state does not allow
│   └── RemoteProtocolError  the peer broke a rule; ``code`` is the close code to answer with
├── AuthRejected           the venue refused the login as often as it may, or refuses every login
├── RequestError
│   ├── RequestRefused     the request cannot be carried out now or as asked; the same again is refused again
│   ├── RequestTimeout     no answer by the deadline; what was sent may still take effect
│   ├── OrderUnknown       an order was sent and its result is not known; never repeat it, but with its id
│   └── NotSent            nothing was wrong with the request; it had no effect and never will; safe to repeat
│       ├── RateLimited    it would have waited past its deadline; see ``retry_after``
│       ├── Halted         orders are halted, or cannot be journaled
│       └── NotPlaced      the order was sent, and the venue's lists show that no deal came of it
├── WorkerDied             a worker process ended, or its heartbeat stopped
├── TooManyRestarts        a worker or a connection failed more often than is allowed
├── JournalInUse           another runtime holds the journal of orders, or trades on the account
└── NoRuntime              there is no runtime to attach to
    └── RuntimeHung        there is one, but it does not answer
"""

import copyreg
from collections.abc import Sequence
from typing import Any, NamedTuple

import pykka


class TellwireError(Exception):
    """Parent of every error of this tree. Each can be copied and pickled with all that it says."""

    def __reduce__(self) -> tuple[Any, ...]:
        # That of BaseException calls the class with ``args``, which are the reason alone.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


class ConfigInvalid(TellwireError):
    """The configuration cannot be used; each of ``problems`` is one printable line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class LoginInvalid(TellwireError, ValueError):
    """A text is no login of its venue. The message says what it is and what to write instead, and repeats
    nothing of it.

    It is a ``ValueError`` too, so that a validator of the configuration reports it as a problem.
    """


class TransportError(TellwireError):
    """The connection to the venue failed."""


class DialFailed(TransportError):
    """No WebSocket could be opened. ``status`` is the HTTP status of the answer, ``None`` if none came.

    ``retry_after``: for how many seconds the host asked not to be dialed again (RFC 9110, 10.2.3).
    """

    def __init__(self, reason: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


class TransportClosed(TransportError):
    """An open WebSocket ended. ``code`` is the peer's close code: 1005 if it sent none, 1006 without a close
    frame (RFC 6455, 7.4.1)."""

    def __init__(self, reason: str, code: int = 1006) -> None:
        super().__init__(reason)
        self.code = code


class ProtocolError(TellwireError):
    """A rule of RFC 6455, Engine.IO, Socket.IO or the venue's protocol was broken."""


class LocalProtocolError(ProtocolError):
    """Our side asked for a step that the state of the connection does not allow."""


class RemoteProtocolError(ProtocolError):
    """The peer broke a rule; ``code`` is the close code to answer with (RFC 6455, 7.4.1)."""

    def __init__(self, reason: str, code: int = 1002) -> None:
        super().__init__(reason)
        self.code = code


class AuthRejected(TellwireError):
    """The venue refused the login as often as its profile allows, or refuses every login at present."""


class RequestError(TellwireError):
    """A request to the router was not fulfilled. ``order`` is the id of the order, if it was to place one."""

    def __init__(self, reason: str = "", order: str = "") -> None:
        super().__init__(reason)
        self.order = order

    @property
    def id(self) -> str:
        """``order``, by its name in ``PlaceOrder``."""
        return self.order


class RequestRefused(RequestError):
    """The request cannot be carried out now, or as it stands: an unknown asset, a closed market, an amount
    outside the limits or above the balance, a limit of the configuration, the venue's own refusal.

    To repeat it unchanged helps only once the reason in its text is gone.
    """


class RequestTimeout(RequestError, pykka.Timeout):
    """No answer came by the request's deadline; what was sent may still take effect.

    It is a ``pykka.Timeout`` too, which an ask of any other actor raises.
    """


class OrderUnknown(RequestError, pykka.Timeout):
    """An order was sent, or may be, and its result was not known by the deadline. ``order`` is its id.

    It may have been executed: never repeat it, but with the same id (``PlaceOrder(..., id=error.order)``),
    which sends nothing and is answered with what became of it. It is a ``pykka.Timeout`` too.
    """

    def __str__(self) -> str:
        reason = super().__str__()
        return f"order {self.order}: {reason}" if self.order else reason


class NotSent(RequestError):
    """The request had no effect and never will; it is safe to repeat.

    Nothing was wrong with the request itself: no connection, a rate limit, a halt, a like order in flight, or
    a stop kept it from leaving. What could never be sent raises ``RequestRefused``.
    """


class RateLimited(NotSent):
    """The configured rate would have held the request past its deadline, for ``retry_after`` seconds."""

    def __init__(self, reason: str, retry_after: float, order: str = "") -> None:
        super().__init__(reason, order)
        self.retry_after = retry_after


class Halted(NotSent):
    """Orders are halted, or cannot be journaled; only ``Resume`` lifts a halt."""


class NotPlaced(NotSent):
    """The order was sent, and the venue's lists after a later login show that no deal came of it."""


class WorkerDied(TellwireError):
    """A worker process ended, or its heartbeat stopped."""


class TooManyRestarts(TellwireError):
    """A worker or a connection failed more often within a time than the configuration allows."""


class JournalInUse(TellwireError):
    """Another runtime holds the journal of orders, or trades on the account: this runtime does not start."""


class NoRuntime(TellwireError):
    """There is no runtime to attach to; the text names the address that was tried."""


class RuntimeHung(NoRuntime):
    """There is a runtime, and it may be trading, but it does not answer."""


class WireError(NamedTuple):
    """An error as it crosses a process: the name of its class in this module, its text, its attributes."""

    name: str
    reason: str
    fields: dict[str, Any]


def to_wire(error: BaseException) -> WireError:
    """What ``from_wire`` makes an equal error of. An error that this module does not define becomes a
    ``RequestError`` whose text begins with the name of its class."""
    if KINDS.get(type(error).__name__) is not type(error):
        return WireError(RequestError.__name__, f"{type(error).__name__}: {error}", {})
    if isinstance(error, ConfigInvalid):
        return WireError(ConfigInvalid.__name__, str(error), {})  # its text holds every problem
    fields = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    return WireError(type(error).__name__, str(error.args[0]) if error.args else "", fields)


def from_wire(error: WireError) -> TellwireError:
    """The error that ``to_wire`` was given. A name that this module does not define gives a ``RequestError``
    that says so."""
    kind = KINDS.get(error.name)
    if kind is None:
        return RequestError(f"an error of an unknown kind, {error.name}: {error.reason}")
    if kind is ConfigInvalid:
        return ConfigInvalid(error.reason.splitlines())
    return kind(error.reason, **error.fields)


KINDS: dict[str, type[TellwireError]] = {
    name: kind
    for name, kind in globals().items()
    if isinstance(kind, type) and issubclass(kind, TellwireError)
}
