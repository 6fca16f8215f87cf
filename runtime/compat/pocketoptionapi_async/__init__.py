"""The interface of pocketoptionapi-async 2.0.1, on a runtime of ours: change the import, and the script runs.

``client.py`` is the client. ``connection_keep_alive.py`` and ``connection_monitor.py`` build on it.
``models.py``, ``exceptions.py``, ``constants.py``, ``monitoring.py`` and ``utils.py`` have what their
namesakes have there. What begins with an underscore has no namesake: ``_connection.py`` is what a client has
of a runtime, ``_facts.py`` what its connections are, ``_orders.py`` what became of its orders,
``_callbacks.py`` which callbacks are called, ``_messages.py`` what becomes of a text to send,
``_diagnosis.py`` what a monitor's figures mean, ``_arguments.py`` and ``_session.py`` what arguments mean,
and ``methods.py`` is the table of all methods.
"""

from runtime.compat.pocketoptionapi_async.client import AsyncPocketOptionClient
from runtime.compat.pocketoptionapi_async.constants import ASSETS, REGIONS
from runtime.compat.pocketoptionapi_async.exceptions import (
    AuthenticationError,
    ConnectionError,  # noqa: A004  # its name there
    InvalidParameterError,
    OrderError,
    PocketOptionError,
    TimeoutError,  # noqa: A004  # its name there
    WebSocketError,
)
from runtime.compat.pocketoptionapi_async.models import (
    Asset,
    Balance,
    Candle,
    ConnectionStatus,
    Order,
    OrderDirection,
    OrderResult,
    OrderStatus,
)
from runtime.compat.pocketoptionapi_async.monitoring import (
    CircuitBreaker,
    ErrorCategory,
    ErrorMonitor,
    ErrorSeverity,
    HealthChecker,
    RetryPolicy,
    error_monitor,
    health_checker,
)

__version__ = "2.0.0"
"""The version that scripts for the release 2.0.1 see there."""

__all__ = [
    "ASSETS",
    "REGIONS",
    "Asset",
    "AsyncPocketOptionClient",
    "AuthenticationError",
    "Balance",
    "Candle",
    "CircuitBreaker",
    "ConnectionError",
    "ConnectionStatus",
    "ErrorCategory",
    "ErrorMonitor",
    "ErrorSeverity",
    "HealthChecker",
    "InvalidParameterError",
    "Order",
    "OrderDirection",
    "OrderError",
    "OrderResult",
    "OrderStatus",
    "PocketOptionError",
    "RetryPolicy",
    "TimeoutError",
    "WebSocketError",
    "error_monitor",
    "health_checker",
]
