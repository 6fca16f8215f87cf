"""One life of a connection, played from a recording: the session is real, the socket is not there."""

from collections import deque
from collections.abc import Callable
from typing import Any

import pykka
from msgspec import Struct, structs

from actors.connection.numbering import Sequencer
from actors.engine.actor import RuntimeActor
from actors.messages.commands import Command
from actors.messages.events import ConnectionDown
from actors.messages.lifecycle import Begin, ConnectionEnded, Tellable
from actors.messages.traffic import Failure, Item, ReplyTo, Request, RequestKey, Response, Send
from actors.messages.workers import StartConnection, StopConnection, UseTaps
from actors.venues.base import OpenSession
from runtime.recording.lines import (
    Heard,
    LifeBegan,
    LifeEnded,
    LifeLine,
    LifeOpened,
    Lost,
    Reported,
    Requested,
    Said,
    as_bytes,
    requests_of,
)


class LifeReady(Struct, frozen=True):
    """``life`` takes the lines of ``connection`` from now on."""

    connection: str
    life: pykka.ActorRef[Any]


class ReplayedLife(RuntimeActor):
    """Takes the place of a ``Connection``: does to the session what was done to that one, at the same times.

    Receives the lines of its life, ``Send``, ``UseTaps`` and ``StopConnection``. What it is told to send
    does not leave; a request that the recording has too gets the recorded answer, another one none. It ends
    when the recorded one ended, and not before, unless ``is_over`` says that the recording has.
    """

    def __init__(
        self,
        start: StartConnection,
        events: Tellable,
        open_session: OpenSession,
        player: Tellable,
        is_over: Callable[[], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(f"{start.connection}#{start.epoch}", **kwargs)
        self._start = start
        self._events = events
        self._open_session = open_session
        self._session = open_session(start)
        self._player = player
        self._is_over = is_over
        self._sequencer = Sequencer(start.connection, start.epoch)
        self._unmatched: deque[Request] = deque()
        self._recorded: deque[Request] = deque()
        self._answers: dict[RequestKey, Request] = {}

    def on_receive(self, message: Any) -> None:
        match message:
            case Begin():
                self._player.tell(LifeReady(self._start.connection, self.actor_ref))
            case LifeBegan(region=region):
                self._begin(region)
            case LifeOpened() | Heard() | Said() | Requested() | Reported() | LifeEnded() | Lost():
                self._play(message)
            case Send(requests=requests):
                self._on_requests(requests)
            case UseTaps():
                self._session.tapped = message.covers(self._start.connection)
            case StopConnection():
                if self._is_over():
                    self._end("stopped", was_ready=self._session.was_ready)
            case _:
                self.unexpected(message)

    def _begin(self, region: str) -> None:
        """In the region of the recording, whichever the supervisor has chosen."""
        self._start = structs.replace(self._start, region=structs.replace(self._start.region, name=region))
        self._session = self._open_session(self._start)

    def _play(self, line: LifeLine) -> None:
        match line:
            case Heard(mono=mono, utc=utc, data=data):
                self._publish(self._session.receive(as_bytes(data), mono, utc))
            case Requested(utc=utc):
                recorded = requests_of(line)
                if self._session.ready:
                    items = self._session.send(recorded, utc)
                    for each in recorded:
                        self._match(self._unmatched, self._recorded, each)
                    self._publish(items)
            case Reported(utc=utc):
                self._events.tell(self._sequencer.batch([self._session.report(utc, ())]))
            case LifeEnded():
                self._end(
                    line.reason,
                    was_ready=line.was_ready,
                    terminal=line.terminal,
                    retry_after=line.retry_after,
                )
                return
            case Lost(count=count):
                self._end(f"the recording lost {count} lines here", was_ready=self._session.was_ready)
                return
        self._session.data_to_send()

    def _on_requests(self, requests: list[Request]) -> None:
        for each in requests:
            self._match(self._recorded, self._unmatched, each)

    def _match(self, others: deque[Request], own: deque[Request], request: Request) -> None:
        """Pair a request of the recording with one of this runtime, whichever came first."""
        twin = next((each for each in others if _wanted(each) == _wanted(request)), None)
        if twin is None:
            own.append(request)
            return
        others.remove(twin)
        recorded, ours = (request, twin) if others is self._unmatched else (twin, request)
        if recorded.awaited and ours.awaited:
            self._answers[recorded.key] = ours

    def _publish(self, items: list[Item]) -> None:
        """Answers go to the requests of this runtime: those of the recording had other numbers."""
        passed = [each for item in items if (each := self._addressed(item)) is not None]
        if passed:
            self._events.tell(self._sequencer.batch(passed))

    def _addressed(self, item: Item) -> Item | None:
        if not isinstance(item, Response | Failure):
            return item
        ours = self._answers.pop((ReplyTo(item.reply_to), item.request), None)
        if ours is None:
            return None
        return structs.replace(item, request=ours.id, reply_to=ours.reply_to)

    def _end(
        self, reason: str, *, was_ready: bool, terminal: bool = False, retry_after: float | None = None
    ) -> None:
        life = self._start.life
        down = ConnectionDown(
            *life,
            self._start.region.name,
            reason,
            was_ready=was_ready,
            terminal=terminal,
            retry_after=retry_after,
        )
        self._events.tell(self._sequencer.batch([down]))
        self._tell_guardian(ConnectionEnded(*life))
        self.stop()


def _wanted(request: Request) -> tuple[Command[Any], str, object]:
    return structs.replace(request.command, deadline=None), request.order, request.part
