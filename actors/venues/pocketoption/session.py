"""All protocols of one connection on top of one another, without a socket: bytes in, items out, and back."""

from collections.abc import Sequence

from actors.errors import TellwireError, TransportClosed
from actors.messages.events import ConnectionReport, ConnectionUp
from actors.messages.tasks import TaskStatus
from actors.messages.traffic import Item, Request
from actors.messages.workers import StartConnection
from actors.protocols.websocket.endpoint import Endpoint
from actors.protocols.websocket.frames import Opcode
from actors.protocols.websocket.pairs import Pairs
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.protocol import Protocol
from actors.venues.pocketoption.states import SessionState
from actors.venues.pocketoption.tap import Tap


class PocketOptionSession:
    """One life of one connection above its transport; counts what passes.

    Whatever is called, ``data_to_send`` afterwards has what must leave, and ``failure`` says whether, and
    why, it is over. ``now`` is monotonic, ``utc`` wall clock time, both in seconds.
    """

    def __init__(self, start: StartConnection) -> None:
        self._start = start
        self._endpoint = Endpoint(start.settings.max_message_size, TICK_HEADER)
        self._protocol = Protocol(
            connection=start.connection,
            epoch=start.epoch,
            region=start.region.name,
            auth=start.settings.secret,
        )
        self._tap = Tap(start.life, start.settings.secret)
        self.tapped = False
        self.was_ready = False
        self._pings = 0
        self._pinged_at = 0.0
        self._messages_in = self._messages_out = self._bytes_in = self._writes = 0

    @property
    def ready(self) -> bool:
        return self._protocol.state is SessionState.READY

    @property
    def failure(self) -> TellwireError | None:
        # A refused session says more than the close frame that follows it.
        return self._protocol.failure or self._endpoint.failure

    def receive(self, data: bytes, now: float, utc: float) -> list[Item]:
        """What ``data`` amounts to, in order."""
        messages = self._endpoint.receive(data, now)
        items = self._protocol.receive(messages, utc)
        if self.tapped:
            items = [*self._tap.read(messages), *items]
        self._bytes_in += len(data)
        for each in messages:
            self._messages_in += 2 * len(each) if isinstance(each, Pairs) else 1
        if not self.was_ready:
            self.was_ready = any(isinstance(item, ConnectionUp) for item in items)
        return items

    def send(self, requests: Sequence[Request], utc: float) -> list[Item]:
        """Queue ``requests``; the answers to those that the venue will not answer. Only when ``ready``."""
        return self._protocol.send(requests, utc)

    def keep_alive(self) -> None:
        self._protocol.keep_alive()

    def ping(self, now: float) -> None:
        self._endpoint.ping(now)

    def check(self, now: float) -> None:
        """Raises ``TransportClosed`` if the peer has been silent, or has sent no ping, for too long."""
        timeout = self._start.settings.ping_timeout
        if self._endpoint.overdue(now, timeout):
            raise TransportClosed(f"no answer to a ping for {timeout:g} s")
        limit = self._protocol.silence_limit
        if limit is not None and now - self._endpoint.last_received > limit:
            raise TransportClosed(f"nothing received for {limit:g} s")
        if limit is not None and now - self._pinged_at > limit:
            raise TransportClosed(f"no Engine.IO ping for {limit:g} s, although data came")

    def leave(self) -> None:
        """Say goodbye on every level; the peer's close frame ends it."""
        self._protocol.leave()
        self._queue_texts()
        self._endpoint.close()

    @property
    def has_data(self) -> bool:
        return self._endpoint.has_data or bool(self._protocol.texts)

    def data_to_send(self) -> bytes:
        """All that is queued, joined for one write; it counts as sent."""
        self._queue_texts()
        data = self._endpoint.data_to_send()
        self._writes += bool(data)
        return data

    def report(self, utc: float, tasks: tuple[TaskStatus, ...]) -> ConnectionReport:
        """The connection's account of itself and its ``tasks``; its ``delay`` is of the time since the one
        before."""
        return ConnectionReport(
            connection=self._start.connection,
            epoch=self._start.epoch,
            region=self._start.region.name,
            state=self._protocol.state.value,
            messages_in=self._messages_in,
            messages_out=self._messages_out,
            writes=self._writes,
            bytes_in=self._bytes_in,
            garbage=self._protocol.garbage,
            round_trip=self._endpoint.round_trip,
            streams=self._protocol.stream_reports(),
            made_at=utc,
            delay=self._protocol.tick_reader.take_delay(),
            tasks=tasks,
        )

    def _queue_texts(self) -> None:
        if self._protocol.pings != self._pings:  # looked at with the answers, so that no read pays for it
            self._pings, self._pinged_at = self._protocol.pings, self._endpoint.last_received
        texts = self._protocol.texts_to_send()
        if texts and self._endpoint.failure is None:
            self._endpoint.send(Opcode.TEXT, texts)
            self._messages_out += len(texts)
