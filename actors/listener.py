"""Where the events of one subscription go: to a subscriber actor of ours, or to an actor of the user's."""

from typing import Any

import pykka
from msgspec import Struct

from actors.messages.traffic import Deliver


class Listener(Struct, frozen=True, eq=False):
    """``to`` is what the user named; ``owned`` means that ``ref`` is a subscriber actor made for it."""

    topic: str
    to: Any
    ref: pykka.ActorRef[Any]
    batch: bool
    owned: bool

    def deliver(self, events: list[Any]) -> None:
        """Tell them on; raises ``pykka.ActorDeadError`` once nobody is there."""
        if self.owned:
            self.ref.tell(Deliver(events))
        elif self.batch:
            self.ref.tell(events)
        else:
            for event in events:
                self.ref.tell(event)

    def end(self) -> None:
        """The subscription is over; an actor of the user's lives on."""
        if self.owned:
            self.ref.stop(block=False)
