import http.client
import io
import string

import pytest
from hypothesis import given, strategies as st

from actors.transport.address import check_origin, header_problems, is_loopback, split_url

CANARY = "s3cr3t-canary"
ALPHANUMERIC = string.ascii_lowercase + string.digits
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?|\[[0-9a-f:]{2,20}::1\]", fullmatch=True)
PATHS = st.text(alphabet=ALPHANUMERIC + "/=&%.~-_", max_size=30)
UNPRINTABLE = st.characters(exclude_characters=[chr(code) for code in range(0x21, 0x7F)])
NAMES = st.text(alphabet=ALPHANUMERIC + "!#$%&'*+.^_`|~-", min_size=1, max_size=20)
VALUES = st.text(
    alphabet=[chr(code) for code in range(0x20, 0x7F)] + ["\t", "\r", "\n", "\0", "é"], max_size=40
)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("ws://localhost/", "localhost", None),
        ("wss://a.example:8443/socket.io/?EIO=4&transport=websocket", "a.example", 8443),
        ("wss://[::1]:1/", "::1", 1),
        ("WSS://A.Example", "a.example", None),
    ],
)
def test_a_websocket_url_is_split(url: str, host: str, port: int | None) -> None:
    parts = split_url(url)
    assert (parts.hostname, parts.port) == (host, port)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with wss:// or ws://"),
        ("localhost", "must begin with wss:// or ws://"),
        ("http://localhost/", "must begin with wss:// or ws://"),
        ("ws://", "has no host"),
        ("wss:///path", "has no host"),
        ("wss://:443/", "has no host"),
        ("ws://localhost:0/", "is not a URL with a usable host and port"),
        ("ws://localhost:x/", "is not a URL with a usable host and port"),
        ("ws://localhost:65536/", "is not a URL with a usable host and port"),
        ("ws://[::1/", "is not a URL with a usable host and port"),
        (f"ws://user:{CANARY}@host/", "must have no user, password or #fragment"),
        ("ws://@host/", "must have no user, password or #fragment"),
        ("ws://host/#part", "must have no user, password or #fragment"),
        ("ws://host/#", "must have no user, password or #fragment"),
        (f"ws://host/ {CANARY}", "must have no spaces and only ASCII (write a host in punycode)"),
        ("ws://host/\r\nX: 1", "must have no spaces and only ASCII (write a host in punycode)"),
        ("ws://host/\x00", "must have no spaces and only ASCII (write a host in punycode)"),
        ("ws://hôst/", "must have no spaces and only ASCII (write a host in punycode)"),
    ],
)
def test_another_url_is_refused_with_the_reason_and_without_its_text(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        split_url(url)
    assert str(caught.value) == problem


@given(HOSTS, st.none() | st.integers(1, 65535), PATHS, PATHS)
def test_every_host_port_path_and_query_comes_back_as_it_was(
    host: str, port: int | None, path: str, query: str
) -> None:
    at = "" if port is None else f":{port}"
    try:
        parts = split_url(f"wss://{host}{at}/{path}?{query}")
    except ValueError:
        assert host.startswith("[")  # what looks like an IPv6 address is none
        return
    assert (parts.hostname, parts.port) == (host.strip("[]"), port)
    assert (parts.path, parts.query) == (f"/{path}", query)


@given(PATHS, UNPRINTABLE, PATHS)
def test_no_character_that_could_end_the_request_line_gets_into_it(
    before: str, character: str, after: str
) -> None:
    with pytest.raises(ValueError, match="must have no spaces and only ASCII"):
        split_url(f"wss://host/{before}{character}{after}")


@pytest.mark.parametrize("origin", ["https://example.com", "http://localhost:8080"])
def test_an_origin_is_scheme_and_host(origin: str) -> None:
    check_origin(origin)


@pytest.mark.parametrize(
    ("origin", "problem"),
    [
        ("", "is not an origin"),
        ("example.com", "is not an origin"),
        ("wss://example.com", "is not an origin"),
        ("https://", "is not an origin"),
        ("https://example.com/", "must be scheme and host only"),
        ("https://example.com?", "must be scheme and host only"),
        ("HTTPS://example.com", "must be scheme and host only"),
        ("https://user@example.com", "must be scheme and host only"),
        ("https://example.com\r\nX: 1", "must have no spaces"),
        ("https://example.com:0", "is not a URL with a usable host and port"),
    ],
)
def test_anything_more_or_less_is_no_origin(origin: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"):
        check_origin(origin)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is not a header's name"),
        ("X Y", "is not a header's name"),
        ("X:", "is not a header's name"),
        ("X\r\nY", "is not a header's name"),
        ("Höst", "is not a header's name"),
        ("Host", "belongs to the WebSocket handshake"),
        ("CONNECTION", "belongs to the WebSocket handshake"),
        ("upgrade", "belongs to the WebSocket handshake"),
        ("Origin", "belongs to the WebSocket handshake"),
        ("Content-Length", "belongs to the WebSocket handshake"),
        ("transfer-encoding", "belongs to the WebSocket handshake"),
        ("Sec-WebSocket-Key", "belongs to the WebSocket handshake"),
        ("sec-websocket-extensions", "belongs to the WebSocket handshake"),
    ],
)
def test_a_name_that_is_none_or_the_handshakes_own_is_a_problem(name: str, problem: str) -> None:
    assert list(header_problems({name: "1", "X-Name": "1"})) == [(name, problem)]


@pytest.mark.parametrize(
    "value", ["a\r\nX: 1", "a\nb", "a\rb", "\x00", "a\x7f", " a", "a ", "\ta", " ", "naïve", "\udcff"]
)
def test_a_value_that_could_add_a_field_or_be_read_in_two_ways_is_a_problem(value: str) -> None:
    problem = "has a line break, a space at an end or a character that is not ASCII"
    assert list(header_problems({"X-Name": value})) == [("X-Name", problem)]


def test_a_name_in_two_spellings_is_a_problem_of_the_second() -> None:
    problems = list(header_problems({"Cookie": "a", "cookie": "b"}))
    assert problems == [("cookie", "is there twice, in upper and lower case")]


def test_every_problem_is_reported() -> None:
    assert [name for name, _ in header_problems({"a b": "", "ok": "", "host": "", "c": "\n"})] == [
        "a b",
        "host",
        "c",
    ]


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_has_no_problem_is_read_by_an_http_server_as_it_was_meant(fields: dict[str, str]) -> None:
    bad = {name for name, _ in header_problems(fields)}
    good = {name: value for name, value in fields.items() if name not in bad}
    head = "".join(f"{name}: {value}\r\n" for name, value in good.items()) + "\r\n"
    assert http.client.parse_headers(io.BytesIO(head.encode("ascii"))).items() == list(good.items())


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("::", False),
        ("localhost.example", False),
        ("example.com", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here
