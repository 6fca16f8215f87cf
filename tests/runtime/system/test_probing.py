import base64
import contextlib
import email.utils
import hashlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from msgspec import structs

from actors.messages.lifecycle import Begin
from actors.messages.workers import ConnectionSettings
from actors.supervision.messages import RegionsProbed
from actors.values import Region, Secret
from runtime.practice import PracticeExchange
from runtime.system.probing import AT_ONCE, probe, probe_in_background
from tests.doubles.recorder import Recording

CANARY = "canary-7f3"
KEY = re.compile(rb"Sec-WebSocket-Key: (.*)\r\n")
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: ACCEPT\r\n"
)
SETTINGS = ConnectionSettings(
    venue="pocketoption",
    secret=Secret(CANARY),
    origin="https://example.com",
    headers={"User-Agent": "test"},
    ssl_verify=True,
    open_timeout=5.0,
    close_timeout=1.0,
    ping_interval=20.0,
    ping_timeout=10.0,
    keep_alive_interval=20.0,
    inbound_linger=0.0,
    max_message_size=1 << 24,
)
HURRIED = structs.replace(SETTINGS, open_timeout=0.5)
TRUSTING = structs.replace(SETTINGS, ssl_verify=False)

Answering = Callable[..., str]


def accept(key: bytes) -> bytes:
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    return base64.b64encode(digest.digest())


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Servers that answer every request alike (``ACCEPT`` is the key's), or with ``b""`` not at all."""
    with contextlib.ExitStack() as held:

        def serve(answer: bytes, context: ssl.SSLContext | None = None) -> str:
            listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        client = listener.accept()[0]
                        with contextlib.suppress(OSError):
                            client = context.wrap_socket(client, server_side=True) if context else client
                            key = KEY.search(client.recv(4096))
                            client.sendall(answer.replace(b"ACCEPT", accept(key[1] if key else b"")))
                        if answer:
                            client.close()
                        held.callback(client.close)

            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            held.callback(thread.join, 5)
            held.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"{'wss' if context else 'ws'}://localhost:{listener.getsockname()[1]}/socket.io/"

        yield serve


def probed(url: str, settings: ConnectionSettings = SETTINGS) -> Any:
    [found] = probe([Region("here", url)], settings)
    assert found.region == "here"
    return found


def test_a_region_that_answers_is_timed_step_by_step(exchange: PracticeExchange) -> None:
    found = probe(exchange.regions, SETTINGS)
    assert [each.region for each in found] == [region.name for region in exchange.regions]
    for each in found:
        assert each.error == ""
        assert each.upgrade is not None
        assert each.connect is not None
        assert 0 < each.connect + each.upgrade < 5.0
        assert each.tls is None
        assert each.clock_offset is not None
        assert abs(each.clock_offset) < 2.0


def test_a_region_without_a_listener_is_named(exchange: PracticeExchange) -> None:
    exchange.close_region(exchange.regions[0].name)
    shut, there = probe(exchange.regions, SETTINGS)
    assert shut.error == "Connection refused while connecting"
    assert shut.upgrade is None
    assert there.error == ""


def test_another_answer_than_an_upgrade_is_named(answering: Answering) -> None:
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    assert probed(answering(answer)).error == "HTTP status 403 instead of an upgrade"


def test_a_host_that_is_too_busy_says_for_how_long(answering: Answering) -> None:
    fields = b"Retry-After: 30\r\nContent-Length: 0\r\n\r\n"
    assert probed(answering(b"HTTP/1.1 429 Too Many Requests\r\n" + fields)).retry_after == 30.0
    assert probed(answering(b"HTTP/1.1 403 Forbidden\r\n" + fields)).retry_after is None


def test_the_actor_that_waits_is_told_the_results_of_the_probes(
    answering: Answering, exchange: PracticeExchange
) -> None:
    busy = answering(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
    recording = Recording()
    probe_in_background(SETTINGS, [*exchange.regions, Region("busy", busy)], recording.ref)
    assert isinstance(recording.seen(), Begin)
    told = recording.seen()
    assert isinstance(told, RegionsProbed)
    assert told.round_trips.keys() == {region.name for region in exchange.regions}
    assert told.retry_after == {"busy": 7.0}


def test_what_is_not_http_is_named(answering: Answering) -> None:
    assert probed(answering(b"+OK\r\n")).error == "the answer is not HTTP"


def test_a_clock_that_is_wrong_is_measured(answering: Answering) -> None:
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    found = probed(answering(SWITCHING + f"Date: {date}\r\n\r\n".encode()))
    assert 98 < found.clock_offset < 102
    assert found.error == ""


def test_the_clock_is_measured_where_the_upgrade_is_refused(answering: Answering) -> None:
    date = email.utils.formatdate(time.time() - 100, usegmt=True)
    found = probed(answering(f"HTTP/1.1 403 Forbidden\r\nDate: {date}\r\n\r\n".encode()))
    assert -102 < found.clock_offset < -98
    assert found.upgrade is not None


def test_an_answer_that_accepts_another_key_is_no_upgrade(answering: Answering) -> None:
    found = probed(answering(SWITCHING.replace(b"ACCEPT", accept(b"another")) + b"\r\n"))
    assert found.error == "the answer is not a WebSocket upgrade"


@pytest.mark.parametrize("date", [b"", b"Date: yesterday\r\n"])
def test_without_a_date_there_is_no_offset(answering: Answering, date: bytes) -> None:
    found = probed(answering(SWITCHING + date + b"\r\n"))
    assert (found.clock_offset, found.error) == (None, "")


def test_a_certificate_of_an_unknown_authority_is_named(answering: Answering) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    url = answering(SWITCHING + b"\r\n", context)
    found = probed(url)
    assert found.error.startswith("certificate refused: ")
    assert found.connect is not None
    found = probed(url, TRUSTING)
    assert found.error == ""
    assert found.tls is not None


def test_a_name_without_an_address_is_named() -> None:
    assert probed("ws://nowhere.invalid/").error.startswith("no address for nowhere.invalid (")


def test_more_regions_than_are_probed_at_once_are_probed_in_time(answering: Answering) -> None:
    url = answering(b"")  # accepts, and says nothing
    regions = [Region(f"region-{number}", url) for number in range(AT_ONCE + 1)]
    found = probe(regions, HURRIED)
    assert [each.region for each in found] == [region.name for region in regions]
    errors = [each.error for each in found]
    # Those probed side by side fail by themselves; one after another, only the first of them would.
    assert errors.count("not open after 0.5 s, still waiting for the upgrade") >= AT_ONCE
    assert set(errors) <= {
        "not open after 0.5 s, still waiting for the upgrade",
        "no result within 1 s",
    }


def test_the_session_is_not_sent() -> None:
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with listener.accept()[0] as client:
                seen.append(client.recv(4096))
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        probed(f"ws://127.0.0.1:{listener.getsockname()[1]}/socket.io/?EIO=4&transport=websocket")
        thread.join(5)
    assert seen[0].startswith(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n")
    assert b"User-Agent: test" in seen[0]
    assert CANARY.encode() not in seen[0]


def test_no_regions_need_no_probes() -> None:
    assert probe([], SETTINGS) == []
