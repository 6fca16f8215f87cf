"""Dials through proxies that are real servers."""

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator

import pytest
import trustme

from actors.errors import DialFailed
from actors.transport.address import parse_proxy
from actors.transport.socket_transport import SocketTransport
from actors.transport.tls import client_context
from actors.transport.trace import DialStep, DialTrace
from actors.transport.websocket import dial
from tests.actors.transport.test_websocket import WAIT, read, serve, server_context, upgrade
from tests.doubles.proxy_server import ProxyServer

USER, PASSWORD = "ann", "s3cr3t-canary/@:%"
ENCODED = f"{USER}:s3cr3t-canary%2F%40%3A%25"
SCHEMES = pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
GREETING = b"\x81\x05hello"


def through(proxy: str, address: str, *, timeout: float = WAIT, secured: bool = False) -> SocketTransport:
    context = client_context(verify=False)
    return dial(
        f"{'wss' if secured else 'ws'}://{address}/",
        timeout=timeout,
        ssl_context=context,
        proxy=parse_proxy(proxy),
        proxy_context=context,
    )


def refused(proxy: str, address: str = "localhost:9", timeout: float = WAIT) -> str:
    with pytest.raises(DialFailed) as caught:
        through(proxy, address, timeout=timeout)
    assert caught.value.status is None
    assert "canary" not in repr(caught.value)
    return str(caught.value)


@pytest.fixture
def certificate() -> ssl.SSLContext:
    return server_context(trustme.CA().issue_cert("localhost"))


@SCHEMES
@pytest.mark.parametrize("secured", [False, True], ids=["ws", "wss"])
@pytest.mark.parametrize("credentials", ["", ENCODED], ids=["open", "with a login"])
def test_a_dial_goes_through_the_proxy(
    scheme: str, secured: bool, credentials: str, certificate: ssl.SSLContext
) -> None:
    expected = f"{USER}:{PASSWORD}" if credentials else ""
    with (
        ProxyServer(scheme, credentials=expected) as proxy,
        serve(upgrade(then=GREETING), certificate if secured else None) as address,
    ):
        transport = through(
            proxy.url_with(credentials) if credentials else proxy.url, address, secured=secured
        )
        assert read(transport) == GREETING
        transport.close()
    host, _, port = address.partition(":")
    assert proxy.targets == [(host, int(port))]  # the name, which the proxy looks up


@pytest.mark.parametrize("secured", [False, True], ids=["ws", "wss"])
def test_a_proxy_is_reached_by_tls_too(secured: bool, certificate: ssl.SSLContext) -> None:
    behind = GREETING + bytes(200_000)
    with (
        ProxyServer("https", context=certificate) as proxy,
        serve(upgrade(then=behind), certificate if secured else None) as address,
    ):
        transport = through(proxy.url, address, secured=secured)
        got = read(transport)
        while len(got) < len(behind):
            got += read(transport)
        assert got == behind
        transport.write(bytes(500_000))  # more than the sockets take at once
        until = time.monotonic() + WAIT
        while transport.wants_write:
            assert time.monotonic() < until
            transport.flush()
        transport.abort()


def test_an_address_is_given_to_socks_as_one() -> None:
    with ProxyServer("socks5") as proxy, serve(upgrade()) as address:
        port = address.partition(":")[2]
        through(proxy.url, f"127.0.0.1:{port}").close()
    assert proxy.targets == [("127.0.0.1", int(port))]


@SCHEMES
def test_wrong_credentials_are_named_without_them(scheme: str) -> None:
    with ProxyServer(scheme, credentials="ann:another") as proxy:
        text = refused(proxy.url_with(ENCODED))
        none = refused(proxy.url)
    assert text.startswith(f"the proxy {proxy.url}: refuses the user or the password")
    assert none.startswith(f"the proxy {proxy.url}: asks for a user and a password")


def test_an_answer_that_is_no_tunnel_is_named() -> None:
    with ProxyServer(refuses=403) as proxy:
        assert refused(proxy.url) == f"the proxy {proxy.url}: answers HTTP status 403 instead of a tunnel"
    with ProxyServer("socks5", refuses=2) as proxy:
        assert refused(proxy.url) == f"the proxy {proxy.url}: does not allow this connection"
    with ProxyServer("socks5", refuses=99) as proxy:
        assert refused(proxy.url).endswith("answers with an unknown error (99)")


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_that_is_down_is_named(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"{scheme}://127.0.0.1:{port}"
    assert refused(url) == f"the proxy {url}: Connection refused while connecting"
    assert refused(f"{scheme}://{ENCODED}@nowhere.invalid:1").startswith(
        f"the proxy {scheme}://nowhere.invalid:1: no address for nowhere.invalid ("
    )


@pytest.mark.parametrize(
    ("scheme", "step"),
    [("http", "waiting for the tunnel"), ("socks5", "waiting for the tunnel"), ("https", "starting TLS")],
)
def test_a_silent_proxy_is_given_up_in_time(scheme: str, step: str) -> None:
    started = time.monotonic()
    with ProxyServer(scheme, silent=True) as proxy:
        assert refused(proxy.url, timeout=0.3) == f"the proxy {proxy.url}: not open after 0.3 s, still {step}"
    assert time.monotonic() - started < 3


@SCHEMES
def test_a_proxy_that_dribbles_gets_no_more_time_than_one_that_is_silent(scheme: str) -> None:
    def dribble(connection: socket.socket) -> None:
        answer = b"HTTP/1.1 200 OK\r\n" if scheme == "http" else b"\x05\x00\x05\x00\x00\x03\xff"
        connection.recv(4096)
        for byte in answer + b"x" * 100:
            connection.sendall(bytes([byte]))
            if select.select([connection], [], [], 0.1)[0] and not connection.recv(4096):
                return

    started = time.monotonic()
    with serve(dribble) as address:
        text = refused(f"{scheme}://{address}", timeout=0.5)
    assert text.endswith("not open after 0.5 s, still waiting for the tunnel")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("Proxy-Authenticate: NTLM\r\nproxy-authenticate: Digest realm=x", "asks for another way to log in"),
        ("Proxy-Authenticate: Digest realm=x, Basic realm=x", "refuses the user or the password"),
    ],
)
def test_a_proxy_without_basic_credentials_says_so(fields: str, text: str) -> None:
    with saying(f"HTTP/1.1 407 No\r\n{fields}\r\n\r\n".encode()) as address:
        assert refused(f"http://{ENCODED}@{address}").startswith(f"the proxy http://{address}: {text}")


@contextlib.contextmanager
def saying(data: bytes) -> Iterator[str]:
    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with serve(handle) as address:
        yield address


@pytest.mark.parametrize(
    ("scheme", "data", "text"),
    [
        ("http", b"", "gives no tunnel: the peer ended the stream during the request for it"),
        ("http", b"SSH-2.0\r\n", "gives no tunnel: the answer is not HTTP"),
        ("http", b"HTTP/1.1 " + b"x" * 40_000, "gives no tunnel: the header of the answer is longer"),
        ("http", b"HTTP/2 200\r\n\r\n", "does not speak HTTP"),
        ("http", b"HTTP/1.1 200 OK\r\n\r\nHello", "sends data before the tunnel is used"),
        ("http", b"HTTP/1.0 302 Found\r\nLocation: http://x/\r\n\r\n", "answers HTTP status 302 instead"),
        ("socks5", b"", "ended the stream"),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak SOCKS5"),
        ("socks5", b"\x05\x01", "chose a way to log in that was not offered"),
        ("socks5", b"\x05\x02", "chose a way to log in that was not offered"),
    ],
)
def test_what_is_no_proxy_is_named(scheme: str, data: bytes, text: str) -> None:
    with saying(data) as address:
        assert refused(f"{scheme}://{address}").startswith(f"the proxy {scheme}://{address}: {text}")


def test_the_certificate_of_a_proxy_is_checked(certificate: ssl.SSLContext) -> None:
    with ProxyServer("https", context=certificate) as proxy, pytest.raises(DialFailed) as caught:
        dial("ws://localhost:9/", timeout=WAIT, proxy=parse_proxy(proxy.url))
    assert str(caught.value).startswith(f"the proxy {proxy.url}: certificate refused: ")


def test_what_fails_behind_the_tunnel_is_not_blamed_on_the_proxy(certificate: ssl.SSLContext) -> None:
    for scheme, outer in (("http", None), ("https", certificate)):
        with (
            ProxyServer(scheme, context=outer) as proxy,
            serve(upgrade(), certificate) as address,
        ):
            way, context = parse_proxy(proxy.url), client_context(verify=False)
            with pytest.raises(DialFailed) as caught:
                dial(f"wss://{address}/", timeout=WAIT, proxy=way, proxy_context=context)
        assert str(caught.value).startswith("certificate refused: ")
        assert str(caught.value).endswith(f" (through the proxy {proxy.url})")


def test_the_steps_through_a_proxy_are_timed(certificate: ssl.SSLContext) -> None:
    trace = DialTrace()
    with ProxyServer() as proxy, serve(upgrade(), certificate) as address:
        context, way = client_context(verify=False), parse_proxy(proxy.url)
        dial(f"wss://{address}/", timeout=WAIT, ssl_context=context, proxy=way, trace=trace).close()
    assert list(trace.seconds) == list(DialStep)
