"""Another process's hold on a running runtime: its router, as if it were here."""

import contextlib
import os
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pykka
from loguru import logger

from actors.errors import NoRuntime, ProtocolError, RequestRefused, RuntimeHung
from actors.messages.lifecycle import ActorEnded, ActorFailed
from runtime.config import Config
from runtime.control.listener import enter, pid_of
from runtime.control.path import place_of
from runtime.control.protocol import VERSION, FromGateway, Hello, HelloRefused, Welcome
from runtime.control.remote_router import RemoteRouter
from runtime.workers.framing import Framer, Unframer

READ_SIZE = 64 * 1024

STOP_TIMEOUT = 2.0
"""Seconds that our own actor may take to end."""


class Attachment:
    """A context manager. ``router`` takes ``tell`` and ``ask`` as the runtime's own does, with the same
    messages, answers and errors; handlers run here. ``runtime`` says whom it is attached to.

    Once the runtime ends, ``ended`` is set, and every ask, under way or later, raises ``RequestError``.
    """

    router: pykka.ActorRef[RemoteRouter]

    def __init__(
        self, sock: socket.socket, messages_in: Unframer[FromGateway], words: list[FromGateway]
    ) -> None:
        welcome, *more = words
        assert isinstance(welcome, Welcome)
        self.runtime = welcome
        self.ended = threading.Event()
        self._released = threading.Event()
        self.router = RemoteRouter.start(sock, messages_in, more, self.ended.set, guardian=self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Detach; the runtime goes on, this process's subscriptions end. Idempotent."""
        self.router.stop(block=False)
        self._released.wait(STOP_TIMEOUT)

    def tell(self, message: ActorFailed | ActorEnded) -> None:
        """The envoy's guardian."""
        match message:
            case ActorEnded():
                self.ended.set()
                self._released.set()
            case ActorFailed(reason=reason):
                logger.error("the attachment to a runtime has failed: {}", reason)


def attach(target: str | os.PathLike[str] | Config, *, timeout: float = 5.0) -> Attachment:
    """Attach to the runtime of a configuration (a path, or a ``Config`` that was loaded from one) or at an
    address, the path of its control socket. ``timeout``, in seconds, is for the attaching alone.

    Raises ``NoRuntime`` if none is there, ``RuntimeHung`` if one is that does not answer,
    ``RequestRefused`` if it does not take us, ``ConfigInvalid``.
    """
    place = place_of(target)
    if place is None:
        raise NoRuntime(
            "the configuration has no control socket: it disables it, or was not read from a file"
        )
    give_up_at = time.monotonic() + timeout
    while True:
        attachment = _attach(place, give_up_at)
        if attachment is not None:
            return attachment


def _attach(place: Path, give_up_at: float) -> Attachment | None:
    """``None`` if so many came at once that it is worth another try."""
    with contextlib.ExitStack() as abandoned:
        sock, token = enter(place, max(0.001, give_up_at - time.monotonic()))
        abandoned.callback(sock.close)
        messages_in: Unframer[FromGateway] = Unframer(FromGateway)
        try:
            words = _greet(sock, token, messages_in)
        except TimeoutError as error:
            pid = pid_of(sock)
            who = "a runtime" if pid is None else f"a runtime (pid {pid})"
            raise RuntimeHung(f"{who} holds {place}, but does not answer: it is stopped or hangs") from error
        except (OSError, ProtocolError) as error:
            raise NoRuntime(f"no runtime is running: what is at {place} does not answer ({error})") from error
        match words[0]:
            case HelloRefused(crowded=True) if time.monotonic() < give_up_at:
                return None
            case HelloRefused(reason=reason):
                raise RequestRefused(f"the runtime at {place} does not let us in: {reason}")
        attachment = Attachment(sock, messages_in, words)
        abandoned.pop_all()
        return attachment


def _greet(sock: socket.socket, token: str, messages_in: Unframer[FromGateway]) -> list[FromGateway]:
    """Say hello; the runtime's first words, and what came along with them."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused already: its words are there
        sock.sendall(Framer()(Hello(VERSION, token)))
    while True:
        data = sock.recv(READ_SIZE)
        if not data:
            raise ConnectionError("it hung up")
        if words := messages_in(data):
            return words
