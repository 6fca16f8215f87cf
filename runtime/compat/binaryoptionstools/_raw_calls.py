"""The raw messages of ``PocketOptionAsync``."""

import datetime as dt
import warnings

from runtime.compat.binaryoptionstools._arguments import raw_of
from runtime.compat.binaryoptionstools._messages import AsyncRawSubscription, RawStreamIterator
from runtime.compat.binaryoptionstools.raw_client import RawPocketOption
from runtime.compat.binaryoptionstools.raw_handler import RawHandler
from runtime.compat.binaryoptionstools.validator import Validator


def deprecated(old: str, new: str) -> None:
    """Warn as theirs do, at the line of the script."""
    warnings.warn(f"{old}() is deprecated: use {new}", DeprecationWarning, stacklevel=3)


class AsyncRawCalls:
    """What a client does with messages as text."""

    client: RawPocketOption

    async def send_raw(self, message: str) -> None:
        """Send a text over the connection; returns once it is written."""
        await self.client.send_raw(message)

    async def send_raw_message(self, message: str) -> None:
        """Deprecated: ``send_raw``."""
        deprecated("send_raw_message", "send_raw()")
        await self.send_raw(message)

    async def subscribe_raw(self) -> AsyncRawSubscription:
        """Every incoming message as text; a header and its body are two messages."""
        return AsyncRawSubscription(await self.client.subscribe_raw())

    async def raw_handler(self, validator: Validator, keep_alive: str | None = None) -> RawHandler:
        """A handler of the messages for which ``validator`` holds. ``keep_alive`` is sent after each later
        login."""
        return await self.client.create_raw_handler(raw_of(validator), keep_alive)

    async def create_raw_handler(self, validator: Validator, keep_alive: str | None = None) -> RawHandler:
        """Deprecated: ``raw_handler``."""
        deprecated("create_raw_handler", "raw_handler()")
        return await self.raw_handler(validator, keep_alive)

    async def raw_request(
        self,
        message: str,
        validator: Validator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109  # their name
        retry: bool = False,
    ) -> str:
        """Send ``message``; the answer is the first message for which ``validator`` holds.

        ``timeout`` is the configured ``timeout_secs`` by default. With ``retry`` it is sent up to three
        times. Raises ``PocketOptionTimeout``, a ``TimeoutError``.
        """
        raw = raw_of(validator)
        if not retry:
            return await self.client.messages.request(message, raw, timeout)
        if timeout is None:
            raise ValueError("retry=True requires an explicit timeout")
        return await self.client.messages.request_again(message, raw, timeout)

    async def create_raw_order(self, message: str, validator: Validator) -> str:
        """Deprecated: ``raw_request``."""
        deprecated("create_raw_order", "raw_request()")
        return await self.raw_request(message, validator)

    async def create_raw_order_with_timeout(
        self,
        message: str,
        validator: Validator,
        timeout: dt.timedelta,  # noqa: ASYNC109
    ) -> str:
        """Deprecated: ``raw_request(..., timeout=...)``."""
        deprecated("create_raw_order_with_timeout", "raw_request(..., timeout=...)")
        return await self.raw_request(message, validator, timeout)

    async def create_raw_order_with_timeout_and_retry(
        self,
        message: str,
        validator: Validator,
        timeout: dt.timedelta,  # noqa: ASYNC109
    ) -> str:
        """Deprecated: ``raw_request(..., timeout=..., retry=True)``."""
        deprecated("create_raw_order_with_timeout_and_retry", "raw_request(..., timeout=..., retry=True)")
        return await self.raw_request(message, validator, timeout, retry=True)

    async def raw_stream(
        self,
        message: str,
        validator: Validator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109
    ) -> RawStreamIterator:
        """Send ``message``; iterate every message for which ``validator`` holds, for ``timeout``."""
        return await self.client.messages.stream(message, raw_of(validator), timeout)

    async def create_raw_iterator(
        self,
        message: str,
        validator: Validator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109
    ) -> RawStreamIterator:
        """Deprecated: ``raw_stream``."""
        deprecated("create_raw_iterator", "raw_stream()")
        return await self.raw_stream(message, validator, timeout)
