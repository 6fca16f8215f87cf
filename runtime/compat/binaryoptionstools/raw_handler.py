"""``RawHandler``: sends messages as text, and receives those for which a validator holds."""

import uuid
import weakref
from collections.abc import Generator
from typing import NoReturn, Self

from runtime.compat.binaryoptionstools._messages import Messages, RawStreamIterator
from runtime.compat.binaryoptionstools.errors import NotAllowedError, UninitializedError
from runtime.compat.binaryoptionstools.validator import RawValidator


class RawHandler:
    """``create_raw_handler`` makes one. It receives from then on, until ``close`` or its last reference."""

    def __init__(
        self, messages: Messages, validator: RawValidator, keep_alive: str | None, received: RawStreamIterator
    ) -> None:
        self._messages = messages
        self._validator = validator
        self._keep_alive = keep_alive
        self._received: RawStreamIterator | None = received
        self._id = str(uuid.uuid4())

    def id(self) -> str:
        """A UUID."""
        return self._id

    async def send_text(self, message: str) -> None:
        """Returns once it is written."""
        await self._messages.send(message)

    async def send_binary(self, data: bytes) -> NoReturn:
        """Not served: raises ``NotAllowedError``."""
        raise NotAllowedError(
            "the venue takes no binary messages, and tellwire sends none: send the text with send_text"
        )

    async def send_and_wait(self, message: str) -> str:
        """The first message after ``message`` for which the validator holds. Raises ``PocketOptionTimeout``
        after the configured ``timeout_secs``."""
        return await self._messages.request(message, self._validator)

    async def wait_next(self) -> str:
        """The next message that has not been taken yet. Raises ``UninitializedError`` once closed."""
        async for message in self._open():
            return message
        raise UninitializedError("the handler was closed")

    def subscribe(self) -> "HandlerStream":
        """The messages as they come: ``async for`` over it, or over what awaiting it gives."""
        return HandlerStream(self._open())

    async def close(self) -> None:
        """Receive nothing more. Idempotent."""
        received, self._received = self._received, None
        if received is None:
            return
        await received.aclose()
        if self._keep_alive is not None:
            await self._messages.withdraw(self._keep_alive)

    def _open(self) -> RawStreamIterator:
        if self._received is None:
            raise UninitializedError("the handler is closed: make another one")
        return self._received


class HandlerStream:
    """The messages of a handler. Awaiting it gives itself: there are scripts of both forms."""

    def __init__(self, received: RawStreamIterator) -> None:
        self._received = received

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield  # makes it a generator, which is what is awaited

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return await anext(self._received)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self._received)


class RawHandle:
    """Makes handlers, and closes them by their ids."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._handlers: weakref.WeakValueDictionary[str, RawHandler] = weakref.WeakValueDictionary()

    async def create(self, validator: RawValidator, keep_alive_message: str | None = None) -> RawHandler:
        """``keep_alive_message`` is sent now, and again after each later login."""
        received = await self._messages.subscribe(validator)
        if keep_alive_message is not None:
            await self._messages.send(keep_alive_message, each_login=True)
        handler = RawHandler(self._messages, validator, keep_alive_message, received)
        self._handlers[handler.id()] = handler
        return handler

    async def remove(self, id: str) -> bool:
        """Close a handler; whether there was one."""
        handler = self._handlers.pop(id, None)
        if handler is None:
            return False
        await handler.close()
        return True
