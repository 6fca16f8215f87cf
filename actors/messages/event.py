"""The base of all events."""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, tag=True):
    """Parent of all events. ``topic`` is a dotted name, which subscriptions match by prefix.

    An ``internal`` event reaches only actors that subscribe to its type; no prefix matches its topic.
    """

    base_topic: ClassVar[str] = ""
    internal: ClassVar[bool] = False

    @property
    def topic(self) -> str:
        return self.base_topic
