"""The errors of the interface; two have the names of builtins, as they have there."""


class PocketOptionError(Exception):
    """Parent of all of them. ``error_code`` is a word for programs, or ``None``."""

    def __init__(self, message: str, error_code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code


class ConnectionError(PocketOptionError):  # noqa: A001  # the name that scripts catch
    """There is no connection."""


class AuthenticationError(PocketOptionError):
    """The venue refused the session."""


class OrderError(PocketOptionError):
    """An order was not placed, or it is not known whether it was.

    ``error_code`` is ``refused`` (the same again is refused again), ``not_sent`` (safe to repeat), or
    ``unknown``: it was sent, and its answer was lost. Never repeat that one: ``check_win(error.order_id)``
    waits for what became of it.
    """

    def __init__(self, message: str, error_code: str | None = None, order_id: str = "") -> None:
        super().__init__(message, error_code)
        self.order_id = order_id


class TimeoutError(PocketOptionError):  # noqa: A001  # the name that scripts catch
    """The venue did not answer in time."""


class InvalidParameterError(PocketOptionError):
    """An argument cannot be used."""


class WebSocketError(PocketOptionError):
    """A message could not be sent."""


class CircuitOpenError(PocketOptionError):
    """A ``CircuitBreaker`` lets no call through at present."""
