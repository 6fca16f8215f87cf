"""The gateway: lets other processes of the user speak to the router, without ever waiting for one of them."""

import contextlib
import functools
import itertools
from typing import Any, Final

import pykka
from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.engine.inbox import Overflow
from actors.engine.timers import Timer
from actors.errors import NotSent, ProtocolError, RemoteProtocolError, RequestError, TransportError, to_wire
from actors.messages.commands import Command
from actors.messages.events import Lagged
from actors.messages.lifecycle import Begin
from actors.messages.traffic import Deliver, EventBatch
from actors.transport.stream import SocketTransport
from runtime.control.callbacks import Callbacks
from runtime.control.fanout import Fanout, squeeze
from runtime.control.listener import ControlListener
from runtime.control.peer import MOST_UNREAD, Peer, PeerState
from runtime.control.protocol import (
    VERSION,
    Ask,
    ErrorMessage,
    FromPeer,
    Hello,
    HelloRefused,
    Listen,
    ReloadRuntime,
    StopRuntime,
    answered,
)
from runtime.control.reply_slot import ask

MOST_PEERS: Final = 64
"""That are served; and as many may stand in the lobby until they have said hello."""

HELLO_TIMEOUT: Final = 2.0
"""Seconds."""

MOST_WAITING: Final = 1024
"""Asks of all peers that may wait for their answers."""

CAPACITY: Final = 2 * MOST_WAITING
"""Messages that may wait for us, answers included, before ticks give way to newer ones of their asset."""

NO_DESCRIPTOR_PAUSE: Final = 1.0
"""Seconds that the door stays shut when there was no descriptor for who came."""


class Serve(Struct, frozen=True):
    """The house stands: let peers in, and put what they ask to ``router``."""

    router: pykka.ActorRef[Any]


class _OpenDoor(Struct, frozen=True):
    pass


class _Incoming(Struct, frozen=True):
    pass


class _PeerReady(Struct, frozen=True):
    peer: Peer


class _HelloDue(Struct, frozen=True):
    peer: Peer


class _Done(Struct, frozen=True):
    peer: Peer
    id: int
    value: Any
    error: BaseException | None


class Gateway(RuntimeActor):
    """Owns the control socket, its peers, and one subscription for all of them.

    Receives ``Serve``, the peers' words as their sockets become readable, the router's answers and events;
    sends commands to the router and answers to the peers. A peer that breaks the rules, or does not read,
    loses its connection, and nobody else notices.
    """

    def __init__(self, door: ControlListener, hooks: Callbacks, **kwargs: Any) -> None:
        super().__init__("gateway", overflow=Overflow(CAPACITY, squeeze), **kwargs)
        self._door = door
        self._hooks = hooks
        self._router: pykka.ActorRef[Any]
        self._numbers = itertools.count(1)
        self._lobby: dict[Peer, Timer] = {}
        self._attached: set[Peer] = set()
        self._feed: Fanout
        self._unread: set[Peer] = set()
        self._waiting = 0

    def on_receive(self, message: Any) -> None:
        match message:
            case _PeerReady(peer=peer):
                self._serve(peer)
            case _Done():
                self._answer(message)
            case Deliver():
                self._lagged(self.name, message.missed)
                self._spread(message.events)
            case _Incoming():
                self._let_in()
            case _HelloDue(peer=peer):
                self._refuse(peer, f"no hello within {HELLO_TIMEOUT:g} s")
            case _OpenDoor():
                self.watch(self._door, _Incoming())
            case Serve(router=router):
                self._router, self._feed = router, Fanout(router, self.actor_ref)
                self.watch(self._door, _Incoming())
            case Begin():
                pass  # those who come too early wait at the door
            case _:
                self.unexpected(message)

    def _let_in(self) -> None:
        for _ in range(MOST_PEERS):
            try:
                sock = self._door.accept()
            except OSError as error:
                logger.warning("nobody can be let in for a while: {}", error.strerror)
                self.inbox.unwatch(self._door)
                self.after(NO_DESCRIPTOR_PAUSE, _OpenDoor())
                return
            if sock is None:
                return
            transport = SocketTransport(sock, outbox_limit=MOST_UNREAD)
            peer = Peer(transport, f"peer {next(self._numbers)}")
            if not self._door.is_ours(sock):
                logger.warning("{} was refused: it is a process of another user", peer.name)
                self._refuse(peer, "it is not your runtime")
                continue
            if len(self._lobby) >= MOST_PEERS:
                self._refuse(next(iter(self._lobby)), "too many have come at once", crowded=True)
            self._lobby[peer] = self.after(HELLO_TIMEOUT, _HelloDue(peer))
            self.watch(peer, _PeerReady(peer))
            self._serve(peer)  # most have said hello by now

    def _serve(self, peer: Peer) -> None:
        """Hear what the peer has said, and send what waits for it."""
        try:
            if peer.wants_write:
                peer.flush()
            for words in peer.receive():
                self._hear(peer, words)
        except (TransportError, ProtocolError) as error:
            self._drop(peer, error)
        self._rewatch(peer)

    def _hear(self, peer: Peer, words: FromPeer) -> None:
        match peer.standing, words:
            case PeerState.NEW, Hello():
                self._admit(peer, words)
            case PeerState.ATTACHED, Ask(id=id, wish=Command() as command):
                self._put(peer, id, command)
            case PeerState.ATTACHED, Ask(id=id, wish=ReloadRuntime()):
                self._waiting += 1
                self._hooks.reload_in_background(functools.partial(self._take, peer, id))
            case PeerState.ATTACHED, Ask(id=id, wish=StopRuntime()):
                logger.info("{} asks the runtime to stop", peer.name)
                self._hooks.stop()
                peer.say(answered(id, None))
            case PeerState.ATTACHED, Listen():
                self._feed.listen(peer, words.topics)
                peer.say(answered(words.id, None))
            case PeerState.GONE, _:
                pass  # it spoke on after what it was refused for
            case standing, _:
                raise RemoteProtocolError(f"{type(words).__name__} from one that {standing.value}")

    def _admit(self, peer: Peer, hello: Hello) -> None:
        if hello.version != VERSION:
            self._refuse(peer, f"this runtime speaks version {VERSION} of the control protocol")
        elif not self._door.opens_to(hello.token):
            self._refuse(peer, "the token is not the one in the address file")
        elif len(self._attached) >= MOST_PEERS:
            self._refuse(peer, f"{MOST_PEERS} processes are attached already")
        else:
            self._lobby.pop(peer).cancel()
            self._attached.add(peer)
            peer.standing = PeerState.ATTACHED
            peer.say(self._hooks.introduce())

    def _put(self, peer: Peer, id: int, command: Command) -> None:
        if self._waiting >= MOST_WAITING:
            full = NotSent(f"{MOST_WAITING} requests of attached processes wait already")
            peer.say(ErrorMessage(id, to_wire(full)))
        elif id:
            self._waiting += 1
            ask(self._router, command, functools.partial(self._take, peer, id))
        elif self._router.is_alive():
            self._router.tell(command)

    def _take(self, peer: Peer, id: int, value: Any, error: BaseException | None) -> None:
        """Any thread."""
        with contextlib.suppress(pykka.ActorDeadError):  # ended, and its peers with it
            self.actor_ref.tell(_Done(peer, id, value, error))

    def _answer(self, done: _Done) -> None:
        self._waiting -= 1
        if done.peer.standing is PeerState.ATTACHED:
            self._say(
                done.peer,
                answered(done.id, done.value)
                if done.error is None
                else ErrorMessage(done.id, to_wire(done.error)),
            )

    def _spread(self, events: list[Any]) -> None:
        for peer, share in self._feed.route(events).items():
            try:
                self._lagged(peer.name, peer.deliver(share))
            except TransportError as error:
                self._drop(peer, error)
            self._rewatch(peer)

    def _lagged(self, name: str, missed: int) -> None:
        if missed and self._router.is_alive():
            self._router.tell(EventBatch(self.name, [Lagged(name, missed)]))

    def _say(self, peer: Peer, message: Any) -> None:
        try:
            peer.say(message)
        except TransportError as error:
            self._drop(peer, error)
        self._rewatch(peer)

    def _rewatch(self, peer: Peer) -> None:
        if peer.standing is not PeerState.GONE and peer.wants_write != (peer in self._unread):
            self.watch(peer, _PeerReady(peer), writable=peer.wants_write)
            self._unread ^= {peer}

    def _refuse(self, peer: Peer, reason: str, *, crowded: bool = False) -> None:
        self._say(peer, HelloRefused(reason, crowded))
        self._drop(peer, RequestError(reason))

    def _drop(self, peer: Peer, error: Exception) -> None:
        if peer.standing is PeerState.GONE:
            return
        logger.debug("{} loses its connection: {}", peer.name, error)
        if (timer := self._lobby.pop(peer, None)) is not None:
            timer.cancel()
        self._attached.discard(peer)
        self._unread.discard(peer)
        self._feed.forget(peer)
        self.inbox.unwatch(peer)
        peer.close()

    def release(self, unhandled: list[Any]) -> None:
        self._door.close()  # first: who hears of our end may start the next runtime
        for message in unhandled:
            if isinstance(message, _Done):
                self._answer(message)
        for peer in [*self._lobby, *self._attached]:
            with contextlib.suppress(TransportError):
                peer.say(HelloRefused("the runtime has ended"))
            peer.close()
