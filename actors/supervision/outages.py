"""Whether all connections are down, and for so long that somebody has to look."""

from actors.messages.events import OutageBegan, OutageEnded
from actors.supervision.children import ChildState, OutageSettings
from actors.supervision.connections import Connections
from actors.supervision.effects import Announce, OutageLasts, SupervisionEffect

LONGEST_PAUSE = 3600.0
"""Seconds between two alarms of one outage; the first ones come after ``OutageSettings.after``, and each time
that the outage has become twice as long."""


class Outages:
    """Judges a moment by which connections are wanted, and which are up. ``lasted`` is the length of the
    present outage in seconds, ``None`` if there is none."""

    def __init__(self, settings: OutageSettings) -> None:
        self.change(settings)
        self.lasted: float | None = None
        self._began_at: float | None = None
        self._due = 0.0

    def change(self, settings: OutageSettings) -> None:
        """Apply ``settings`` from the next check on."""
        self._after = settings.after

    def check(self, connections: Connections, now: float) -> list[SupervisionEffect]:
        """To be called often, and after each login."""
        wanted = connections.wanted()
        up = next((child for child in wanted if child.state is ChildState.UP), None)
        if up is not None or not wanted:
            lasted, self.lasted, self._began_at = self.lasted, None, None
            region = up.region.name if up is not None else ""
            return [] if lasted is None else [Announce(OutageEnded(lasted, region))]
        if self._began_at is None:
            self._began_at = now
        duration = now - self._began_at
        if duration < (self._after if self.lasted is None else self._due):
            if self.lasted is not None:
                self.lasted = duration
            return []
        began, self.lasted = self.lasted is None, duration
        self._due = duration + min(duration, LONGEST_PAUSE)
        reasons = connections.why_down()
        told = [Announce(OutageBegan(duration, reasons))] if began else []
        return [OutageLasts(duration, tuple(reasons)), *told]
