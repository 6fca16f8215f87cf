import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from actors.errors import WorkerDied
from actors.messages.events import RawMessage
from actors.messages.traffic import Downlink, EventBatch, Uplink
from actors.messages.workers import StopConnection, StopWorker
from actors.values import Tick
from runtime.workers.framing import MAX_MESSAGE
from runtime.workers.link import Link
from runtime.workers.process import WORKER_STALL
from tests.doubles.tick_columns import columns

pytestmark = pytest.mark.timeout(20)

BATCH = EventBatch("c", [columns(Tick("EURUSD_otc", 1.5, 1.1, 2.5)), RawMessage("x", "{}")])


def numbered(sender: str, number: int, size: int = 0) -> EventBatch:
    return EventBatch(sender, [RawMessage(str(number), "x" * size)])


def framed(message: Any) -> bytes:
    body = msgspec.msgpack.encode(message)
    return struct.pack(">I", len(body)) + body


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def links(ends: tuple[socket.socket, socket.socket]) -> tuple[Link[EventBatch], Link[Any]]:
    """The main process's end and a worker's."""
    return Link(ends[0], Uplink, stall=5.0), Link(ends[1], Downlink, stall=5.0)


@pytest.fixture
def link_and_peer(
    ends: tuple[socket.socket, socket.socket],
) -> tuple[Link[EventBatch], socket.socket]:
    """A link and the bare socket at its other end."""
    ends[1].settimeout(5)
    return Link(ends[0], Uplink, stall=0.1), ends[1]


def receive_for_ever(link: Link[Any]) -> None:
    while True:
        link.receive()


def receive_until_quiet(link: Link[EventBatch]) -> list[EventBatch]:
    received = []
    while messages := link.receive():
        received += messages
    return received


# -- whole messages ------------------------------------------------------------------------------------


def test_messages_arrive_whole_and_in_order_in_both_directions(
    links: tuple[Link[EventBatch], Link[Any]],
) -> None:
    main, worker = links
    worker.send(BATCH)
    worker.send(numbered("c", 2))
    main.send(StopConnection("c"))
    main.send(StopWorker())
    assert main.receive() == [BATCH, numbered("c", 2)]
    assert worker.receive() == [StopConnection("c"), StopWorker()]


def test_with_nothing_to_read_there_are_no_messages(links: tuple[Link[EventBatch], Link[Any]]) -> None:
    assert links[0].receive() == []


def test_messages_that_come_byte_by_byte_are_put_together(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, peer = link_and_peer
    stream = framed(BATCH) + framed(EventBatch("", [])) + framed(numbered("c", 3, 300))
    received = []
    for byte in stream:
        peer.send(bytes([byte]))
        received += link.receive()
    assert received == [BATCH, EventBatch("", []), numbered("c", 3, 300)]


@pytest.mark.parametrize("cut", range(0, 90, 7))
def test_a_cut_anywhere_hides_only_what_has_not_come(
    cut: int, link_and_peer: tuple[Link[EventBatch], socket.socket]
) -> None:
    link, peer = link_and_peer
    stream = framed(BATCH) + framed(BATCH)
    assert len(stream) > 90
    received = []
    for part in (stream[:cut], stream[cut:]):
        peer.sendall(part)
        received += link.receive()
    assert received == [BATCH, BATCH]


def test_a_message_larger_than_every_buffer_passes(links: tuple[Link[EventBatch], Link[Any]]) -> None:
    main, worker = links
    big = numbered("c", 1, 8 * 1024 * 1024)
    sender = threading.Thread(target=worker.send, args=(big,), daemon=True)
    sender.start()
    received: list[EventBatch] = []
    deadline = time.monotonic() + 5
    while not received and time.monotonic() < deadline:
        received = main.receive()
    assert received == [big]


def test_messages_of_concurrent_senders_do_not_mix(links: tuple[Link[EventBatch], Link[Any]]) -> None:
    main, worker = links
    worker._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # no message leaves in one piece
    each, size = 25, 50_000

    def send(name: str) -> None:
        for number in range(each):
            worker.send(numbered(name, number, size))

    senders = [threading.Thread(target=send, args=(name,), daemon=True) for name in "abcd"]
    for sender in senders:
        sender.start()
    received: list[EventBatch] = []
    deadline = time.monotonic() + 10
    while len(received) < 4 * each and time.monotonic() < deadline:
        received += main.receive()
    for name in "abcd":
        of_sender = [message for message in received if message.source == name]
        assert of_sender == [numbered(name, number, size) for number in range(each)]


# -- the end of the link -------------------------------------------------------------------------------


def test_what_came_before_the_end_is_delivered_before_the_end_is_told(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, peer = link_and_peer
    peer.sendall(framed(BATCH) + framed(numbered("c", 2)) + framed(BATCH)[:-1])
    peer.close()
    assert link.receive() == [BATCH, numbered("c", 2)]
    for _ in range(2):
        with pytest.raises(WorkerDied, match="ended"):
            link.receive()


def test_more_than_one_read_of_it_is_delivered_before_the_end(
    links: tuple[Link[EventBatch], Link[Any]],
) -> None:
    main, worker = links
    worker._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * 1024 * 1024)
    sent = [numbered("c", number, 50_000) for number in range(4)]
    for message in sent:
        worker.send(message)
    worker.close()
    received: list[EventBatch] = []
    with contextlib.suppress(WorkerDied):
        while True:
            received += main.receive()
    assert received == sent


def test_what_came_is_delivered_although_the_peer_died_with_our_messages_unread(
    links: tuple[Link[EventBatch], Link[Any]],
) -> None:
    main, worker = links
    worker.send(BATCH)
    main.send(StopConnection("c"))
    worker.close()
    assert main.receive() == [BATCH]
    with pytest.raises(WorkerDied):
        main.receive()


def test_sending_to_a_peer_that_is_gone_says_so(links: tuple[Link[EventBatch], Link[Any]]) -> None:
    main, worker = links
    worker.close()
    for _ in range(2):
        with pytest.raises(WorkerDied):
            main.send(StopWorker())


def test_a_link_that_broke_ends_for_both_readers_at_once(
    links: tuple[Link[EventBatch], Link[Any]],
) -> None:
    worker = links[1]
    worker._stall = 0.05
    with pytest.raises(WorkerDied, match="has not read"):
        flood(worker)
    for link in links:
        with pytest.raises(WorkerDied):
            receive_for_ever(link)


def test_closing_twice_is_no_error(links: tuple[Link[EventBatch], Link[Any]]) -> None:
    links[0].close()
    links[0].close()


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(struct.pack(">I", 3) + b"\xc1\xc1\xc1", id="no MessagePack"),
        pytest.param(struct.pack(">I", 0), id="an empty message"),
        pytest.param(framed({"type": "Nonsense"}), id="an unknown type"),
        pytest.param(framed(StopWorker()), id="a message of the other direction"),
        pytest.param(framed(BATCH)[:4] + framed(BATCH)[4:-1] + b"\xc1", id="a damaged message"),
        pytest.param(struct.pack(">I", MAX_MESSAGE + 1), id="a message without bounds"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
    ],
)
def test_garbage_ends_the_link(garbage: bytes, link_and_peer: tuple[Link[EventBatch], socket.socket]) -> None:
    link, peer = link_and_peer
    peer.sendall(garbage)
    with pytest.raises(WorkerDied):
        receive_until_quiet(link)


# -- a peer that does not read -------------------------------------------------------------------------


def flood(link: Link[EventBatch]) -> None:
    while True:
        link.send(numbered("c", 0, 50_000))


def test_a_peer_that_does_not_read_is_given_up_after_the_stall(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, _ = link_and_peer
    begun = time.monotonic()
    with pytest.raises(WorkerDied, match=r"has not read for 0\.1 s"):
        flood(link)
    assert time.monotonic() - begun >= 0.1  # a flood that never gives up ends by the timeout of the test


def test_a_sender_that_waits_shows_that_it_lives(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, _ = link_and_peer
    waits: list[float] = []
    link.wait_step, link.on_wait = 0.01, lambda: waits.append(time.monotonic())
    with pytest.raises(WorkerDied, match=r"has not read for 0\.1 s"):
        link.send(numbered("c", 1, MAX_MESSAGE // 2))
    assert len(waits) > 3


def test_without_patience_a_peer_that_does_not_read_is_given_up_at_once(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    link: Link[EventBatch] = Link(ends[0], Uplink, stall=0.0)
    with pytest.raises(WorkerDied, match=r"has not read for 0 s"):
        flood(link)


def test_nothing_follows_half_a_message(link_and_peer: tuple[Link[EventBatch], socket.socket]) -> None:
    link, peer = link_and_peer
    with pytest.raises(WorkerDied):
        flood(link)
    while len(peer.recv(1 << 20)) == 1 << 20:
        pass  # it reads again
    with pytest.raises(WorkerDied, match="broken"):
        link.send(BATCH)


# FAULT: with no patience at all, a text of 300 kB to a worker that reads is that worker's death.
def test_a_worker_that_reads_takes_a_message_larger_than_every_buffer(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    link: Link[EventBatch] = Link(ends[0], Uplink, stall=WORKER_STALL)
    body = framed(numbered("c", 1, 4 * 1024 * 1024))
    ends[1].settimeout(5)
    received = bytearray()

    def read() -> None:
        while len(received) < len(body) and (data := ends[1].recv(1 << 20)):
            received.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        link.send(numbered("c", 1, 4 * 1024 * 1024))
    finally:
        ends[0].shutdown(socket.SHUT_WR)
        reader.join(5)
    assert received == body


def test_a_peer_that_reads_slowly_but_steadily_is_not_given_up(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, peer = link_and_peer
    big = numbered("c", 1, 8 * 1024 * 1024)
    pace = threading.Event()  # never set: its wait is the reader's slowness

    def read() -> None:
        with contextlib.suppress(OSError):
            while peer.recv(512 * 1024, socket.MSG_WAITALL):
                pace.wait(0.02)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        link.send(big)
    finally:
        link.close()
        reader.join(5)


def test_two_ends_that_both_say_more_than_fits_do_not_wait_for_one_another(
    links: tuple[Link[EventBatch], Link[Any]],
) -> None:
    main, worker = links
    taken_in = threading.Event()
    heard: dict[str, list[Any]] = {"main": [], "worker": []}
    sizes = [4 * 1024 * 1024, 1]
    up = [numbered("c", number, size) for number, size in enumerate(sizes)]
    down = [StopConnection("c" * size) for size in sizes]

    def live(name: str, link: Link[Any], messages: list[Any], expected: int) -> None:
        """As both ends do: one thread reads and sends, one after the other."""
        link.on_taken_in = taken_in.set
        for message in messages:
            link.send(message)
        while len(heard[name]) < expected:
            heard[name] += link.receive()

    ends = [
        threading.Thread(target=live, args=args, daemon=True)
        for args in (("worker", worker, up, len(down)), ("main", main, down, len(up)))
    ]
    for end in ends:
        end.start()
    for end in ends:
        end.join(5)
    assert heard == {"main": up, "worker": down}
    assert taken_in.is_set()  # so the reader is told, though the socket may not be readable


def test_a_peer_that_speaks_but_does_not_read_is_given_up_as_soon_as_a_silent_one(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, peer = link_and_peer
    silent = threading.Event()

    def speak() -> None:
        with contextlib.suppress(OSError):
            while not silent.is_set():
                peer.sendall(framed(BATCH) * 100)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        with pytest.raises(WorkerDied, match=r"has not read for 0\.1 s"):
            flood(link)  # while the peer speaks, the link is readable all the time: it could wait for ever
    finally:
        silent.set()
        link.close()
        speaker.join(5)


def test_garbage_that_comes_while_it_waits_ends_the_link_for_sender_and_reader(
    link_and_peer: tuple[Link[EventBatch], socket.socket],
) -> None:
    link, peer = link_and_peer
    peer.sendall(framed(BATCH) + struct.pack(">I", 3) + b"\xc1\xc1\xc1")
    for deadly in (flood, receive_until_quiet):
        with pytest.raises(WorkerDied, match="the bytes are no message"):
            deadly(link)


@pytest.mark.skipif(os.name != "posix", reason="numbers of descriptors are small integers on POSIX only")
def test_a_link_among_thousands_of_descriptors_waits_like_any_other(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    import fcntl  # noqa: PLC0415
    import resource  # noqa: PLC0415

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    try:
        high = socket.socket(fileno=fcntl.fcntl(ends[0].fileno(), fcntl.F_DUPFD, 1500))
        with high:
            link: Link[EventBatch] = Link(high, Uplink, stall=0.05)
            with pytest.raises(WorkerDied, match="has not read"):
                flood(link)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
