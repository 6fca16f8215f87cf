"""What the router receives from other features, besides batches, answers and the commands of users."""

import math
from typing import Any

from msgspec import Struct
from pykka import ActorRef

from actors.messages.commands import Command
from actors.messages.control import Control
from actors.messages.event import Event
from actors.messages.lifecycle import Tellable
from actors.messages.owners import PROGRAM, Owner
from actors.values import Life


class Asked(Struct, frozen=True):
    """``command``, asked by a caller that waits until ``expires_at`` (monotonic) at most.

    ``ask`` is unique among the asks of a process, and names the ask in ``GivenUp``; 0 if the command is told.
    ``order`` is the id of the order that the command places, if it places one. ``owner`` is the one that a
    stream is kept for. ``at`` is when it was asked, infinity for now: its deadline counts from then.
    """

    command: Command
    ask: int = 0
    expires_at: float = math.inf
    order: str = ""
    owner: Owner = PROGRAM
    at: float = math.inf

    @property
    def overtakes(self) -> bool:
        """As the command itself does."""
        return bool(getattr(self.command, "overtakes", False))


class GivenUp(Struct, frozen=True):
    """The caller waits for the answer to ``ask`` no longer."""

    ask: int


class CannotGoOn(Struct, frozen=True):
    """No connection is left that could come back, because of ``reason``: what waits for one waits in vain."""

    reason: str


class SubscribeTypes(Struct, frozen=True):
    """Subscribe an actor of the runtime to events by their types.

    ``to`` is told each event, internal ones too, except those of batches whose source is ``except_from``.
    """

    types: tuple[type[Event], ...]
    to: ActorRef[Any]
    except_from: str = ""


class SubscribeColumns(Struct, frozen=True):
    """Subscribe an actor of the runtime to all events that ``topic`` matches.

    ``to`` is told ``Deliver``, with the ticks of a read as columns; ``Unsubscribe`` ends the subscription.
    """

    topic: str
    to: Tellable


class HandoverBegun(Control, frozen=True):
    """The stream of ``asset`` moves from ``old`` to ``new``. ``old`` goes on until it is released.

    With ``cut`` no more ticks of ``old`` are delivered. It overtakes: no tick of ``new`` may be routed before
    it.
    """

    asset: str
    old: Life
    new: Life
    cut: bool = False
