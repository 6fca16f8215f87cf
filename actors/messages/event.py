"""What all events have in common."""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, tag=True):
    """A fact; ``topic`` is its address.

    An event that is ``internal`` reaches only actors that subscribe to its type: no prefix matches its topic.
    """

    base_topic: ClassVar[str] = ""
    internal: ClassVar[bool] = False

    @property
    def topic(self) -> str:
        return self.base_topic
