"""Attaching to a listener; the test is the gateway behind it. With a runtime: tests/journeys/operations."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.errors import NoRuntime, RequestRefused, RuntimeHung
from runtime.config import Config
from runtime.control.attachment import attach
from runtime.control.listener import ControlListener
from runtime.control.protocol import VERSION, FromPeer, Hello, HelloRefused, Welcome
from runtime.workers.framing import Framer, Unframer
from tests.doubles.recorder import WAIT

WELCOME = Welcome(VERSION, 4711, "practice", 1.5, [], "PocketOption")

framed = Framer()


@pytest.fixture
def listener(place: Path) -> Iterator[ControlListener]:
    listening = ControlListener(place)
    yield listening
    listening.close()


def accept(listener: ControlListener) -> socket.socket:
    listener._socket.settimeout(WAIT)
    sock = listener.accept()
    assert sock is not None
    sock.settimeout(WAIT)
    return sock


def serve(listener: ControlListener, *answers: bytes) -> threading.Thread:
    """Answer one hello after another; an empty answer closes the connection."""

    def run() -> None:
        for answer in answers:
            with accept(listener) as sock:
                messages_in: Unframer[FromPeer] = Unframer(FromPeer)
                assert messages_in(sock.recv(1 << 16)) == [Hello(VERSION, "")]
                sock.sendall(answer)
                if answer == framed(WELCOME):
                    assert sock.recv(1) == b"", "until the attachment is closed"

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_an_attachment_describes_its_runtime_and_ends_when_it_is_closed(
    listener: ControlListener, place: Path
) -> None:
    gateway = serve(listener, framed(WELCOME))
    with attach(place) as attachment:
        assert attachment.runtime == WELCOME
        assert not attachment.ended.is_set()
    assert attachment.ended.is_set()
    attachment.close()
    gateway.join(WAIT)
    assert not gateway.is_alive()


def test_a_runtime_that_is_crowded_is_tried_again(listener: ControlListener, place: Path) -> None:
    crowded = framed(HelloRefused("too many processes attach at once", crowded=True))
    gateway = serve(listener, crowded, crowded, framed(WELCOME))
    attach(place).close()
    gateway.join(WAIT)
    assert not gateway.is_alive()


def test_a_refusal_is_raised_with_its_reason(listener: ControlListener, place: Path) -> None:
    gateway = serve(listener, framed(HelloRefused("64 processes are attached already")))
    with pytest.raises(RequestRefused, match="refuses this process: 64 processes are attached already"):
        attach(place)
    gateway.join(WAIT)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "it closed the connection"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "bytes was announced")],
    ids=["nothing", "another protocol"],
)
def test_a_socket_that_is_no_runtimes_is_no_runtime(
    listener: ControlListener, place: Path, answer: bytes, reason: str
) -> None:
    gateway = serve(listener, answer)
    with pytest.raises(NoRuntime, match=reason):
        attach(place)
    gateway.join(WAIT)


def test_a_runtime_that_accepts_and_does_not_answer_hangs(listener: ControlListener, place: Path) -> None:
    with pytest.raises(RuntimeHung, match="does not answer: it is stopped or hangs") as hung:
        attach(place, timeout=0.05)
    if sys.platform == "linux":  # elsewhere the system does not tell
        assert f"(pid {os.getpid()})" in str(hung.value)


def test_a_configuration_without_a_socket_has_no_runtime_to_attach_to() -> None:
    with pytest.raises(NoRuntime, match="the configuration has no control socket"):
        attach(Config())
