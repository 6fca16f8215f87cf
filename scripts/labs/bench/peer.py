"""The common part of all programs of ``labs.bench.peers``: brief, handler and report."""

import json
import ssl
import sys
from collections.abc import Sequence
from typing import Any

from labs.bench.tally import Ended, Handler, Report, counting, timing


class Peer:
    """``url`` and ``session`` say what to connect to, and ``connections`` the assets of each connection;
    ``assets`` are all of them. ``handle`` is to be called for each tick.

    ``options`` are what only some peers understand.
    """

    def __init__(self, brief: dict[str, Any]) -> None:
        self.url: str = brief["url"]
        self.session: str = brief["session"]
        self.authority: str = brief["authority"]
        self.connections: list[list[str]] = brief["connections"]
        self.assets = [asset for each in self.connections for asset in each]
        self.options: dict[str, Any] = brief["options"]
        self.timed: bool = brief["timed"]
        self.ended = Ended(self.assets)
        self.handle: Handler
        self.handle, self._report = (timing if self.timed else counting)(self.assets, self.ended)

    @classmethod
    def briefed(cls) -> "Peer":
        return cls(json.loads(sys.stdin.readline()))

    def tls(self) -> ssl.SSLContext | None:
        """As strict as ours; ``None`` for a plain connection."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else None

    def subscriptions(self, assets: Sequence[str] | None = None) -> list[str]:
        """The messages that subscribe to ``assets``, by default to all."""
        return [
            f'42["{name}",{json.dumps(payload)}]'
            for asset in assets or self.assets
            for name, payload in (("changeSymbol", {"asset": asset, "period": 60}), ("subfor", asset))
        ]

    def answers(self, text: str, assets: Sequence[str] | None = None) -> list[str]:
        """The answer of a bare client to a text message that is no tick, on the connection of ``assets``."""
        if text.startswith("0"):
            return ["40"]
        if text.startswith("40"):
            return [self.session]
        if text.startswith('451-["successauth"'):
            return self.subscriptions(assets)
        return ["3"] if text == "2" else []

    def say_ready(self) -> None:
        """Say that ticks are counted from now on, where the load server cannot see it."""
        self._say({"ready": True})

    def report(self, report: Report | None = None) -> None:
        """Report the counts, by default those of ``handle``, and keep running to be measured."""
        own = self._report() | {"ended_at": self.ended.at} if report is None else report
        self._say(own)
        sys.stdin.read()

    def _say(self, line: Report) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


TICKS = '451-["updateStream",{"_placeholder":true,"num":0}]'
"""The text message that announces ticks."""
