"""What all events have in common."""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, tag=True):
    """A fact; ``topic`` is its address."""

    base_topic: ClassVar[str] = ""

    @property
    def topic(self) -> str:
        return self.base_topic
