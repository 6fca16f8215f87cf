"""The gateway: serves the other processes of the user, and waits for none of them."""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, Final, TypeGuard

import pykka
from loguru import logger
from msgspec import Struct, structs

from actors.engine.actor import RuntimeActor
from actors.engine.callback_ask import ask_then
from actors.engine.clock import this_boot
from actors.engine.inbox import Overflow
from actors.engine.router_ref import never_handled, new_ask
from actors.engine.timers import Timer
from actors.errors import (
    ProtocolError,
    RemoteProtocolError,
    RequestError,
    RequestRefused,
    TransportError,
    to_wire,
)
from actors.messages.commands import Command, OrderCommand, unsent
from actors.messages.events import Lagged
from actors.messages.lifecycle import Begin
from actors.messages.owners import OPERATOR, Owner, OwnerEnded
from actors.messages.routing import Asked, GivenUp
from actors.messages.traffic import Deliver, EventBatch
from actors.transport.socket_transport import SocketTransport
from runtime.control.fanout import Fanout, join
from runtime.control.listener import ControlListener, pid_of
from runtime.control.peer import MOST_UNREAD, Peer, PeerState
from runtime.control.peer_asks import MOST_WAITING, PeerAsks
from runtime.control.protocol import (
    VERSION,
    Ask,
    ErrorMessage,
    FromPeer,
    GetAccounts,
    GiveUp,
    Hello,
    HelloRefused,
    Listen,
    ReloadRuntime,
    StopRuntime,
    Welcome,
    answered,
)
from runtime.system.reloader import Reload

MOST_PEERS: Final = 64
"""Peers that may be attached; as many more that operate the runtime; as many more that are handshaking."""

HELLO_TIMEOUT: Final = 2.0
"""Seconds."""

GATEWAY_CAPACITY: Final = 2 * MOST_WAITING
"""Messages that may wait for the gateway, answers included, before ticks are conflated."""

NO_DESCRIPTOR_PAUSE: Final = 1.0
"""Seconds without accepting, after the process had no free descriptor for a new peer."""


class Serve(Struct, frozen=True):
    """Accept peers from now on; their commands go to ``router``, a reload to ``reloader``."""

    router: pykka.ActorRef[Any]
    reloader: pykka.ActorRef[Any]


class _Incoming(Struct, frozen=True):
    pass


class _AcceptAgain(Struct, frozen=True):
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

    Receives ``Serve``, the peers' messages as their sockets become readable, and the router's answers and
    events. Sends commands to the router, and answers to the peers. A peer that breaks the rules or does not
    read loses its connection; no other peer notices.
    """

    def __init__(
        self,
        listener: ControlListener,
        welcome: Welcome,
        *,
        stop: Callable[[], object],
        **kwargs: Any,
    ) -> None:
        """``stop`` asks the program to stop the runtime; it must return at once."""
        super().__init__("gateway", overflow=Overflow(GATEWAY_CAPACITY, join), **kwargs)
        self._listener = listener
        self._welcome = welcome
        self._started_at = self.now()
        self._boot = this_boot()
        self._stop_runtime = stop
        self._router: pykka.ActorRef[Any]
        self._reloader: pykka.ActorRef[Any]
        self._fanout: Fanout[Peer]
        self._numbers = itertools.count(1)
        self._handshaking: dict[Peer, Timer] = {}
        self._attached: set[Peer] = set()
        self._unread: set[Peer] = set()
        self._asks = PeerAsks()

    def on_receive(self, message: Any) -> None:
        match message:
            case _PeerReady(peer=peer):
                self._on_ready(peer)
            case _Done():
                self._on_done(message)
            case Deliver():
                self._report_missed(self.name, message.missed)
                self._deliver(message.events)
            case _Incoming():
                self._accept()
            case _HelloDue(peer=peer):
                self._refuse(peer, f"no hello within {HELLO_TIMEOUT:g} s")
            case _AcceptAgain():
                self.watch(self._listener, _Incoming())
            case Serve(router=router, reloader=reloader):
                self._reloader = reloader
                self._router, self._fanout = router, Fanout(router, self.actor_ref)
                self.watch(self._listener, _Incoming())
            case Begin():
                pass  # until Serve, peers wait in the queue of the socket
            case _:
                self.unexpected(message)

    def _accept(self) -> None:
        for _ in range(MOST_PEERS):
            try:
                sock = self._listener.accept()
            except OSError as error:
                logger.warning(
                    "no process can attach for {:g} s: {}; raise the limit (ulimit -n)",
                    NO_DESCRIPTOR_PAUSE,
                    error.strerror,
                )
                self.inbox.unwatch(self._listener)
                self.after(NO_DESCRIPTOR_PAUSE, _AcceptAgain())
                return
            if sock is None:
                return
            peer = Peer(SocketTransport(sock, outbox_limit=MOST_UNREAD), f"peer {next(self._numbers)}")
            if pid := pid_of(sock):
                peer.owner = Owner(f"process {pid} ({peer.name})")
            if not self._listener.admits(sock):
                logger.warning(
                    "{} was refused: it is a process of another user; let root or the owner ask", peer.name
                )
                self._refuse(peer, "the runtime belongs to another user")
                continue
            if len(self._handshaking) >= MOST_PEERS:
                oldest = next(iter(self._handshaking))
                self._refuse(oldest, "too many processes attach at once", crowded=True)
            self._handshaking[peer] = self.after(HELLO_TIMEOUT, _HelloDue(peer))
            self.watch(peer, _PeerReady(peer))
            self._on_ready(peer)  # its hello has usually arrived by now

    def _on_ready(self, peer: Peer) -> None:
        """Send what waits for the peer, and handle what it has sent."""
        try:
            if peer.wants_write:
                peer.flush()
            self._on_messages(peer, peer.receive())
        except (TransportError, ProtocolError) as error:
            self._drop(peer, error)
        self._rewatch(peer)

    def _on_messages(self, peer: Peer, messages: list[FromPeer]) -> None:
        """Handle what was read from the peer, but for orders whose callers have given up by now.

        A runtime that stood still (SIGSTOP, a suspend) finds the order and the end of its caller at once.
        """
        orders = {message.id for message in messages if _is_asked_order(message)}
        ended: TransportError | None = None
        if orders:
            try:
                messages = [*messages, *peer.receive()]
                orders &= {message.id for message in messages if isinstance(message, GiveUp)}
            except TransportError as error:
                ended = error
        for message in messages:
            if not (_is_asked_order(message) and message.id in orders):
                self._on_message(peer, message)
            elif ended is None:
                withdrawn = unsent(message.request, "it was withdrawn before it was sent")
                peer.send(ErrorMessage(message.id, to_wire(withdrawn)))
        if ended is not None:
            raise ended

    def _on_message(self, peer: Peer, message: FromPeer) -> None:
        match peer.state, message:
            case PeerState.NEW, Hello():
                self._on_hello(peer, message)
            case PeerState.ATTACHED, Ask():
                self._on_ask(peer, message)
            case PeerState.ATTACHED, GiveUp(id=id):
                self._give_up(self._asks.ask_of(peer, id))
            case PeerState.ATTACHED, Listen():
                self._fanout.listen(peer, message.topics)
                peer.send(answered(message.id, None))
            case PeerState.GONE, _:
                pass  # it was refused for an earlier message of the same read
            case state, _:
                raise RemoteProtocolError(f"{type(message).__name__} from a peer that {state.value}")

    def _on_hello(self, peer: Peer, hello: Hello) -> None:
        if hello.version != VERSION:
            self._refuse(peer, f"this runtime speaks version {VERSION} of the control protocol")
        elif not self._listener.accepts(hello.token):
            self._refuse(peer, "the token is not the one in the address file")
        elif len(self._attached) >= (2 * MOST_PEERS if hello.operates else MOST_PEERS):
            self._refuse(peer, f"{len(self._attached)} processes are attached already")
        else:
            self._handshaking.pop(peer).cancel()
            self._attached.add(peer)
            if hello.operates:
                peer.owner = OPERATOR
            peer.state = PeerState.ATTACHED
            peer.send(structs.replace(self._welcome, uptime=self.now() - self._started_at))

    def _on_ask(self, peer: Peer, asked: Ask) -> None:
        id, request = asked.id, asked.request
        if id and self._asks.waits(peer, id):
            raise RemoteProtocolError(f"a second ask {id}")
        if id and (full := self._asks.refusal(peer, type(request))):
            peer.send(ErrorMessage(id, to_wire(unsent(request, full))))
            return
        outcome = functools.partial(self._tell_outcome, peer, asked)
        owner = peer.owner.for_subscription if asked.for_subscription else peer.owner
        match request:
            case StopRuntime():
                logger.info("{} asks the runtime to stop", peer.name)
                self._stop_runtime()
                peer.send(answered(id, None))
            case ReloadRuntime():
                if id:
                    self._asks.add(peer, id, ReloadRuntime)
                ask_then(self._reloader, Reload(), outcome)
            case GetAccounts() if not self._welcome.accounts:
                peer.send(ErrorMessage(id, to_wire(RequestRefused("it has one account, and none beside it"))))
            case Command() if id:
                number = new_ask()
                self._asks.add(peer, id, type(request), number)
                at = self._asked_at(asked)
                waits_until = math.inf if asked.within is None else min(at, self.now()) + asked.within
                asking = Asked(request, number, waits_until, asked.order, owner, at)
                ask_then(self._router, asking, outcome)
            case Command() if self._router.is_alive():
                self._router.tell(Asked(request, owner=owner, at=self._asked_at(asked)))

    def _asked_at(self, asked: Ask) -> float:
        """By our clock; infinity where the peer's has another beginning, as in another container."""
        return asked.asked_at if asked.asked_at is not None and asked.boot == self._boot else math.inf

    def _give_up(self, *asks: int) -> None:
        for number in asks:
            if number and self._router.is_alive():
                self._router.tell(GivenUp(number))

    def _end_owner(self, peer: Peer) -> None:
        """What is streamed for this process alone ends with it; the operator's streams outlive a command."""
        if peer.owner != OPERATOR and self._router.is_alive():
            self._router.tell(OwnerEnded(peer.owner))

    def _tell_outcome(self, peer: Peer, asked: Ask, value: Any, error: BaseException | None) -> None:
        """Called from any thread."""
        if isinstance(error, pykka.ActorDeadError):  # the router ended before it handled the request
            error = never_handled(asked.request)
        with contextlib.suppress(pykka.ActorDeadError):  # the gateway has ended, and its peers with it
            self.actor_ref.tell(_Done(peer, asked.id, value, error))

    def _on_done(self, done: _Done) -> None:
        if not done.id:
            return
        self._asks.remove(done.peer, done.id)
        if done.peer.state is PeerState.ATTACHED:
            error = done.error
            reply = answered(done.id, done.value) if error is None else ErrorMessage(done.id, to_wire(error))
            self._send(done.peer, reply)

    def _deliver(self, items: list[Any]) -> None:
        for peer, part in self._fanout.route(items):
            try:
                self._report_missed(peer.name, peer.deliver(part))
            except TransportError as error:
                self._drop(peer, error)
            self._rewatch(peer)

    def _report_missed(self, name: str, missed: int) -> None:
        if missed and self._router.is_alive():
            self._router.tell(EventBatch(self.name, [Lagged(name, missed)]))

    def _send(self, peer: Peer, message: Any) -> None:
        try:
            peer.send(message)
        except TransportError as error:
            self._drop(peer, error)
        self._rewatch(peer)

    def _rewatch(self, peer: Peer) -> None:
        """Watch for writability exactly while the peer has not read everything."""
        if peer.state is not PeerState.GONE and peer.wants_write != (peer in self._unread):
            self.watch(peer, _PeerReady(peer), writable=peer.wants_write)
            self._unread ^= {peer}

    def _refuse(self, peer: Peer, reason: str, *, crowded: bool = False) -> None:
        self._send(peer, HelloRefused(reason, crowded))
        self._drop(peer, RequestError(reason))

    def _drop(self, peer: Peer, error: Exception) -> None:
        if peer.state is PeerState.GONE:
            return
        logger.debug("{} loses its connection: {}", peer.name, error)
        if (timer := self._handshaking.pop(peer, None)) is not None:
            timer.cancel()
        if peer in self._attached:
            self._attached.remove(peer)
            self._end_owner(peer)
        self._unread.discard(peer)
        self._fanout.forget(peer)
        self._give_up(*self._asks.all_of(peer))
        self.inbox.unwatch(peer)
        peer.close()

    def release(self, unhandled: list[Any]) -> None:
        self._listener.close()  # first: a peer that learns of the end may start the next runtime
        for message in unhandled:
            if isinstance(message, _Done):
                self._on_done(message)
        for peer in self._attached:
            self._end_owner(peer)
        for peer in [*self._handshaking, *self._attached]:
            with contextlib.suppress(TransportError):
                peer.send(HelloRefused("the runtime has ended"))
            peer.close()


def _is_asked_order(message: FromPeer) -> TypeGuard[Ask]:
    return isinstance(message, Ask) and message.id > 0 and isinstance(message.request, OrderCommand)
