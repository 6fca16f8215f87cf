"""``attach_async``: an attachment to a running runtime, in an event loop."""

import functools
import os
from types import TracebackType
from typing import Self

from runtime.aio.async_router import AsyncRouter
from runtime.aio.threads import in_a_thread
from runtime.config import Config
from runtime.control.attachment import Attachment, attach


class AsyncAttachment(AsyncRouter):
    """``Attachment`` for asyncio; an asynchronous context manager, which attaches when it is entered.

    When the runtime ends, every iteration ends, and every ask, under way or later, raises ``RequestError``.
    """

    def __init__(
        self, target: str | os.PathLike[str] | Config, account: str, timeout: float, *, operates: bool
    ) -> None:
        super().__init__()
        self._attach = functools.partial(attach, target, account=account, timeout=timeout, operates=operates)
        self.attachment: Attachment | None = None

    async def __aenter__(self) -> Self:
        attached: list[Attachment] = []
        try:
            await in_a_thread(lambda: attached.append(self._attach()))
        except BaseException:
            for each in attached:  # the task was cancelled meanwhile
                each.close()
            raise
        [self.attachment] = attached
        self._begin(self.attachment.router)
        self.attachment.at_end(functools.partial(self._calls.put, self._finish))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Detach, as ``Attachment.close``; then every iteration ends. Idempotent."""
        if self.attachment is not None:
            attachment, self.attachment = self.attachment, None
            await in_a_thread(attachment.close)
            await self._end()


def attach_async(
    target: str | os.PathLike[str] | Config,
    *,
    account: str = "",
    timeout: float = 5.0,
    operates: bool = False,
) -> AsyncAttachment:
    """What ``async with`` attaches to a running runtime. Arguments and errors are those of ``attach``."""
    return AsyncAttachment(target, account, timeout, operates=operates)
