"""A router for asyncio: answers are awaited, events are iterated.

``async_router.py`` is what ``AsyncRuntime`` (``runtime/async_runtime.py``) and the ``AsyncAttachment`` of
``async_attachment.py`` share. ``async_client.py`` has the commands as methods.
``loop_calls.py`` brings calls from the threads of the actors into the loop,
many with one wake-up. ``event_stream.py`` has the events for an ``async for``, ``bar_stream.py`` bars;
``handler_task.py`` calls a handler with events. ``threads.py`` keeps the loop free during a start and a stop.
A wait takes no thread.
"""

from runtime.aio.async_attachment import AsyncAttachment, attach_async
from runtime.aio.async_client import AsyncClient
from runtime.aio.bar_stream import BarStream
from runtime.aio.event_stream import EventStream

__all__ = ["AsyncAttachment", "AsyncClient", "BarStream", "EventStream", "attach_async"]
