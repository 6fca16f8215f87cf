"""Gives each life of a connection its recorded lines when their time has come."""

import enum
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pykka
from msgspec import Struct, structs

from actors.engine.actor import RuntimeActor
from actors.messages.commands import SubscribeTicks, TradingCommand, UnsubscribeTicks
from actors.messages.lifecycle import Begin, Tellable
from runtime.recording.lines import (
    Head,
    LifeBegan,
    LifeEnded,
    LifeLine,
    Lost,
    RecordedLine,
    Requested,
    requests_of,
)
from runtime.replay.lives import LifeReady
from runtime.replay.simulation import ReplayTime

NO_END = "the recording has no end of this life"
LAST_MOMENT = 0.001
"""Seconds from the last line to the end, in which everything that follows from it is handled."""


class _Due(enum.Enum):
    LINE = enum.auto()
    END = enum.auto()


class _Playing(Struct):
    """The life that takes the lines of a connection; ``epoch`` is the recorded one, 0 before its first
    line."""

    life: pykka.ActorRef[Any]
    epoch: int = 0


class Player(RuntimeActor):
    """Reads ``lines`` and tells each to the life that it is of; tells ``router`` the commands of the
    recorded program, which are its orders and the streams that are not ``configured``. ``at_end`` is called
    after the last line."""

    def __init__(
        self,
        lines: Iterator[RecordedLine],
        time: ReplayTime,
        configured: Collection[str],
        router: Tellable,
        *,
        complain: Callable[[str], object],
        at_end: Callable[[], None],
        **kwargs: Any,
    ) -> None:
        super().__init__("player", **kwargs)
        self._lines = lines
        self._time = time
        self._streams = set(configured)
        self._complain = complain
        self._at_end = at_end
        self._next: RecordedLine | None = None
        self._playing: dict[str, _Playing] = {}
        self._waiting: dict[str, deque[LifeLine]] = {}
        self._known: dict[str, int] = {}
        self._left_out: set[tuple[str, int]] = set()
        self._router = router

    def on_receive(self, message: Any) -> None:
        match message:
            case Begin():
                self._read_on()
            case _Due.LINE:
                line = self._next
                assert line is not None
                self._time.offset = line.utc - line.mono
                self._pass_on(line)
                self._read_on()
            case _Due.END:
                self._at_end()
            case LifeReady():
                self._enter(message)
            case _:
                self.unexpected(message)

    def _enter(self, message: LifeReady) -> None:
        """First it takes the lines that have waited for it."""
        connection = message.connection
        self._playing[connection] = _Playing(message.life)
        waiting = self._waiting.get(connection, ())
        while waiting and connection in self._playing:
            self._deliver(waiting.popleft())

    def _read_on(self) -> None:
        self._next = next(self._lines, None)
        if self._next is None:
            self.after(LAST_MOMENT, _Due.END)
        elif self._next.mono <= self.now():
            self.actor_ref.tell(_Due.LINE)
        else:
            self.at(self._next.mono, _Due.LINE)

    def _pass_on(self, line: RecordedLine) -> None:
        if isinstance(line, Head) or not self._is_whole(line):
            return
        if isinstance(line, Requested):
            self._repeat_commands(line)
        playing = self._playing.get(line.connection)
        if playing is not None and 0 < playing.epoch < line.epoch:
            end = LifeEnded(line.mono, line.utc, line.connection, playing.epoch, NO_END, True, False, None)
            self._deliver(end)
            playing = None
        if playing is None or self._waiting.get(line.connection):
            self._waiting.setdefault(line.connection, deque()).append(line)
        else:
            self._deliver(line)

    def _is_whole(self, line: LifeLine) -> bool:
        """Whether the recording has the beginning of the life, and nothing of it was lost before the line."""
        name = (line.connection, line.epoch)
        if isinstance(line, LifeBegan):
            self._known[line.connection] = line.epoch
        elif self._known.get(line.connection) != line.epoch and name not in self._left_out:
            self._left_out.add(name)
            self._complain(f"{name[0]}#{name[1]} began before the recording, and is left out")
        if name in self._left_out:
            return False
        if isinstance(line, Lost):
            self._left_out.add(name)
            self._complain(f"the recording lost {line.count} lines of {name[0]}#{name[1]}: it ends there")
        return True

    def _deliver(self, line: LifeLine) -> None:
        playing = self._playing[line.connection]
        playing.epoch = line.epoch
        playing.life.tell(line)
        if isinstance(line, LifeEnded | Lost):
            del self._playing[line.connection]

    def _repeat_commands(self, line: Requested) -> None:
        for request in requests_of(line):
            match request.command:
                case TradingCommand() as command:
                    order = {"id": request.order} if request.order and hasattr(command, "id") else {}
                    self._router.tell(structs.replace(command, deadline=None, **order))
                case SubscribeTicks(asset=asset) if asset not in self._streams:
                    self._streams.add(asset)
                    self._router.tell(structs.replace(request.command, deadline=None))
                case UnsubscribeTicks(asset=asset) if not request.connection and asset in self._streams:
                    self._streams.discard(asset)
                    self._router.tell(structs.replace(request.command, deadline=None))
