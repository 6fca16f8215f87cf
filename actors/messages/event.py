"""The base of all events."""

from typing import ClassVar

from msgspec import Struct


class Event(Struct, frozen=True, tag=True):
    """Parent of all events. ``topic`` has one or two tokens with a dot between, see ``topics``.

    ``varies_by`` is the field whose value is the second token, where ``topic`` is not fixed. An ``internal``
    event reaches only actors that subscribe to its type; no pattern matches its topic. One ``on_request`` is
    made only while it has a listener; a wildcard in place of its first token does not match it.
    """

    base_topic: ClassVar[str] = ""
    varies_by: ClassVar[str] = ""
    internal: ClassVar[bool] = False
    on_request: ClassVar[bool] = False

    @property
    def topic(self) -> str:
        return self.base_topic
