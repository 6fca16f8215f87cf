"""The client: one method for each command, for programs that know nothing of actors.

``client.py`` has the methods, and is the description of both faces: ``runtime/aio/async_client.py`` is made
of it. ``blocking_router.py`` is what the client asks. ``event_iterator.py`` has the events for a ``for``, and
``bar_iterator.py`` the bars. For event loops too, ``event_buffer.py`` keeps events until they are taken, and
``bar_series.py`` knows what is iterated of a series of bars. ``durations.py`` reads lengths of time.
"""

from runtime.client.bar_iterator import BarIterator
from runtime.client.client import Client
from runtime.client.event_iterator import EventIterator

__all__ = ["BarIterator", "Client", "EventIterator"]
