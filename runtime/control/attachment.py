"""``attach``: the router of a running runtime, for another process of the same user."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.errors import ConfigInvalid, NoRuntime, ProtocolError, RequestRefused, RuntimeHung
from actors.messages.lifecycle import ActorEnded, ActorFailed
from actors.transport.socket_transport import NO_SIGNAL
from runtime.client import Client
from runtime.client.blocking_router import BlockingRouter
from runtime.config import Config
from runtime.control.line import ControlLine, SocketLine
from runtime.control.listener import connect_to_any, pid_of
from runtime.control.path import paths_of
from runtime.control.protocol import (
    VERSION,
    AccountState,
    FromGateway,
    GetAccounts,
    Hello,
    HelloRefused,
    Welcome,
)
from runtime.control.remote_router import RemoteRouter
from runtime.logs.embedded import quieten_first_handler
from runtime.workers.framing import Framer, Unframer

READ_SIZE = 64 * 1024

STOP_TIMEOUT = 2.0
"""Seconds that the actor of an attachment may take to end."""


class Attachment:
    """A context manager. ``router`` takes ``tell`` and ``ask`` as the runtime's own does, with the same
    messages, answers and errors; handlers run in this process. ``runtime`` describes the runtime.

    When the runtime ends, ``ended`` is set, and every ask, under way or later, raises ``RequestError``.
    """

    router: RouterRef

    def __init__(self, line: ControlLine, welcome: Welcome) -> None:
        self.runtime = welcome
        self.ended = threading.Event()
        self._released = threading.Event()
        self._at_end: Callable[[], object] = lambda: None
        self._blocking_router = BlockingRouter(self)
        self._client = Client(self._blocking_router)
        router = RemoteRouter.start(line, self._on_end, guardian=self)
        assert isinstance(router, RouterRef)
        self.router = router

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def client(self) -> Client:
        """The commands as methods, for the runtime; any thread."""
        return self._client

    def accounts(self, timeout: float = 5.0) -> list[AccountState]:
        """How each account and each feed is, of a process as a whole (``account=None``). Raises
        ``RequestRefused`` for a runtime of one account."""
        return self.router.ask(GetAccounts(), timeout=timeout)

    def close(self) -> None:
        """Detach: the subscriptions of this process end, the runtime goes on. Idempotent."""
        self.router.stop(block=False)
        self._released.wait(STOP_TIMEOUT)

    def at_end(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called once ``ended`` is set, by any thread and maybe twice. It replaces the one
        before."""
        self._at_end = callback
        if self.ended.is_set():
            callback()

    def _on_end(self) -> None:
        self.ended.set()
        self._blocking_router.finish()
        self._at_end()

    def tell(self, message: ActorFailed | ActorEnded) -> None:
        """An attachment is the guardian of its actor."""
        match message:
            case ActorEnded():
                self._on_end()
                self._released.set()
            case ActorFailed(reason=reason):
                logger.error("the attachment to a runtime has failed: {}; attach again", reason)


def attach(
    target: str | os.PathLike[str] | Config,
    *,
    account: str | None = "",
    timeout: float = 5.0,
    operates: bool = False,
) -> Attachment:
    """Attach to a running runtime.

    ``target`` is its configuration (a path, or a ``Config`` that was loaded from one), the path of its
    control socket, or the URL of the engine by which several hosts share the account: then this process is
    attached to the host that has it, and stays so when that is another one. ``account`` is the name of one of
    its accounts or feeds, where it has several; ``None``: the process as a whole, which answers
    ``GetAccounts``, a reload and a stop. ``timeout``, in seconds, is for the attaching alone. ``operates``:
    this process has a place even if as many programs are attached as may be; for a person's halt and the
    like. What it has streamed is the operator's, and stays after it.

    Raises ``NoRuntime`` if no runtime is there, ``RuntimeHung`` if one does not answer, ``RequestRefused`` if
    it refuses this process, ``ConfigInvalid``.
    """
    quieten_first_handler()
    if isinstance(target, str) and "://" in target:
        return _attach_by_engine(target, account, timeout, operates=operates)
    paths = paths_of(target, account)
    if not paths:
        raise NoRuntime(
            "the configuration has no control socket: it disables it, or was not read from a file"
        )
    give_up_at = time.monotonic() + timeout
    while True:
        attachment = _try_to_attach(paths, give_up_at, operates=operates)
        if attachment is None:
            continue
        if attachment.runtime.accounts and account is not None:
            names = ", ".join(attachment.runtime.accounts)
            attachment.close()
            raise RequestRefused(f"it has several accounts: name one of {names}")
        return attachment


def _attach_by_engine(url: str, account: str | None, timeout: float, *, operates: bool) -> Attachment:
    if not account:
        raise RequestRefused(
            "an engine has several accounts: name one of them, as in attach(URL, account=NAME)"
        )
    from runtime.cluster.address import missing_client  # noqa: PLC0415  # not for everybody

    if missing := missing_client():
        raise ConfigInvalid([f"an engine {missing}"])
    from runtime.control.reach import reach  # noqa: PLC0415  # an extra

    return Attachment(*reach(url, account, timeout, operates=operates))


def _try_to_attach(paths: Sequence[Path], give_up_at: float, *, operates: bool) -> Attachment | None:
    """``None`` if too many processes attach at once and there is time for another try."""
    with contextlib.ExitStack() as abandoned:
        path, sock, token = connect_to_any(paths, max(0.001, give_up_at - time.monotonic()))
        abandoned.callback(sock.close)
        messages_in: Unframer[FromGateway] = Unframer(FromGateway)
        try:
            messages = _handshake(sock, Hello(VERSION, token, operates), messages_in)
        except TimeoutError as error:
            pid = pid_of(sock)
            name = "a runtime" if pid is None else f"a runtime (pid {pid})"
            raise RuntimeHung(f"{name} holds {path}, but does not answer: it is stopped or hangs") from error
        except (OSError, ProtocolError) as error:
            raise NoRuntime(f"no runtime is running: nothing answers at {path} ({error})") from error
        welcome, *more = messages
        match welcome:
            case HelloRefused(crowded=True) if time.monotonic() < give_up_at:
                return None
            case HelloRefused(reason=reason):
                raise RequestRefused(f"the runtime at {path} refuses this process: {reason}")
        assert isinstance(welcome, Welcome)
        attachment = Attachment(SocketLine(sock, messages_in, more), welcome)
        abandoned.pop_all()
        return attachment


def _handshake(sock: socket.socket, hello: Hello, messages_in: Unframer[FromGateway]) -> list[FromGateway]:
    """Send the ``hello``; returns the gateway's first message, and those that arrived with it."""
    with contextlib.suppress(
        BrokenPipeError, ConnectionResetError
    ):  # refused already: the reason can be read
        sock.sendall(Framer()(hello), NO_SIGNAL)
    while True:
        data = sock.recv(READ_SIZE)
        if not data:
            raise ConnectionError("it closed the connection")
        if messages := messages_in(data):
            return messages
