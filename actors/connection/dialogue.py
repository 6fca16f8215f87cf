"""Whether the venue's next words are awaited: then a connection reads at once, whatever its linger."""

import math
from collections.abc import Iterable

from actors.messages.commands import TradingCommand
from actors.messages.events import DealAccepted, DealRefused, PendingAnswered
from actors.messages.traffic import Failure, Item, Request, Response

_ANSWERS = (Response, Failure, DealAccepted, DealRefused, PendingAnswered)


class Dialogue:
    """``open`` before the login is complete, and while a request waits for its answer.

    Answers are counted, not matched: the answer to an order may name no request. So after an answer for
    another program it may end too soon, which costs one linger. A request without a deadline opens none,
    since its answer may never come.
    """

    def __init__(self) -> None:
        self.open = True
        self._answers_due = 0
        self._answers_by = -math.inf

    def on_sent(self, requests: Iterable[Request]) -> None:
        """Requests leave; the answers to them are awaited until their deadlines."""
        for request in requests:
            if _waits(request):
                self._answers_due += 1
                self._answers_by = max(self._answers_by, request.expires_at)
                self.open = True

    def on_items(self, items: Iterable[Item], now: float, *, ready: bool) -> None:
        """The venue has said ``items``, or the session has answered with them; ``ready`` after the login."""
        answers = sum(isinstance(item, _ANSWERS) for item in items)
        self._answers_due = max(0, self._answers_due - answers) if now < self._answers_by else 0
        self.open = not ready or self._answers_due > 0


def _waits(request: Request) -> bool:
    return (request.awaited or isinstance(request.command, TradingCommand)) and request.expires_at < math.inf
