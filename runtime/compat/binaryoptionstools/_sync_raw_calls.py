"""The raw messages of ``PocketOption``."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Coroutine
from typing import Any, NoReturn, TypeVar

from runtime.compat.binaryoptionstools._raw_calls import deprecated
from runtime.compat.binaryoptionstools._streams import SyncRawSubscription
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.raw_handler import RawHandler
from runtime.compat.binaryoptionstools.validator import Validator

T = TypeVar("T")


class SyncRawCalls:
    """What a client does with messages as text."""

    _client: PocketOptionAsync

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop in the client's thread."""
        raise NotImplementedError

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        raise NotImplementedError

    def send_raw(self, message: str) -> None:
        """Send a text over the connection; returns once it is written."""
        self._run(self._client.send_raw(message))

    def send_raw_message(self, message: str) -> None:
        """Deprecated: ``send_raw``."""
        deprecated("send_raw_message", "send_raw()")
        self.send_raw(message)

    def raw_send(self, message: str) -> None:
        """``send_raw``, as some scripts call it."""
        self.send_raw(message)

    def subscribe_raw(self) -> SyncRawSubscription:
        """Every incoming message as text; a header and its body are two messages."""
        return self._iterated(self._run(self._client.subscribe_raw()))

    def raw_handler(self, validator: Validator, keep_alive: str | None = None) -> "RawHandlerSync":
        """As ``PocketOptionAsync.raw_handler``."""
        return RawHandlerSync(self._run(self._client.raw_handler(validator, keep_alive)), self)

    def create_raw_handler(self, validator: Validator, keep_alive: str | None = None) -> "RawHandlerSync":
        """Deprecated: ``raw_handler``."""
        deprecated("create_raw_handler", "raw_handler()")
        return self.raw_handler(validator, keep_alive)

    def raw_request(
        self, message: str, validator: Validator, timeout: dt.timedelta | None = None, retry: bool = False
    ) -> str:
        """As ``PocketOptionAsync.raw_request``."""
        return self._run(self._client.raw_request(message, validator, timeout, retry))

    def create_raw_order(self, message: str, validator: Validator) -> str:
        """Deprecated: ``raw_request``."""
        deprecated("create_raw_order", "raw_request()")
        return self.raw_request(message, validator)

    def create_raw_order_with_timeout(self, message: str, validator: Validator, timeout: dt.timedelta) -> str:
        """Deprecated: ``raw_request(..., timeout=...)``."""
        deprecated("create_raw_order_with_timeout", "raw_request(..., timeout=...)")
        return self.raw_request(message, validator, timeout)

    def create_raw_order_with_timeout_and_retry(
        self, message: str, validator: Validator, timeout: dt.timedelta
    ) -> str:
        """Deprecated: ``raw_request(..., timeout=..., retry=True)``."""
        deprecated("create_raw_order_with_timeout_and_retry", "raw_request(..., timeout=..., retry=True)")
        return self.raw_request(message, validator, timeout, retry=True)

    def raw_stream(
        self, message: str, validator: Validator, timeout: dt.timedelta | None = None
    ) -> SyncRawSubscription:
        """As ``PocketOptionAsync.raw_stream``."""
        return self._iterated(self._run(self._client.raw_stream(message, validator, timeout)))

    def create_raw_iterator(
        self, message: str, validator: Validator, timeout: dt.timedelta | None = None
    ) -> SyncRawSubscription:
        """Deprecated: ``raw_stream``."""
        deprecated("create_raw_iterator", "raw_stream()")
        return self.raw_stream(message, validator, timeout)

    def _iterated(self, messages: AsyncIterator[str]) -> SyncRawSubscription:
        return SyncRawSubscription(messages, self.loop)


class RawHandlerSync:
    """``RawHandler`` for a thread."""

    def __init__(self, handler: RawHandler, client: SyncRawCalls) -> None:
        self._handler = handler
        self._client = client

    def id(self) -> str:
        """A UUID."""
        return self._handler.id()

    def send_text(self, message: str) -> None:
        """Returns once it is written."""
        self._run(self._handler.send_text(message))

    def send_binary(self, data: bytes) -> NoReturn:
        """Not served: raises ``NotAllowedError``."""
        self._run(self._handler.send_binary(data))
        raise AssertionError("unreachable")

    def send_and_wait(self, message: str) -> str:
        """As ``RawHandler.send_and_wait``."""
        return self._run(self._handler.send_and_wait(message))

    def wait_next(self) -> str:
        """As ``RawHandler.wait_next``."""
        return self._run(self._handler.wait_next())

    def subscribe(self) -> SyncRawSubscription:
        """The messages as they come."""
        return SyncRawSubscription(self._handler.subscribe(), self._client.loop)

    def close(self) -> None:
        """Receive nothing more. Idempotent."""
        self._run(self._handler.close())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._client._run(coroutine)  # noqa: SLF001  # the two share one loop
