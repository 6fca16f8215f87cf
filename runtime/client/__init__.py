"""The client: one method for each command, for who does not want to know actors.

``client.py`` has the methods, and is the description of both faces: ``runtime/aio/async_client.py`` is made
of it. ``blocking_router.py`` is what the client asks. ``event_iterator.py`` has the events for a ``for``,
``event_buffer.py`` keeps them until they are taken, for event loops too. ``durations.py`` reads lengths of
time.
"""

from runtime.client.client import Client
from runtime.client.event_iterator import EventIterator

__all__ = ["Client", "EventIterator"]
