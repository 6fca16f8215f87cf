"""The errors of BinaryOptionsToolsV2, and what becomes of the errors of a router."""

from collections.abc import Iterator
from contextlib import contextmanager

from actors.errors import RequestTimeout, TellwireError


class PocketOptionError(Exception):
    """A request was not fulfilled. ``__cause__`` is the error of the router, whose class says whether the
    request may be repeated; ``order`` is the id of the order, if it was to place one."""

    order: str = ""


class PocketOptionTimeout(PocketOptionError, TimeoutError):
    """No answer came in time. It is a ``TimeoutError`` too, for scripts that catch that one."""


class InvalidParameterError(Exception):
    """An argument cannot be used."""


class NotAllowedError(Exception):
    """What was asked for is not served; the text says why and what to do."""


class TradeNotFoundError(Exception):
    """There is no such trade."""


class UninitializedError(Exception):
    """What was used has not been set up."""


@contextmanager
def as_theirs() -> Iterator[None]:
    """Raises the error of a router as one of theirs."""
    try:
        yield
    except TellwireError as error:
        kind = PocketOptionTimeout if isinstance(error, RequestTimeout) else PocketOptionError
        raised = kind(str(error))
        raised.order = getattr(error, "order", "")
        raise raised from error
