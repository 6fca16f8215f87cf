"""Reads a recording for a report: each life's session is given its bytes again, and what it says is kept.

The actors are not replayed: what they decide anew, such as which connection carries a stream, need not be
what they decided then.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import structs

from actors.errors import RequestRefused
from actors.messages.commands import PlaceOrder, UnsubscribeTicks
from actors.messages.events import AssetsListed, ConnectionUp, DealAccepted, DealRefused
from actors.messages.ticks import Ticks
from actors.messages.traffic import Item
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.values import Region
from actors.venues.base import Session
from runtime.config import Config
from runtime.recording.lines import (
    Head,
    Heard,
    LifeBegan,
    LifeEnded,
    LifeLine,
    Lost,
    RecordedLine,
    Requested,
    as_bytes,
    requests_of,
)
from runtime.recording.reading import files_of, read_head, read_recording
from runtime.replay.heads import recorded_login, replay_config
from runtime.report.asset_pauses import AssetPauses
from runtime.report.recorded import ConnectionSpan, OrderReaction, OutageSpan, RecordedSession
from runtime.system.settings import connection_settings, health_settings
from runtime.workers.dialing import open_session

_NOWHERE: Final = "ws://127.0.0.1:9"
"""The address of a region whose bytes are recorded; nothing is dialed."""

STOPPED: Final = ": stopped"
"""How the end of a life reads that this runtime has closed."""

MOST_REASONS: Final = 5


def recorded_session(path: Path) -> RecordedSession:
    """Read the recording ``path``, a file or a folder. Raises ``RequestRefused`` if it is none."""
    files = files_of(path)
    head = min(map(read_head, files), key=lambda each: each.mono)
    config, login = replay_config(head), recorded_login(head)
    settings = structs.replace(connection_settings(config, login), recording=None)
    complaints: list[str] = []
    reader = _Reader(config, settings, complaints)
    for line in read_recording(files, complaints.append):
        reader.take(line)
    return reader.result(path.resolve().name, str(path.parent))


class _Reader:
    """What the lines of a recording come to, each after those before it."""

    def __init__(self, config: Config, settings: ConnectionSettings, complaints: list[str]) -> None:
        self._outage_after = config.health.outage_after
        self._settings = settings
        self._complaints = complaints
        self._sessions: dict[str, Session] = {}
        self._regions: dict[str, str] = {}
        self._runs: list[tuple[float, float]] = []
        self._asked: dict[str, float] = {}
        self._answered: dict[str, float] = {}
        self._refused: set[str] = set()
        self._connections: list[ConnectionSpan] = []
        self._ends: list[tuple[float, str]] = []
        self._pauses = AssetPauses(health_settings(config.health).bounds)

    def take(self, line: RecordedLine) -> None:
        if isinstance(line, Head) and not self._sessions:
            self._pauses.forget_all()  # another run: of the time before it nothing is known
            self._runs.append((line.utc, line.utc))
        elif not self._runs:
            self._runs.append((line.utc, line.utc))
        self._runs[-1] = (self._runs[-1][0], max(self._runs[-1][1], line.utc))
        if not isinstance(line, Head):
            self._take(line)

    def result(self, name: str, folder: str) -> RecordedSession:
        if not self._runs:
            raise RequestRefused(f"{name} has no line that can be read")
        self._pauses.forget_all()
        answered = {id: at for id, at in self._answered.items() if id in self._asked}
        return RecordedSession(
            name=name,
            runs=self._runs,
            ticks=self._pauses.ticks,
            orders=len(self._asked),
            reactions=[
                OrderReaction(id, self._asked[id], max(0.0, at - self._asked[id]))
                for id, at in answered.items()
            ],
            refused=len((self._refused & self._asked.keys()) - answered.keys()),
            connections=self._connections,
            outages=list(outages(self._connections, self._runs, self._ends, self._outage_after)),
            silences=sorted(self._pauses.silences, key=lambda each: each.began),
            complaints=[each.replace(folder, "", 1).lstrip("/\\") for each in self._complaints],
        )

    def _take(self, line: LifeLine) -> None:
        session = self._sessions.get(line.connection)
        match line:
            case LifeBegan():
                self._begin(line)
            case LifeEnded():
                self._end(line, line.reason)
            case Lost():
                text = (
                    f"{line.count} lines of {line.connection} are lost: it is left out from there to its end"
                )
                self._complaints.append(text)
                self._end(line, "lines of the recording are lost")
            case Heard() if session is not None:
                for item in session.receive(as_bytes(line.data), line.mono, line.utc):
                    self._learn(item, line)
                session.data_to_send()
            case Requested():
                self._request(line, session)

    def _begin(self, line: LifeBegan) -> None:
        region = Region(line.region, _NOWHERE)
        start = StartConnection(line.connection, line.epoch, region, self._settings)
        self._sessions[line.connection] = open_session(start)
        self._regions[line.connection] = line.region

    def _end(self, line: LifeLine, reason: str) -> None:
        self._sessions.pop(line.connection, None)
        region = self._regions.get(line.connection, line.connection)
        self._ends.append((line.utc, f"{region}: {reason}"))
        for at, span in enumerate(self._connections):
            if span.connection == line.connection and span.ended is None:
                self._connections[at] = structs.replace(span, ended=line.utc, reason=reason)

    def _learn(self, item: Item, line: LifeLine) -> None:
        match item:
            case Ticks():
                self._pauses.take(item)
            case ConnectionUp(connection=connection, region=region):
                self._connections.append(ConnectionSpan(connection, region, line.utc))
            case DealAccepted(request_id=order):
                self._answered.setdefault(order, line.utc)
            case DealRefused(order=order):
                self._refused.add(order)
            case AssetsListed(assets=assets):
                for asset in assets:
                    if not asset.tradable:
                        self._pauses.forget(asset.symbol)

    def _request(self, line: Requested, session: Session | None) -> None:
        requests = requests_of(line)
        for request in requests:
            match request.command:
                case PlaceOrder() if request.order:
                    self._asked.setdefault(request.order, line.utc)
                case UnsubscribeTicks(asset=asset) if not request.connection:
                    self._pauses.forget(asset)
        if session is not None and session.ready:
            session.send(requests, line.utc)
            session.data_to_send()


def outages(
    connections: Iterable[ConnectionSpan],
    runs: Iterable[tuple[float, float]],
    ends: Iterable[tuple[float, str]],
    least: float,
) -> Iterator[OutageSpan]:
    """The times within ``runs``, after a first login and at least ``least`` seconds long, in which none of
    ``connections`` was logged in. ``ends`` are those of all lives, with region and reason."""
    spans, known = sorted(connections, key=lambda each: each.began), sorted(ends)
    for began, ended in runs:
        within = [each for each in spans if began <= each.began <= ended]
        times = [(each.began, ended if each.ended is None else each.ended) for each in within]
        reached: float | None = None
        for login, end in [*times, (ended, ended)]:
            if reached is not None and login - reached >= least:
                reasons = list(dict.fromkeys(why for at, why in known if reached <= at <= login))
                if any(not why.endswith(STOPPED) for why in reasons):  # otherwise it was on purpose
                    yield OutageSpan(reached, login, reasons[:MOST_REASONS])
            reached = end if reached is None else max(reached, end)
