"""Messages as text: sent, answered, and iterated as they come."""

import asyncio
import datetime as dt
from typing import Final, Self

from loguru import logger

from actors.messages import SendRaw, WireMessage, WithdrawRaw
from runtime.aio.event_stream import EventStream
from runtime.compat.binaryoptionstools._arguments import seconds_of
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools._streams import Kept, next_of
from runtime.compat.binaryoptionstools.errors import PocketOptionError, PocketOptionTimeout, as_theirs
from runtime.compat.binaryoptionstools.validator import RawValidator

WIRE: Final = "wire.>"
"""The messages of all connections; there is one, unless many streams need more."""

TRIES: Final = 3
"""How often a request is sent that may be sent again."""


class Messages:
    """What a client sends and receives as text."""

    def __init__(self, runtime: ClientRuntime) -> None:
        self._runtime = runtime

    async def send(self, text: str, *, each_login: bool = False) -> None:
        """``each_login``: again after each later login, until ``withdraw``."""
        await self._runtime.ask(SendRaw(text, each_login=each_login))

    async def withdraw(self, text: str) -> None:
        await self._runtime.ask(WithdrawRaw(text))

    async def subscribe(
        self,
        validator: RawValidator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109  # of the iteration
    ) -> "RawStreamIterator":
        """The messages for which ``validator`` holds, from now on, for ``timeout``."""
        return RawStreamIterator(await self._tap(), validator, timeout)

    async def request(
        self,
        text: str,
        validator: RawValidator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109
    ) -> str:
        """The first message, on the connection that ``text`` was sent on, for which ``validator`` holds."""
        limit = self._runtime.message_timeout if timeout is None else seconds_of("timeout", timeout)
        async with await self._tap() as tap:
            try:
                async with asyncio.timeout(limit):
                    life = await self._runtime.ask(SendRaw(text))
                    async for message in tap:
                        if message.connection == life.connection and validator.check(message.text):
                            return message.text
            except TimeoutError:
                raise PocketOptionTimeout(
                    f"no message for which {validator!r} holds came within {limit:g} s"
                ) from None
        raise PocketOptionError("the client was closed before an answer came")

    async def request_again(self, text: str, validator: RawValidator, timeout: dt.timedelta) -> str:  # noqa: ASYNC109
        """``request``, up to ``TRIES`` times, each with ``timeout``."""
        for _ in range(TRIES - 1):
            try:
                return await self.request(text, validator, timeout)
            except PocketOptionTimeout as error:
                logger.debug("a raw request is sent again: {}", error)
        return await self.request(text, validator, timeout)

    async def stream(
        self,
        text: str,
        validator: RawValidator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109
    ) -> "RawStreamIterator":
        """Send ``text``, and give the messages for which ``validator`` holds, for ``timeout``."""
        messages = await self.subscribe(validator, timeout)
        await self.send(text)
        return messages

    async def _tap(self) -> EventStream[WireMessage]:
        tap = await self._runtime.events(WIRE)
        with as_theirs():
            await tap.begin()
        return tap


class RawStreamIterator(Kept[str]):
    """Messages as text: ``async for`` in the client's loop, ``for`` in a thread."""

    def __init__(
        self, tap: EventStream[WireMessage], validator: RawValidator, timeout: dt.timedelta | None
    ) -> None:
        super().__init__(
            tap, lambda message: message.text if validator.check(message.text) else None, timeout
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return await self.take()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next_of(self, self._loop)


class AsyncRawSubscription:
    """Messages as text."""

    def __init__(self, subscription: RawStreamIterator) -> None:
        self.subscription = subscription

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return await anext(self.subscription)
