"""A call that blocks, made in a thread, while the loop goes on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


async def in_a_thread(call: Callable[[], T]) -> T:
    """Make ``call`` in a thread of its own, to its end, also if the task is cancelled meanwhile.

    A start or a stop that is left halfway would leave processes behind. A cancellation is raised afterwards,
    in place of what the call raised.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="tellwire-asyncio")
    future = asyncio.get_running_loop().run_in_executor(executor, call)
    cancelled: asyncio.CancelledError | None = None
    try:
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cancelled = error
    finally:
        executor.shutdown(wait=False)
    if cancelled is not None:
        future.exception()  # or asyncio would complain that it was not looked at
        raise cancelled
    return future.result()
