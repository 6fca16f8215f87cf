"""The common part of all programs of ``labs.bench.peers``: brief, handler and report."""

import json
import sys
from typing import Any

from labs.bench.tally import Ended, Handler, Report, counting, timing


class Peer:
    """``url``, ``session`` and ``assets`` say what to connect to; ``handle`` is to be called for each tick.

    ``options`` are what only some peers understand.
    """

    def __init__(self, brief: dict[str, Any]) -> None:
        self.url: str = brief["url"]
        self.session: str = brief["session"]
        self.assets: list[str] = brief["assets"]
        self.options: dict[str, Any] = brief["options"]
        self.timed: bool = brief["timed"]
        self.ended = Ended(self.assets)
        self.handle: Handler
        self.handle, self._report = (timing if self.timed else counting)(self.assets, self.ended)

    @classmethod
    def briefed(cls) -> "Peer":
        return cls(json.loads(sys.stdin.readline()))

    def subscriptions(self) -> list[str]:
        """The messages that subscribe to every asset."""
        return [
            f'42["{name}",{json.dumps(payload)}]'
            for asset in self.assets
            for name, payload in (("changeSymbol", {"asset": asset, "period": 60}), ("subfor", asset))
        ]

    def answers(self, text: str) -> list[str]:
        """The answer of a bare client to a text message that is no tick."""
        if text.startswith("0"):
            return ["40"]
        if text.startswith("40"):
            return [self.session]
        if text.startswith('451-["successauth"'):
            return self.subscriptions()
        return ["3"] if text == "2" else []

    def report(self, report: Report | None = None) -> None:
        """Report the counts, by default those of ``handle``, and keep running to be measured."""
        own = self._report() | {"ended_at": self.ended.at} if report is None else report
        sys.stdout.write(json.dumps(own) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


TICKS = '451-["updateStream",{"_placeholder":true,"num":0}]'
"""The text message that announces ticks."""
