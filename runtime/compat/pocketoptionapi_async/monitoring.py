"""Errors counted, calls guarded and repeated, health checked at an interval."""

import asyncio
import contextlib
import inspect
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

from loguru import logger

from runtime.compat.pocketoptionapi_async.exceptions import CircuitOpenError

T = TypeVar("T")
AlertCallback = Callable[[dict[str, Any]], object]

_LONGEST_CONTEXT = 200
_LONGEST_VALUE = 100
"""Characters of a call's arguments that an error keeps."""
_TOP_ERRORS = 10


class ErrorSeverity(Enum):
    """How bad an error is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ErrorCategory(Enum):
    """What an error is about."""

    CONNECTION = "connection"
    AUTHENTICATION = "authentication"
    TRADING = "trading"
    DATA = "data"
    SYSTEM = "system"
    RATE_LIMIT = "rate_limit"


@dataclass
class ErrorEvent:
    """One error that was recorded, in local time."""

    timestamp: datetime
    error_type: str
    severity: ErrorSeverity
    category: ErrorCategory
    message: str
    context: dict[str, Any]
    stack_trace: str | None = None
    resolved: bool = False
    resolution_time: datetime | None = None


@dataclass
class PerformanceMetrics:
    """One operation; ``duration`` in seconds, ``memory_usage`` in bytes."""

    timestamp: datetime
    operation: str
    duration: float
    success: bool
    memory_usage: int | None = None
    cpu_usage: float | None = None
    active_connections: int = 0


class CircuitBreaker:
    """Lets no call through for ``recovery_timeout`` seconds after ``failure_threshold`` failures in a row.
    ``state`` is CLOSED, OPEN or HALF_OPEN."""

    def __init__(
        self,
        failure_threshold: int = 5,
        recovery_timeout: float = 60,
        expected_exception: type[BaseException] = Exception,
    ) -> None:
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.expected_exception = expected_exception
        self.failure_count = 0
        self.last_failure_time: float | None = None
        self.state = "CLOSED"

    async def call(self, func: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """Await ``func``, whose errors pass. Raises ``CircuitOpenError`` while the breaker is open."""
        if self.state == "OPEN":
            failed_at = self.last_failure_time
            if failed_at is not None and time.time() - failed_at < self.recovery_timeout:
                raise CircuitOpenError("Circuit breaker is OPEN")
            self.state = "HALF_OPEN"
        try:
            result = await func(*args, **kwargs)
        except self.expected_exception:
            self.on_failure()
            raise
        self.on_success()
        return result

    def on_success(self) -> None:
        """Count a call that succeeded."""
        self.failure_count = 0
        self.state = "CLOSED"

    def on_failure(self) -> None:
        """Count a call that failed."""
        self.failure_count += 1
        self.last_failure_time = time.time()
        if self.failure_count >= self.failure_threshold:
            self.state = "OPEN"
            logger.warning("the circuit breaker opened after {} failures", self.failure_count)


class RetryPolicy:
    """Repeats a call that fails, after delays in seconds that grow by ``exponential_base``. With ``jitter`` a
    delay is between half of that and all of it."""

    def __init__(
        self,
        max_attempts: int = 3,
        base_delay: float = 1.0,
        max_delay: float = 60.0,
        exponential_base: float = 2.0,
        jitter: bool = True,
    ) -> None:
        if max_attempts < 1:
            raise ValueError(f"max_attempts must be at least 1, not {max_attempts}")
        self.max_attempts = max_attempts
        self.base_delay = base_delay
        self.max_delay = max_delay
        self.exponential_base = exponential_base
        self.jitter = jitter

    async def execute(self, func: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """The first answer, or the error of the last attempt. Never wrap ``place_order``: an order whose
        answer was lost would be sent again."""
        attempt = 1
        while True:
            try:
                return await func(*args, **kwargs)
            except Exception as error:
                if attempt >= self.max_attempts:
                    raise
                delay = self._delay(attempt)
                logger.warning("attempt {} failed: {}; again in {:.2f} s", attempt, error, delay)
            await asyncio.sleep(delay)
            attempt += 1

    def _delay(self, attempt: int) -> float:
        delay = min(self.base_delay * self.exponential_base ** (attempt - 1), self.max_delay)
        return delay * random.uniform(0.5, 1.0) if self.jitter else delay


class ErrorMonitor:
    """Keeps the last ``max_errors`` errors. Calls the alert callbacks with each error of a type that came
    ``alert_threshold`` times within ``alert_window`` seconds."""

    def __init__(self, max_errors: int = 1000, alert_threshold: int = 10, alert_window: float = 300) -> None:
        self.max_errors = max_errors
        self.alert_threshold = alert_threshold
        self.alert_window = alert_window
        self.errors: deque[ErrorEvent] = deque(maxlen=max_errors)
        self.error_counts: dict[str, int] = defaultdict(int)
        self.error_patterns: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=max_errors))
        self.alert_callbacks: list[AlertCallback] = []
        self.circuit_breakers = {
            "connection": CircuitBreaker(failure_threshold=3, recovery_timeout=30),
            "trading": CircuitBreaker(failure_threshold=5, recovery_timeout=60),
            "data": CircuitBreaker(failure_threshold=10, recovery_timeout=30),
        }
        self.retry_policies = {
            "connection": RetryPolicy(max_attempts=3, base_delay=2.0),
            "trading": RetryPolicy(max_attempts=2, base_delay=1.0),
            "data": RetryPolicy(max_attempts=5, base_delay=0.5),
        }

    def add_alert_callback(self, callback: AlertCallback) -> None:
        """Have ``callback``, a function or a coroutine function, called with each alert, a dict."""
        self.alert_callbacks.append(callback)

    async def record_error(
        self,
        error_type: str,
        severity: ErrorSeverity,
        category: ErrorCategory,
        message: str,
        context: dict[str, Any] | None = None,
        stack_trace: str | None = None,
    ) -> ErrorEvent:
        """Keep and log an error; returns it once the alert callbacks have been called."""
        event = ErrorEvent(
            datetime.now(), error_type, severity, category, message, context or {}, stack_trace or ""
        )
        self.errors.append(event)
        self.error_counts[error_type] += 1
        self.error_patterns[error_type].append(event.timestamp)
        logger.error("[{}] {}: {}", severity.value.upper(), category.value, message)
        since = event.timestamp - timedelta(seconds=self.alert_window)
        recent = sum(moment >= since for moment in self.error_patterns[error_type])
        if recent >= self.alert_threshold:
            await self._alert(event, recent)
        return event

    def get_error_summary(self, hours: float = 24) -> dict[str, Any]:
        """The errors of the last ``hours``, counted; ``error_rate`` is per hour."""
        since = datetime.now() - timedelta(hours=hours)
        recent = [error for error in self.errors if error.timestamp >= since]
        by_type = Counter(error.error_type for error in recent)
        return {
            "total_errors": len(recent),
            "error_by_type": dict(by_type),
            "error_by_category": dict(Counter(error.category.value for error in recent)),
            "error_by_severity": dict(Counter(error.severity.value for error in recent)),
            "top_errors": by_type.most_common(_TOP_ERRORS),
            "error_rate": len(recent) / hours if hours > 0 else 0,
        }

    async def execute_with_monitoring(
        self,
        func: Callable[..., Awaitable[T]],
        operation_name: str,
        category: ErrorCategory,
        use_circuit_breaker: bool = False,
        use_retry: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> T:
        """Await ``func``, with the breaker and the retries of its category if asked for. An error is recorded
        and raised."""
        began = time.monotonic()
        breaker = self.circuit_breakers.get(category.value) if use_circuit_breaker else None
        retries = self.retry_policies.get(category.value) if use_retry else None
        try:
            if breaker and retries:
                return await breaker.call(retries.execute, func, *args, **kwargs)
            if breaker or retries:
                guard = breaker.call if breaker else retries.execute if retries else func
                return await guard(func, *args, **kwargs)
            return await func(*args, **kwargs)
        except Exception as error:
            arguments = {name: str(value)[:_LONGEST_VALUE] for name, value in kwargs.items()}
            context = {
                "operation": operation_name,
                "duration": time.monotonic() - began,
                "args": str(args)[:_LONGEST_CONTEXT],
                "kwargs": str(arguments)[:_LONGEST_CONTEXT],
            }
            name = f"{operation_name}_error"
            await self.record_error(name, ErrorSeverity.MEDIUM, category, str(error), context)
            raise

    async def _alert(self, event: ErrorEvent, count: int) -> None:
        alert = {
            "error_type": event.error_type,
            "error_count": count,
            "time_window": self.alert_window,
            "severity": event.severity,
            "category": event.category,
            "latest_message": event.message,
        }
        logger.critical("{} errors of {} in {} s", count, event.error_type, self.alert_window)
        for callback in self.alert_callbacks:
            try:
                answer = callback(alert)
                if inspect.isawaitable(answer):
                    await answer
            except Exception as error:  # noqa: BLE001  # of the user's code
                logger.error("an alert callback raised {!r}", error)


class HealthChecker:
    """Awaits checks every ``check_interval`` seconds. A check is a coroutine function: its answer is true, or
    a dict with details, if all is well."""

    def __init__(self, check_interval: float = 30) -> None:
        self.check_interval = check_interval
        self.health_checks: dict[str, Callable[[], Awaitable[Any]]] = {}
        self.health_status: dict[str, dict[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None

    def register_health_check(self, name: str, check_func: Callable[[], Awaitable[Any]]) -> None:
        """Have ``check_func`` awaited from now on; it replaces one of the same name."""
        self.health_checks[name] = check_func

    async def start_monitoring(self) -> None:
        """Begin, with the first checks at once; a second start has no effect."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="health checks")

    async def stop_monitoring(self) -> None:
        """End. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def get_health_report(self) -> dict[str, Any]:
        """What the last checks gave; overall degraded with one that is not healthy, unhealthy with more."""
        unwell = [name for name, found in self.health_status.items() if found["status"] != "healthy"]
        overall = ("healthy", "degraded", "unhealthy")[min(len(unwell), 2)]
        return {
            "overall_status": overall,
            "services": self.health_status,
            "unhealthy_services": unwell,
            "timestamp": datetime.now(),
        }

    async def _run(self) -> None:
        while True:
            for name, check in list(self.health_checks.items()):
                self.health_status[name] = await self._check(check)
            await asyncio.sleep(self.check_interval)

    async def _check(self, check: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
        began = time.monotonic()
        try:
            result = await check()
        except Exception as error:  # noqa: BLE001  # of the user's code; it is the answer
            return {
                "status": "error",
                "last_check": datetime.now(),
                "error": str(error),
                "response_time": None,
            }
        return {
            "status": "healthy" if result else "unhealthy",
            "last_check": datetime.now(),
            "response_time": time.monotonic() - began,
            "details": result if isinstance(result, dict) else {},
        }


error_monitor = ErrorMonitor()
health_checker = HealthChecker()
