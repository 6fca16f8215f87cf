import base64
import contextlib
import datetime as dt
import hashlib
import re
import selectors
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
import trustme
from websocket import _handshake
from websocket._cookiejar import SimpleCookieJar

from actors.errors import DialFailed
from actors.transport.socket_transport import SocketTransport
from actors.transport.tls import client_context
from actors.transport.trace import DialStep, DialTrace
from actors.transport.websocket import dial

WAIT = 5.0
CANARY = "s3cr3t-canary"

Handler = Callable[[socket.socket], None]


@contextlib.contextmanager
def serve(handle: Handler, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server for one connection, at the address it gives as ``host:port``."""

    def run() -> None:
        connection, _ = listener.accept()
        with contextlib.suppress(OSError), connection:
            connection.settimeout(WAIT)
            if context is None:
                handle(connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secured:
                    handle(secured)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT)
        thread = threading.Thread(target=run)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}"
        thread.join(WAIT)
        assert not thread.is_alive()


def request_of(connection: socket.socket) -> str:
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        request += piece
    return request.decode()


def hold(connection: socket.socket) -> None:
    """Until the client is gone."""
    while connection.recv(4096):
        pass


def accept_for(request: str) -> str:
    key = re.search("Sec-WebSocket-Key: (.*)\r\n", request)
    assert key is not None
    digest = hashlib.sha1((key[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def upgrade(
    *, version: str = "1.1", extra: str = "", then: bytes = b"", accept: Callable[[str], str] = accept_for
) -> Handler:
    def handle(connection: socket.socket) -> None:
        request = request_of(connection)
        answer = (
            f"HTTP/{version} 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
            "Connection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept(request)}\r\n{extra}\r\n"
        )
        connection.sendall(answer.encode() + then)
        hold(connection)

    return handle


def answer(data: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(data)
        hold(connection)

    return handle


def refusal(url: str, **options: object) -> DialFailed:
    with pytest.raises(DialFailed) as caught:
        dial(url, **{"timeout": WAIT, **options})  # type: ignore[arg-type]
    return caught.value


def refusal_of(handle: Handler, **options: object) -> DialFailed:
    with serve(handle) as address:
        return refusal(f"ws://{address}/", **options)


def read(transport: SocketTransport) -> bytes:
    """Whatever comes first."""
    with selectors.DefaultSelector() as selector:
        selector.register(transport, selectors.EVENT_READ)
        while not (data := transport.read()):
            assert selector.select(WAIT)
    return data


# The request


def test_the_request_says_what_was_asked_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[str] = []
    jar = SimpleCookieJar()
    jar.set(f"session={CANARY}; domain=localhost")
    monkeypatch.setattr(_handshake, "CookieJar", jar)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    def accept(request: str) -> str:
        requests.append(request)
        return accept_for(request)

    with serve(upgrade(accept=accept)) as address:
        headers = {"User-Agent": "Mozilla/5.0", "X-Name": "a, b"}
        url = f"ws://{address}/socket.io/?EIO=4&transport=websocket"
        dial(url, timeout=WAIT, origin="https://example.com", headers=headers).close()

    request, *fields = requests[0].removesuffix("\r\n\r\n").split("\r\n")
    assert request == "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"
    assert sorted(field for field in fields if not field.startswith("Sec-WebSocket-Key: ")) == [
        "Connection: Upgrade",
        f"Host: {address}",
        "Origin: https://example.com",
        "Sec-WebSocket-Version: 13",
        "Upgrade: websocket",
        "User-Agent: Mozilla/5.0",
        "X-Name: a, b",
    ]


@pytest.mark.parametrize(
    ("path", "options", "reason"),
    [
        ("/\r\nX-Injected: 1", {}, "the URL must have no spaces"),
        ("/#fragment", {}, "the URL must have no user"),
        ("/", {"origin": "https://a\r\nX-Injected: 1"}, "the origin must have no spaces"),
        ("/", {"headers": {"X-Name": f"{CANARY}\r\nX-Injected: 1"}}, "header 'X-Name' has a line break"),
        ("/", {"headers": {"X\r\nY": "1"}}, r"header 'X\r\nY' is not a header's name"),
        (
            "/",
            {"headers": {"Content-Length": "1"}},
            "header 'Content-Length' belongs to the WebSocket handsh",
        ),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_before_anything_is_sent(
    path: str, options: dict[str, object], reason: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failure = refusal(f"ws://localhost:{listener.getsockname()[1]}{path}", **options)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert str(failure).startswith(reason)
    assert CANARY not in str(failure)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", f"{'a' * 64}.com"])
def test_a_name_without_an_address_is_a_failed_dial(host: str) -> None:
    assert str(refusal(f"ws://{host}/")).startswith(f"no address for {host} (")


def test_a_port_without_a_listener_is_a_failed_dial() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert str(refusal(f"ws://127.0.0.1:{port}/")) == "Connection refused while connecting"


# The answer


def test_bytes_right_behind_the_answer_are_not_lost() -> None:
    with serve(upgrade(then=b"\x81\x05hello")) as address:
        transport = dial(f"ws://{address}/", timeout=WAIT)
        assert read(transport) == b"\x81\x05hello"
        transport.close()


def test_the_open_socket_neither_blocks_nor_delays() -> None:
    with serve(upgrade()) as address:
        transport = dial(f"ws://{address}/", timeout=WAIT)
        assert transport.read() == b""
        assert isinstance(transport._sock, socket.socket)
        assert transport._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert transport._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000
        transport.close()


def test_a_second_address_is_tried_when_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed, serve(upgrade()) as address:
        dead = closed.getsockname()
        closed.close()
        alive = ("127.0.0.1", int(address.split(":")[1]))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in (dead, alive)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        dial(f"ws://{address}/", timeout=WAIT).close()


def test_a_second_address_is_tried_when_the_system_lacks_the_family_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As IPv6 is to a kernel without it: there can be no such socket at all."""
    no_family = 250
    with pytest.raises(OSError, match=r".+"):
        socket.socket(no_family, socket.SOCK_STREAM)
    with serve(upgrade()) as address:
        alive = ("127.0.0.1", int(address.split(":")[1]))
        found = [(family, socket.SOCK_STREAM, 6, "", alive) for family in (no_family, socket.AF_INET)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        dial(f"ws://{address}/", timeout=WAIT).close()


def test_an_answer_in_another_protocol_is_not_waited_for_to_its_end() -> None:
    assert str(refusal_of(answer(b"220 mail ready\r\n"))) == "the answer is not HTTP"


@pytest.mark.parametrize(
    "status", ["200 OK", "302 Found", "307 Temporary Redirect", "403 Forbidden", "429 Slow down"]
)
def test_any_other_status_is_named_and_its_content_is_not(status: str) -> None:
    page = (
        f"HTTP/1.1 {status}\r\nLocation: ws://127.0.0.1:9/{CANARY}\r\nContent-Length: 1000000000\r\n"
        f"Set-Cookie: id={CANARY}; domain=localhost\r\n\r\n{CANARY}" + CANARY * 10_000
    )
    failure = refusal_of(answer(page.encode()))
    assert failure.status == int(status[:3])
    assert str(failure) == f"HTTP status {status[:3]} instead of an upgrade"
    assert failure.__context__ is None  # it would hold the page
    assert not _handshake.CookieJar.jar


@pytest.mark.parametrize(
    ("status", "seconds"),
    [("429 Slow down", 7.0), ("503 Later", 7.0), ("403 Forbidden", None), ("200 OK", None)],
)
def test_only_a_server_that_is_too_busy_may_set_a_retry_after(status: str, seconds: float | None) -> None:
    failure = refusal_of(answer(f"HTTP/1.1 {status}\r\nRetry-After: 7\r\n\r\n".encode()))
    assert failure.retry_after == seconds
    assert str(failure).endswith(" instead of an upgrade (Retry-After: 7 s)") == (seconds is not None)


def test_a_server_that_is_too_busy_need_not_set_a_retry_after() -> None:
    failure = refusal_of(answer(b"HTTP/1.1 429 Slow down\r\n\r\n"))
    assert (failure.status, failure.retry_after) == (429, None)


REFUSED_UPGRADES = {
    "another key": upgrade(accept=lambda _: accept_for("Sec-WebSocket-Key: x\r\n")),
    "the key in capitals": upgrade(accept=lambda request: accept_for(request).upper()),
    "no key": upgrade(accept=lambda _: ""),
    "HTTP/1.0": upgrade(version="1.0"),
    "an extension": upgrade(extra="Sec-WebSocket-Extensions: permessage-deflate\r\n"),
    "a subprotocol": upgrade(extra="sec-websocket-protocol : chat\r\n"),
    "another upgrade": upgrade(extra="Upgrade: h2c\r\n"),
    "a line that is no header": upgrade(extra="nonsense\r\n"),
    "a line of spaces": upgrade(extra="  \r\n"),
    "a header that is no text": answer(b"HTTP/1.1 101 Go\r\nX: \xff\r\n\r\n"),
    "another protocol": answer(b"220 mail ready\r\n"),
    "a status of words": answer(b"HTTP/1.1 yes\r\n\r\n"),
    "a bare 101": answer(b"HTTP/1.1 101\r\n\r\n"),
}


@pytest.mark.parametrize("handle", REFUSED_UPGRADES.values(), ids=REFUSED_UPGRADES)
def test_an_upgrade_that_breaks_a_rule_is_refused(handle: Handler) -> None:
    assert refusal_of(handle).status is None


def test_a_set_cookie_in_the_answer_reaches_no_jar() -> None:
    with serve(upgrade(extra="Set-Cookie: id=1; domain=localhost\r\n")) as address:
        dial(f"ws://{address}/", timeout=WAIT).close()
    assert not _handshake.CookieJar.jar


def test_a_header_may_be_long() -> None:
    with serve(upgrade(extra="X-Filler: x\r\n" * 1000)) as address:
        dial(f"ws://{address}/", timeout=WAIT).close()


def test_an_endless_header_is_cut_off() -> None:
    endless = answer(b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Filler: x\r\n" * 1300)
    assert str(refusal_of(endless)) == "the header of the answer is longer than 16384 bytes"


def test_an_end_inside_the_header_is_a_failed_dial() -> None:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 101 Swit")

    assert str(refusal_of(handle)) == "the peer ended the stream during the upgrade"


# The deadline


def dribble(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Filler: x\r\n" * 1000:
        connection.sendall(bytes((byte,)))
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("scheme", "handle", "step"),
    [
        ("ws", hold, "waiting for the upgrade"),
        ("ws", dribble, "waiting for the upgrade"),
        ("wss", hold, "starting TLS"),
    ],
)
def test_one_deadline_holds_over_all_steps(scheme: str, handle: Handler, step: str) -> None:
    started = time.monotonic()
    with serve(handle) as address:
        failure = refusal(f"{scheme}://{address}/", timeout=0.3)
    # The kernel's clock cannot be moved by hand. The dribbled header takes 13 s: a limit for each wait would
    # let it come to its end.
    assert time.monotonic() - started < 2
    assert str(failure) == f"not open after 0.3 s, still {step}"


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = client_context(verify=True)
    authority.configure_trust(context)
    return context


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_tls_with_a_known_authority_opens(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    server = server_context(authority.issue_cert("localhost"))
    with serve(upgrade(then=b"\x81\x05hello"), server) as address:
        transport = dial(f"wss://{address}/", timeout=WAIT, ssl_context=trusting)
        assert read(transport) == b"\x81\x05hello"
        transport.close()


def test_what_openssl_has_decrypted_already_comes_with_the_first_read(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    server = server_context(authority.issue_cert("localhost"))
    behind = b"\x82\x7e\x2e\xe0" + bytes(12_000)  # in one TLS record with the answer
    with serve(upgrade(then=behind), server) as address:
        transport = dial(f"wss://{address}/", timeout=WAIT, ssl_context=trusting)
        assert transport.read() == behind
        transport.close()


def test_any_certificate_will_do_when_verification_is_waived() -> None:
    server = server_context(trustme.CA().issue_cert("elsewhere.example"))
    with serve(upgrade(), server) as address:
        dial(f"wss://{address}/", timeout=WAIT, ssl_context=client_context(verify=False)).close()


def test_an_unknown_authority_is_refused_by_default() -> None:
    server = server_context(trustme.CA().issue_cert("localhost"))
    with serve(upgrade(), server) as address:
        assert "certificate refused: unable to get local issuer" in str(refusal(f"wss://{address}/"))


def test_a_certificate_for_another_host_is_refused(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    server = server_context(authority.issue_cert("elsewhere.example"))
    with serve(upgrade(), server) as address:
        failure = refusal(f"wss://{address}/", ssl_context=trusting)
    assert "certificate refused: Hostname mismatch" in str(failure)


def test_an_expired_certificate_is_refused(authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    server = server_context(authority.issue_cert("localhost", not_after=yesterday))
    with serve(upgrade(), server) as address:
        failure = refusal(f"wss://{address}/", ssl_context=trusting)
    assert str(failure) == "certificate refused: certificate has expired"


def test_a_server_without_tls_is_refused(trusting: ssl.SSLContext) -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        hold(connection)

    with serve(handle) as address:
        assert str(refusal(f"wss://{address}/", ssl_context=trusting)).startswith("TLS failed: ")


def outdated(context: ssl.SSLContext) -> ssl.SSLContext:
    """With all that OpenSSL still has from before TLS 1.2; its security levels above 0 have none of it."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.mark.parametrize("level", [None, 0])
def test_tls_older_than_1_2_is_refused(
    authority: trustme.CA, trusting: ssl.SSLContext, level: int | None
) -> None:
    """Without OpenSSL's own security level too, so that only what we demand can refuse it."""
    server = outdated(server_context(authority.issue_cert("localhost")))
    with serve(upgrade(), server) as address:
        try:
            anything = outdated(client_context(verify=False))
            dial(f"wss://{address}/", timeout=WAIT, ssl_context=anything).close()
        except DialFailed as error:
            pytest.skip(f"{ssl.OPENSSL_VERSION} does not speak TLS 1.1 with itself: {error}")
    ours = trusting
    if level is not None:
        ours = client_context(verify=False)
        ours.set_ciphers(f"ALL:@SECLEVEL={level}")
    with serve(upgrade(), server) as address:
        failure = refusal(f"wss://{address}/", ssl_context=ours)
    assert str(failure).startswith("TLS failed: ")
    assert "version" in str(failure).lower()


# The trace


def traced(
    handle: Handler, context: ssl.SSLContext | None = None, scheme: str = "ws", timeout: float = WAIT
) -> DialTrace:
    """Of a dial, whether it opens or not."""
    trace = DialTrace()
    with serve(handle, context) as address, contextlib.suppress(DialFailed):
        unverified = client_context(verify=False)
        dial(f"{scheme}://{address}/", timeout=timeout, ssl_context=unverified, trace=trace).close()
    return trace


def test_a_trace_has_the_time_of_each_step_and_the_answers_header() -> None:
    trace = traced(upgrade(extra="Date: today\r\nSet-Cookie: id=1\r\n"))
    assert list(trace.seconds) == [DialStep.LOOK_UP, DialStep.CONNECT, DialStep.UPGRADE]
    assert all(seconds > 0 for seconds in trace.seconds.values())
    assert trace.answer["date"] == "today"
    assert "set-cookie" not in trace.answer


def test_the_trace_of_a_secured_dial_has_its_tls_too() -> None:
    server = server_context(trustme.CA().issue_cert("localhost"))
    assert list(traced(upgrade(), server, "wss").seconds) == list(DialStep)


def test_an_upgrade_that_is_refused_is_complete_and_its_header_there() -> None:
    trace = traced(answer(b"HTTP/1.1 403 Forbidden\r\nDate: today\r\n\r\n"))
    assert list(trace.seconds) == [DialStep.LOOK_UP, DialStep.CONNECT, DialStep.UPGRADE]
    assert trace.answer == {"date": "today"}


@pytest.mark.parametrize(
    ("scheme", "step"), [("ws", DialStep.UPGRADE), ("wss", DialStep.TLS)], ids=["upgrade", "tls"]
)
def test_a_step_without_an_answer_is_the_traces_last_and_has_no_time(scheme: str, step: DialStep) -> None:
    trace = traced(hold, scheme=scheme, timeout=0.3)
    assert list(trace.seconds) == [DialStep.LOOK_UP, DialStep.CONNECT]
    assert trace.step is step


def test_an_address_that_refuses_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", dead)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    trace = DialTrace()
    with pytest.raises(DialFailed):
        dial("ws://localhost/", timeout=WAIT, trace=trace)
    assert list(trace.seconds) == [DialStep.LOOK_UP]
    assert trace.step is DialStep.CONNECT
