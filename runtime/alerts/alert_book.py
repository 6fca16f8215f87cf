"""Which conditions are told, and when."""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from runtime.alerts.conditions import Condition

Key = tuple[str, str]

LASTS: Final[Mapping[str, float]] = {"stale stream": 60.0}
"""Seconds that a condition of this kind lasts before it is told: less is cured by the runtime itself."""


class Alert(Struct, frozen=True):
    """A condition that is told. ``since`` is in Unix seconds."""

    condition: Condition
    since: float


class Notice(Struct, frozen=True):
    """What is sent at once: what is wrong, and what is over. With ``again`` all of it was told before."""

    firing: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()
    again: bool = False

    @property
    def text(self) -> str:
        """A line for each."""
        lines = [f"{each.condition.severity.upper()}: {each.condition.text}" for each in self.firing]
        lines += [f"resolved: {each.condition.text}" for each in self.resolved]
        return "\n".join(lines)

    @property
    def title(self) -> str:
        kinds = sorted({each.condition.kind for each in self.firing})
        if kinds:
            return f"tellwire: {', '.join(kinds)}{' (still)' if self.again else ''}"
        return f"tellwire: resolved: {', '.join(sorted({each.condition.kind for each in self.resolved}))}"


class AlertBook:
    """The alerts, told and untold. All times are arguments: ``now`` is monotonic, ``time`` Unix seconds.

    What begins or ends within ``group_for`` seconds of the first news is told together. What still lasts is
    told again ``repeat_after`` seconds after it was last told. What ends untold is never told.
    """

    def __init__(self, group_for: float, repeat_after: float) -> None:
        self._group_for = group_for
        self._repeat_after = repeat_after
        self._began: dict[Key, float] = {}
        self._alerts: dict[Key, Alert] = {}
        self._told: set[Key] = set()
        self._over: dict[Key, Alert] = {}
        self._news_since = math.inf
        self._told_at = -math.inf

    def look(self, found: Iterable[Condition], now: float, time: float) -> None:
        """Take over what is wrong now."""
        present = {each.key: each for each in found}
        for key in set(self._began) - set(present):
            del self._began[key]
            alert = self._alerts.pop(key, None)
            if alert is not None and key in self._told:
                self._told.discard(key)
                self._over[key] = alert
                self._news_since = min(self._news_since, now)
        for key, condition in present.items():
            began = self._began.setdefault(key, now)
            if now - began < LASTS.get(condition.kind, 0.0):
                continue
            if (untold_end := self._over.pop(key, None)) is not None:  # it went and came back within a group
                self._alerts[key] = untold_end
                self._told.add(key)
            since = self._alerts[key].since if key in self._alerts else time - (now - began)
            self._alerts[key] = Alert(condition, since)
            if key not in self._told:
                self._news_since = min(self._news_since, now)

    def due(self, now: float) -> Notice | None:
        """What is to be told at ``now``, if anything; it counts as told."""
        untold = self._alerts.keys() - self._told
        if not untold and not self._over:
            self._news_since = math.inf
        news = now - self._news_since >= self._group_for
        again = bool(self._told) and now - self._told_at >= self._repeat_after
        if not news and not again:
            return None
        firing = self._alerts if again or untold else {}
        notice = Notice(tuple(firing.values()), tuple(self._over.values()), again=again and not untold)
        self._told |= firing.keys()
        self._over.clear()
        self._news_since = math.inf
        if firing:
            self._told_at = now
        return notice
