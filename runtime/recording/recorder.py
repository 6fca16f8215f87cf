"""The thread that records: connections hand it what passed and never wait for it."""

import atexit
import contextlib
import functools
import math
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from loguru import logger

from actors.errors import LoginInvalid
from actors.messages.events import ConnectionDown
from actors.messages.traffic import Request
from actors.messages.workers import ConnectionSettings, RecordingSettings, StartConnection
from actors.venues import venue
from runtime.logs import tokens
from runtime.recording import lines
from runtime.recording.files import RecordingFiles
from runtime.recording.frames import unmasked
from runtime.recording.scrubbing import RecordingScrubber, ScrubbedReads

ROOM: Final = 32 * 1024 * 1024
"""Bytes that may wait for the disk; what comes beyond is lost."""

ENTRY_COST: Final = 200
"""Bytes that an entry takes besides its data, about."""

FLUSH_INTERVAL: Final = 1.0
RETRY_INTERVAL: Final = 10.0
WARNING_INTERVAL: Final = 30.0
CLOSE_TIMEOUT: Final = 2.0

_HARMLESS: Final = {"user-agent", "accept-language", "cache-control", "pragma"}

MakeLine = Callable[[bytes], lines.LifeLine]
"""Makes the line from the scrubbed bytes; in the thread of the recorder."""

Waiting = tuple[MakeLine, int]
"""A line, and how many are missing before it."""


class RecordedLife:
    """A ``Witness`` that queues what it is told."""

    def __init__(self, recorder: "ConnectionRecorder", start: StartConnection) -> None:
        self._recorder = recorder
        self._name = (start.connection, start.epoch)
        self._lost = 0
        self.scrub = _scrubber(start.settings)
        self.reads: ScrubbedReads[Waiting] = ScrubbedReads(self.scrub)
        self.is_over = False
        self._region = start.region.name

    def began(self, now: float, utc: float) -> None:
        self._put(lambda _: lines.LifeBegan(now, utc, *self._name, self._region))

    def opened(self, now: float, utc: float) -> None:
        self._put(lambda _: lines.LifeOpened(now, utc, *self._name))

    def heard(self, data: bytes, now: float, utc: float) -> None:
        self._put(lambda kept: lines.Heard(now, utc, *self._name, lines.as_text(kept)), data)

    def said(self, data: bytes, now: float, utc: float) -> None:
        def line(_: bytes) -> lines.Said:
            messages = [(opcode, lines.as_text(self.scrub(payload))) for opcode, payload in unmasked(data)]
            return lines.Said(now, utc, *self._name, messages)

        self._put(line, cost=len(data))

    def asked(self, requests: Sequence[Request], now: float, utc: float) -> None:
        def line(_: bytes) -> lines.Requested:
            kept = msgspec.json.decode(self.scrub(msgspec.json.encode(requests)))
            return lines.Requested(now, utc, *self._name, kept)

        self._put(line, cost=200 * len(requests))

    def reported(self, now: float, utc: float) -> None:
        self._put(lambda _: lines.Reported(now, utc, *self._name))

    def ended(self, down: ConnectionDown, now: float, utc: float) -> None:
        def line(_: bytes) -> lines.LifeEnded:
            reason = self.scrub.text(down.reason)
            return lines.LifeEnded(
                now, utc, *self._name, reason, down.was_ready, down.terminal, down.retry_after
            )

        self.is_over = True
        self._put(line)

    def lost(self, count: int, line: lines.LifeLine) -> lines.Lost:
        """That so many are missing before ``line``."""
        return lines.Lost(line.mono, line.utc, *self._name, count)

    def _put(self, line: MakeLine, data: bytes = b"", cost: int = 0) -> None:
        if not self._recorder.has_room:
            self._lost += 1
            self._recorder.dropped += 1
            return
        lost, self._lost = self._lost, 0
        self._recorder.put(self, line, data, cost, lost)


class ConnectionRecorder:
    """Records the lives of this process; ``close`` writes what waits and ends the file."""

    def __init__(self, settings: ConnectionSettings, recording: RecordingSettings) -> None:
        self._venue = settings.venue
        self._login = _scrubber(settings).text(settings.secret.value)
        self._recording = recording
        folder = Path(recording.folder)
        self._files = RecordingFiles(folder, rotate=recording.rotate, keep=recording.keep)
        self._queue: queue.SimpleQueue[tuple[RecordedLife, Waiting, bytes, int] | None] = queue.SimpleQueue()
        self._put_in = self._taken_out = 0  # each is counted by one side alone: no lock
        self.dropped = 0
        """Lines that found no room, or that the disk did not take."""
        self._told = 0
        self._warned_at = self._failed_at = -math.inf
        self._lives: dict[RecordedLife, int] = {}  # and how many of its lines the disk has not taken
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def has_room(self) -> bool:
        return self._put_in - self._taken_out < ROOM

    def put(self, life: RecordedLife, line: MakeLine, data: bytes, cost: int, lost: int) -> None:
        """``lost`` lines of the life are missing before this one."""
        cost += ENTRY_COST + len(data)
        self._put_in += cost
        self._queue.put((life, (line, lost), data, cost))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join(CLOSE_TIMEOUT)

    def _run(self) -> None:
        flush_at = time.monotonic() + FLUSH_INTERVAL
        while True:
            with contextlib.suppress(queue.Empty):
                entry = self._queue.get(timeout=max(0.0, flush_at - time.monotonic()))
                if entry is None:
                    break
                self._take(*entry)
            if (now := time.monotonic()) >= flush_at:
                flush_at = now + FLUSH_INTERVAL
                self._settle(now)
                self._warn(now)
        self._settle(math.inf)
        self._guarded(self._files.close)
        self._warn(math.inf)

    def _take(self, life: RecordedLife, line: Waiting, data: bytes, cost: int) -> None:
        self._lives.setdefault(life, 0)
        self._write(life, life.reads.add(line, data, time.monotonic()))
        self._taken_out += cost
        if life.is_over:
            self._settle(time.monotonic())

    def _settle(self, now: float) -> None:
        """Write what is held back no longer, and have the system take it."""
        for life in list(self._lives):
            self._write(life, life.reads.settled(math.inf if life.is_over else now))
            if life.is_over and not self._lives[life]:
                del self._lives[life]
        self._guarded(self._files.flush)

    def _write(self, life: RecordedLife, entries: list[tuple[Waiting, bytes]]) -> None:
        for (make, lost), data in entries:
            line = make(data)
            missed = self._lives[life] = self._lives[life] + lost
            made = [life.lost(missed, line), line] if missed else [line]
            if self._ready(line) and self._guarded(functools.partial(self._put_down, made)):
                self._lives[life] = 0
            else:
                self._lives[life] += 1
                self.dropped += 1

    def _put_down(self, made: Sequence[lines.RecordedLine]) -> None:
        for line in made:
            self._files.write(lines.encode(line))

    def _ready(self, line: lines.LifeLine) -> bool:
        """Whether there is a file with room for ``line``."""
        if self._files.is_open and not self._files.full:
            return True
        if time.monotonic() < self._failed_at + RETRY_INTERVAL:
            return False
        return self._guarded(functools.partial(self._begin, line))

    def _begin(self, line: lines.LifeLine) -> None:
        self._files.begin()
        now, utc, program, settings = line.mono, line.utc, self._recording.program, self._recording.settings
        head = lines.Head(now, utc, lines.VERSION, program, os.getpid(), self._venue, settings, self._login)
        self._files.write(lines.encode(head))

    def _guarded(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except OSError as error:
            self._failed_at = time.monotonic()
            self._files.abandon()
            logger.warning(
                "the recording in {} cannot be written ({}), and is tried again in {:g} s; nothing else is"
                " affected",
                self._recording.folder,
                error.strerror,
                RETRY_INTERVAL,
            )
            return False
        return True

    def _warn(self, now: float) -> None:
        lost = self.dropped - self._told
        if lost and now >= self._warned_at + WARNING_INTERVAL:
            self._told, self._warned_at = self.dropped, now
            logger.warning(
                "the recording in {} has lost {} lines, since the disk was too slow or took nothing: free the"
                " disk, or remove the section record",
                self._recording.folder,
                lost,
            )


_recorders: dict[RecordingSettings, ConnectionRecorder] = {}
_choosing = threading.Lock()


def witness(start: StartConnection) -> RecordedLife | None:
    """What records this life; ``None`` if nothing does."""
    recording = start.settings.recording
    if recording is None:
        return None
    with _choosing:
        recorder = _recorders.get(recording)
        if recorder is None:
            recorder = _recorders[recording] = ConnectionRecorder(start.settings, recording)
            atexit.register(stop_recording, recording)
    return RecordedLife(recorder, start)


def stop_recording(recording: RecordingSettings | None) -> None:
    """Write what waits; idempotent. A life that begins later begins another file."""
    with _choosing:
        recorder = _recorders.pop(recording, None) if recording is not None else None
    if recorder is not None:
        atexit.unregister(stop_recording)
        recorder.close()


def _scrubber(settings: ConnectionSettings) -> RecordingScrubber:
    secret = settings.secret.value
    values = {text for name, text in settings.headers.items() if name.lower() not in _HARMLESS}
    known = {*tokens(secret), *values, *settings.credentials}
    try:
        known.add(venue(settings.venue).parse_login(secret).user)
    except LoginInvalid:
        known.add(secret)
    return RecordingScrubber(known)
