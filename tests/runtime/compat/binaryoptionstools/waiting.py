"""To wait in a loop for what no event tells."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object]) -> None:
    """Returns once ``holds()`` is true; raises ``TimeoutError`` after 10 s."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # the exchange has no event of this loop
            await asyncio.sleep(0.01)
