"""The duties that a host runs beside their owner, to take them over without a loss."""

from collections.abc import Collection
from typing import Final

from loguru import logger

from runtime.cluster.carrier import Carrier
from runtime.cluster.host_directory import HostDirectory
from runtime.cluster.steps import StandbyBegun

TRIES_AGAIN_AFTER: Final = 30.0
"""Seconds after a start that has failed."""


class Standbys:
    """Knows what ``host`` stands by for, and tells the others."""

    def __init__(self, directory: HostDirectory, host: str, carrier: Carrier, told_for: float) -> None:
        """What was told counts for ``told_for`` seconds."""
        self._directory = directory
        self._host = host
        self._carrier = carrier
        self._told_for = told_for
        self._duties: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._has_told = False

    def __repr__(self) -> str:
        return f"<Standbys of {self._host}: {', '.join(sorted(self._duties))}>"

    def __contains__(self, duty: str) -> bool:
        return duty in self._duties

    def tell(self) -> None:
        """Raises ``EngineAway``."""
        if self._duties or self._has_told:
            warm = self._carrier.warm()
            self._directory.stand(self._host, {duty: duty in warm for duty in self._duties}, self._told_for)
            self._has_told = bool(self._duties)

    def begin(self, wanted: Collection[str], now: float) -> list[str]:
        """Those of ``wanted`` that are to be started now."""
        new = [each for each in wanted if each not in self._duties and now >= self._not_before.get(each, now)]
        self._duties.update(new)
        return new

    def superfluous(self, wanted: Collection[str]) -> set[str]:
        """Those to be ended."""
        return self._duties.difference(wanted)

    def end(self, duty: str) -> None:
        """It is to be stopped, or is this host's own now."""
        self._duties.discard(duty)

    def on_begun(self, begun: StandbyBegun, now: float) -> None:
        if not begun.problem:
            logger.info("this host stands by for {}", begun.duty)
            return
        self._duties.discard(begun.duty)
        self._not_before[begun.duty] = now + TRIES_AGAIN_AFTER
        text = "this host cannot stand by for {}: {}; it is tried again in {:g} s"
        logger.error(text, begun.duty, begun.problem, TRIES_AGAIN_AFTER)
