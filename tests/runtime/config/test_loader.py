"""Every refusal, at its line and column; and that a secret is in none of them."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from actors.errors import ConfigInvalid
from actors.transport.connecting import SEND_STALL_MS
from actors.values import AccountKind
from runtime.config import Config, Rate, RegionEntry, load, load_text
from runtime.config.models import GIVEN_UP_AFTER

SHIPPED = Path(__file__).parents[3] / "configs" / "pocketoption.yaml"
TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
DEMO = f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2}}]'
LIVE = DEMO.replace('"isDemo":1', '"isDemo":0')
DEMO_REGIONS = "regions: {demo: [{name: a, url: 'wss://demo-api-eu.po.market/'}]}\n"
LIVE_REGIONS = "regions: {live: [{name: a, url: 'wss://api-eu.po.market/'}]}\n"


def read(text: str, folder: Path = Path()) -> Config:
    return load_text(text, "x.yaml", folder)


def outcome(text: str, folder: Path = Path()) -> Config | ConfigInvalid:
    try:
        return read(text, folder)
    except ConfigInvalid as refusal:
        return refusal


def problems(text: str, folder: Path = Path()) -> list[str]:
    """What is wrong with ``text``, without the file's name."""
    refusal = outcome(text, folder)
    assert isinstance(refusal, ConfigInvalid)
    assert TOKEN not in str(refusal)
    assert refusal.__context__ is None
    return [problem.removeprefix("x.yaml:") for problem in refusal.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: is empty"),
        ("# nothing\n", "1:1: is empty"),
        ("---\n...\n", "1:1: is empty"),
        ("\n- 1\n", "2:1: must be a mapping"),
        ("hello", "1:1: must be a mapping"),
        ("pool: {}\nlog: {}\npool: {}\n", "3:1: pool: is a duplicate key, first on line 1"),
        (
            "pool:\n  workers: 1\n  workers: [2, [3]]",
            "3:3: pool.workers: is a duplicate key, first on line 2",
        ),
        ("pool: &p {workers: 1}", "1:7: pool: has an anchor"),
        ("pool: *p", "1:7: pool: is an alias"),
        ("pool: !!python/object:os.system {}", "1:7: pool: has a tag"),
        ("pool: !!map {workers: 1}", "1:7: pool: has a tag"),
        ("pool:\n  workers: !!int 3", "2:12: pool.workers: has a tag"),
        ("pool:\n  <<: {workers: 1}", "2:3: pool.?: has a merge key"),
        ("pool:\n  ? [a]\n  : 1", "2:5: pool: has a key that is not plain text"),
        ("pool:\n  *a : 1", "2:3: pool: is an alias"),
        ("log: {}\n---\npool: {}", "2:1: a second document begins here"),
        ("log:\n  level: IN\x00FO", "2:12: has a control character here"),
        ("log:\r\n  level: IN\u2028FO", "2:12: has a control character here"),
        ("log: {}\rpool: {}", "1:8: has a control character here"),
        ('log:\n  level: "IN\\eFO"', "2:10: log.level: has a control character or a byte that is not UTF-8"),
        ('log: {level: "\\ud800"}', "1:14: log.level: has a control character or a byte that is not UTF-8"),
        ("pool: " + "[" * 100, "1:38: is nested deeper than 32 levels"),
        ("reconnect:\n  jitter: no", "2:11: reconnect.jitter: is a boolean to some and text to others"),
        ("reconnect: {jitter: True}", "1:21: reconnect.jitter: is a boolean to some and text to others"),
        ("streams: [{asset: On}]", "1:19: streams[0].asset: is a boolean to some and text to others"),
        ("pool: {workers: 010}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: 99999999999999999999}", "1:17: pool.workers: is too large a number"),
        (f"pool: {{workers: {'9' * 60}}}", "1:17: pool.workers: is too large a number"),
        ("health: {stale_after: 99999999999999999999.5}", "1:23: health.stale_after: is too large a number"),
        (
            "streams:\n  - {asset: #AAPL_otc, period: 60}\n  - {asset: EURUSD_otc}\n",
            "2:13: # begins a comment here (put it in quotes: asset: '#AAPL_otc')",
        ),
        (
            "streams:\n  - {period: 60, asset: #AAPL_otc}\nlog:\n  level: INFO\n",
            "2:25: # begins a comment here",
        ),
        ("streams: [{asset: '#AAPL_otc'}] # {asset: #A}\nlog: {level: [}\n", "2:15: is not valid YAML"),
        ("pool: {workers: 0x1f}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: 1_0}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: 1:30}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: 1e3}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: .inf}", "1:17: pool.workers: is not a plain decimal number"),
        ("pool: {workers: -.NaN}", "1:17: pool.workers: is not a plain decimal number"),
        (
            "streams:\n  - {asset: A}\n - {asset: B}\n",
            "3:2: is not valid YAML: this item belongs to no list (indent all items of a list alike",
        ),
        ("streams: []\n- {asset: B}\n", "2:1: is not valid YAML: this item belongs to no list (indent"),
        ("pool:\n  workers: 1\n mode: x\n", "3:2: is not valid YAML: this key belongs to no mapping"),
        ("pool: {workers: 1\nlog: {}\n", "2:4: is not valid YAML: before this, a comma or } is missing"),
        ("pool: {workers: 1}}\n", "1:19: is not valid YAML: } closes no bracket"),
        ("log: {level: 'a}\n", "2:1: is not valid YAML: a quote is not closed"),
        ("pool: [\n", "2:1: is not valid YAML: "),
        (
            "log:\n\tlevel: INFO",
            "2:1: is not valid YAML: found character '\\t' that cannot start any token (indent",
        ),
        ("a: custom: m:f", "1:10: is not valid YAML: mapping values are not allowed here (put a value that"),
        ('a: "\\UFFFFFFFF"', "1:1: is not valid YAML: a number in an escape or directive is out of range"),
        ("%YAML " + "9" * 5000 + ".1\n---\n{}", "1:1: is not valid YAML: a number in an escape or dir"),
    ],
)
def test_ambiguous_and_dangerous_yaml_is_refused(text: str, problem: str) -> None:
    (only,) = problems(text)
    assert only.startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config_version: 2", "1:17: config_version: must be 1 (this release reads no other version)"),
        ("config_version: x", "1:17: config_version: is not a whole number"),
        ("pol:\n  workers: 1", "1:1: pol: is no known key (did you mean pool?)"),
        ("pool:\n  worker: 1", "2:3: pool.worker: is no known key (did you mean workers?)"),
        ("ping_interval: 3s", "1:1: ping_interval: is no known key (did you mean connection.ping_interval?)"),
        (
            "streams:\n- {asset: A, peroid: 1}",
            "2:14: streams[0].peroid: is no known key (did you mean period?)",
        ),
        ("pool: {zzz: 1}", "1:8: pool.zzz: is no known key"),
        ("log:", "1:5: log: has no value (remove the key, or quote the value if it begins with #)"),
        (
            "status: 8787",
            "1:9: status: must be a mapping, that is lines of `key: value`: listen, hosts, token",
        ),
        ("streams: [A]", "1:11: streams[0]: must be a mapping, that is lines of `key: value`: asset, period"),
        (
            "accounts: [{name: a, session: '', streams: [A]}]",
            "1:45: accounts[0].streams[0]: must be a mapping, that is lines of `key: value`: asset, period",
        ),
        (
            "accounts: [a]",
            "1:12: accounts[0]: must be a mapping, that is lines of `key: value`: name, session, hosts, ",
        ),
        ("streams: {}", "1:10: streams: must be a list, that is lines of `- value`"),
        ("regions: {demo: 3}", "1:17: regions.demo: must be a list, that is lines of `- value`"),
        ("streams:\n- asset: #AAPL_otc", "2:9: streams[0].asset: has no value (remove the key, or quote"),
        ("streams: [{asset: 5}]", "1:19: streams[0].asset: must be text (put it in single quotes)"),
        ("streams: [{asset: [A]}]", "1:19: streams[0].asset: must be text, and not a list"),
        ("alerts: {webhook: {url: x}}", "1:19: alerts.webhook: must be text, and not a mapping"),
        (
            "accounts: [{name: a, session: [s]}]",
            "1:31: accounts[0].session: must be text, and not a list",
        ),
        (
            "feeds: [{name: f, session: '', assets: [{asset: A}]}]",
            "1:41: feeds[0].assets[0]: must be text, and not a mapping",
        ),
        ("streams: [{asset: A B}]", "1:19: streams[0].asset: is not an asset's symbol"),
        ("streams:\n- period: 60", "2:3: streams[0].asset: is missing"),
        ("streams: [{asset: A}, {asset: B}, {asset: A}]", "1:43: streams[2].asset: is streamed already"),
        ("streams: [{asset: A, period: 1.5s}]", "1:30: streams[0].period: must be whole seconds"),
        ("streams: [{asset: A, period: 0}]", "1:30: streams[0].period: must be from 1s to 744h"),
        ("pool: {connections: 0}", "1:21: pool.connections: must be at least 1"),
        ("pool: {connections: 1025}", "1:21: pool.connections: must be at most 1024"),
        ("pool: {workers: 17}", "1:17: pool.workers: must be at most 16"),
        ("pool: {workers: -1}", "1:17: pool.workers: must be at least 0"),
        ("pool: {workers: 1.5}", "1:17: pool.workers: is not a whole number"),
        ("pool: {workers: true}", "1:17: pool.workers: is not a whole number"),
        ("pool: {workers: [1]}", "1:17: pool.workers: is not a whole number"),
        ("connection: {ping_timeout: 0}", "1:28: connection.ping_timeout: must be from 1ms to 24h"),
        ("connection: {ping_timeout: 10x}", "1:28: connection.ping_timeout: is not a duration (write 250ms,"),
        ("connection: {ssl_verify: 1}", "1:26: connection.ssl_verify: must be true or false"),
        ("connection: {ssl_verify: []}", "1:26: connection.ssl_verify: must be true or false"),
        (
            "connection: {max_message_size: 4KiB}",
            "1:32: connection.max_message_size: must be from 1MiB to 1GiB",
        ),
        ("connection: {max_message_size: 20MB}", "1:32: connection.max_message_size: is not a size (write"),
        ("connection: {origin: https://a/b}", "1:22: connection.origin: must be scheme and host only"),
        ("connection: {origin: a.b}", "1:22: connection.origin: is not an origin"),
        ("reconnect:\n  reconnect_delay: 1m", "2:3: reconnect.max_delay: must not be below reconnect_delay"),
        ("reconnect: {max_delay: 10ms}", "1:24: reconnect.max_delay: must not be below reconnect_delay"),
        ("reconnect: {strategy: liner}", "1:23: reconnect.strategy: must be exponential, linear or 'custom:"),
        (
            "reconnect: {strategy: custom:x}",
            "1:23: reconnect.strategy: must be exponential, linear or 'custom:",
        ),
        (
            "reconnect: {strategy: custom:no_such:wait}",
            "1:23: reconnect.strategy: names a module that cannot be imported (ModuleNotFoundError)",
        ),
        (
            "reconnect: {strategy: custom:math:no}",
            "1:23: reconnect.strategy: names no function of its module",
        ),
        (
            "reconnect: {strategy: custom:math:pi}",
            "1:23: reconnect.strategy: names no function of its module",
        ),
        ("reconnect: {strategy: 'custom::f'}", "1:23: reconnect.strategy: names a module that cannot be"),
        (
            "supervision: {heartbeat_timeout: 1s}",
            "1:34: supervision.heartbeat_timeout: must exceed heartbeat_interval",
        ),
        ("limits: {messages: [10/s, 5]}", "1:27: limits.messages[1]: is not a rate (write 10/s, 200/min or"),
        ("limits: {messages: 10/s}", "1:20: limits.messages: must be a list, that is lines of `- value`"),
        ("batching: {batch_timeout: 2s}", "1:27: batching.batch_timeout: must be from 0s to 1s"),
        ("candles: {cache_ttl: 2d}", "1:22: candles.cache_ttl: is not a duration (write 250ms,"),
        ("candles: {cache_ttl: 25h}", "1:22: candles.cache_ttl: must be from 0s to 24h"),
        ("candles: {cache_size: 0}", "1:23: candles.cache_size: must be at least 1"),
        ("cache_ttl: 5s", "1:1: cache_ttl: is no known key (did you mean candles.cache_ttl?)"),
        ("health:\n  check_interval: 20s", "2:3: health.stale_after: must exceed check_interval"),
        ("health: {stale_after: 1s}", "1:23: health.stale_after: must exceed check_interval"),
        (
            "log: {level: info}",
            "1:14: log.level: must be one of TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, C",
        ),
        ("practice: {tick_rate: 5000/s}", "1:23: practice.tick_rate: must be from 0.01/s to 1000/s"),
        (
            "pool: {connections: 1, streams_per_connection: 1}\nstreams:\n- asset: A\n- asset: B",
            "3:1: streams: are 2, but the pool carries 1 x 1 (raise pool.connections)",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(text: str, problem: str) -> None:
    (only,) = problems(text)
    assert only.startswith(problem)


def test_the_nearest_right_level_is_suggested() -> None:
    assert problems("log: {level: info}")[0].endswith("(did you mean INFO?)")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://a.b/", "must begin with wss://"),
        ("a.b", "must begin with wss://"),
        ("wss:///socket.io/", "has no host"),
        ("wss://user:pass@a.b/", "must have no user, password or #fragment"),
        ("wss://a.b/#x", "must have no user, password or #fragment"),
        ("ws://a.b/", "sends the session in clear text"),
        ("ws://128.0.0.1/", "sends the session in clear text"),
        ("ws://localhost.a.b/", "sends the session in clear text"),
        ("wss://a.b:99999/", "is not a URL with a usable host and port"),
        ("wss://[::1/", "is not a URL with a usable host and port"),
        ("wss://a b/", "must have no spaces and only ASCII"),
        ("wss://a.b/\\r\\nX: y", "must have no spaces and only ASCII"),
        ("wss://b\u00fccher.example/", "must have no spaces and only ASCII"),
        ("", "must begin with wss://"),
        ("wss://api-eu.po.market/", "is not a host for demo sessions"),
    ],
)
def test_an_unsafe_or_unusable_url_is_refused(url: str, problem: str) -> None:
    (only,) = problems(f'regions:\n  demo:\n  - name: a\n    url: "{url}"\n')
    assert only.startswith(("4:10: regions.demo[0].url: ", "4:10: regions.demo[0].url: has"))
    assert problem in only or "control character" in only


WHOLE = "wss://a.example/socket.io/?EIO=4&transport=websocket"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("wss://a.example", WHOLE),
        ("wss://a.example/", WHOLE),
        ("wss://a.example?EIO=4&transport=websocket", WHOLE),
        ("wss://a.example/socket.io", WHOLE),
        ("wss://a.example/socket.io/", WHOLE),
        ("wss://a.example/socket.io/?EIO=4", WHOLE),
        ("wss://a.example/?transport=websocket", "wss://a.example/socket.io/?transport=websocket&EIO=4"),
        ("wss://a.example:8443/?t=x", "wss://a.example:8443/socket.io/?t=x&EIO=4&transport=websocket"),
        ("ws://[::1]:9", "ws://[::1]:9/socket.io/?EIO=4&transport=websocket"),
        ("wss://a.example/relay", "wss://a.example/relay"),
        (WHOLE, WHOLE),
    ],
)
def test_a_region_gets_what_its_url_lacks_of_the_venues_path_and_query(url: str, whole: str) -> None:
    for kind in ("demo", "live"):
        config = read(f"regions: {{{kind}: [{{name: a, url: '{url}'}}]}}")
        assert [entry.url for entry in config.regions.demo + config.regions.live] == [whole]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("EIO=3&transport=websocket", "must have EIO=4"),
        ("EIO=4&transport=polling", "must have transport=websocket"),
        ("EIO=", "must have EIO=4"),
        ("EIO=4&EIO=3", "must have EIO=4"),
    ],
)
def test_a_region_that_asks_for_another_protocol_is_refused(query: str, problem: str) -> None:
    (only,) = problems(f"regions:\n  demo:\n  - name: a\n    url: 'wss://a.example/socket.io/?{query}'\n")
    assert only.startswith(f"4:10: regions.demo[0].url: {problem}")


def test_a_dot_after_a_hosts_name_does_not_hide_whom_it_serves() -> None:
    (only,) = problems("regions: {demo: [{name: a, url: 'wss://api-eu.po.market./'}]}")
    assert only.endswith("is not a host for demo sessions")


def test_a_venue_that_names_no_path_gets_the_urls_as_they_are() -> None:
    config = read(
        "account: {venue: tests.doubles.plain_streams}\n"
        "regions: {demo: [{name: a, url: 'wss://a.example/demo'}], live: [{name: b, url: 'wss://b.example'}]}"
    )
    urls = [entry.url for entry in config.regions.demo + config.regions.live]
    assert urls == ["wss://a.example/demo", "wss://b.example"]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.9.9.9", "localhost:1", "[::1]:8080"])
def test_clear_text_is_for_loopback(host: str) -> None:
    url = f"ws://{host}/socket.io/?EIO=4&transport=websocket"
    config = read(f"regions: {{demo: [{{name: a, url: '{url}'}}]}}")
    assert config.regions.demo == [RegionEntry(name="a", url=url, priority=1)]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ('X-A: "b\\nX-B: c"', "1:36: connection.custom_headers.X-A: has a line break"),
        ('X-A: "b\\rc"', "1:36: connection.custom_headers.X-A: has a control character"),
        ('X-A: " b"', "1:36: connection.custom_headers.X-A: has a line break, a space at an end"),
        ("X-A: 5", "1:36: connection.custom_headers.X-A: must be text"),
        ('"X A": b', "1:38: connection.custom_headers.?: is not a header's name"),
        ("Host: b", "1:37: connection.custom_headers.Host: belongs to the WebSocket handshake"),
        ("sec-websocket-key: b", "1:50: connection.custom_headers.sec-websocket-key: belongs to"),
        ("Origin: b", "1:39: connection.custom_headers.Origin: has its own setting, connection.origin"),
        ("A: b, a: c", "1:40: connection.custom_headers.a: is there twice, in upper and lower case"),
    ],
)
def test_a_header_that_would_break_the_handshake_is_refused(header: str, problem: str) -> None:
    (only,) = problems(f"connection: {{custom_headers: {{{header}}}}}")
    assert only.startswith(problem)


def test_region_names_are_unique_over_both_lists() -> None:
    url = "wss://a.example/"
    text = f"""
regions:
  demo:
  - {{name: a, url: {url}}}
  - {{name: a, url: {url}}}
  live:
  - {{name: b, url: {url}}}
  - {{name: b, url: {url}}}
"""
    assert problems(text) == [
        "5:12: regions.demo[1].name: is the name of another region too",
        "8:12: regions.live[1].name: is the name of another region too",
    ]
    across = text.replace("  - {name: a, url: wss://a.example/}\n", "", 1).replace("name: a", "name: b")
    assert len(problems(across)) == 2


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = """\
pool: {connections: 1, workers: 99}
log: {level: &a LOUD}
logs: {}
connection:
  ping_timeout: soon
  ping_interval: ${NO_SUCH_VARIABLE}
  ping_timeout: 3s
streams:
- {asset: A}
- {asset: A}
"""
    assert [problem.split(": ")[:2] for problem in problems(text)] == [
        ["1:33", "pool.workers"],
        ["2:14", "log.level"],
        ["3:1", "logs"],
        ["5:17", "connection.ping_timeout"],
        ["6:18", "connection.ping_interval"],
        ["7:3", "connection.ping_timeout"],
        ["10:11", "streams[1].asset"],
    ]


# References


def test_a_reference_is_expanded_after_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", "3")
    monkeypatch.setenv("A_UNIT", "ms")
    monkeypatch.setenv("A_FLAG", "false")
    monkeypatch.setenv("A_TRAP", "x: [1]} # ${A_NUMBER}")
    monkeypatch.setenv("AN_EMPTY", "")
    text = """\
pool: {workers: "${A_NUMBER}", connections: "${NO_SUCH:-5}"}
connection:
  open_timeout: ${A_NUMBER}
  close_timeout: 20${A_UNIT}
  ssl_verify: ${A_FLAG}
  custom_headers: {X-A: "${A_TRAP}", X-B: "a${AN_EMPTY}b${AN_EMPTY:-c}"}
limits: {messages: ["${A_NUMBER}/s"]}
"""
    config = read(text)
    assert (config.pool.workers, config.pool.connections) == (3, 5)
    assert (config.connection.open_timeout, config.connection.close_timeout) == (3, 0.02)
    assert config.connection.ssl_verify is False
    assert config.connection.custom_headers == {"X-A": "x: [1]} # ${A_NUMBER}", "X-B": "abc"}
    assert config.limits.messages == [Rate(3, 1)]


def test_a_file_reference_begins_at_the_file_and_loses_one_line_end(tmp_path: Path) -> None:
    (tmp_path / "session.txt").write_text(DEMO + "\r\n", newline="")
    config = read("account: {session: '${file:session.txt}'}\n" + DEMO_REGIONS, tmp_path)
    assert config.account.session.get_secret_value() == DEMO


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "${NO_SUCH}",
            "needs the environment variable NO_SUCH, which is not set (or write ${NO_SUCH:-default})",
        ),
        ("${NO_SUCH:?set it first}", "needs the environment variable NO_SUCH: set it first"),
        ("${NO_SUCH:?}", "needs the environment variable NO_SUCH: it is not set"),
        ("${NO_SUCH", "has a ${ that is never closed, or one inside another"),
        ("${NO_SUCH:-${B}}", "has a ${ that is never closed, or one inside another"),
        ("${1A}", "has a reference that is none of"),
        ("${}", "has a reference that is none of"),
        ("${A:+b}", "has a reference that is none of"),
        ("${file:no-such}", "refers to a file that does not exist"),
        ("${file:.}", "refers to a file that is a directory"),
        ("${file:latin}", "refers to a file that is not UTF-8 text"),
        ("${file:large}", "refers to a file that is larger than 1 MiB"),
        ("${file:" + "a" * 300 + "}", "refers to a file that cannot be read: "),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(value: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "large").write_bytes(b"a" * (1 << 20) + b"a")
    (only,) = problems(f"account:\n  session: '{value}'\n", tmp_path)
    assert only.startswith(f"2:12: account.session: {problem}")


def test_an_expanded_value_is_in_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", TOKEN)
    keys = [
        "log: {level: V}",
        "pool: {workers: V}",
        "connection: {ping_timeout: V, origin: V, ssl_verify: V}",
    ]
    keys += ["reconnect: {strategy: V}", "streams: [{asset: V x, period: V}]", "V: V", "config_version: V"]
    for key in keys:
        for value in ("'${CANARY}'", TOKEN, f"'{DEMO}'"):
            assert problems(key.replace("V", value) if "x" not in key else key.replace("V x", value))


# The session


@pytest.mark.parametrize(("session", "kind"), [(DEMO, AccountKind.DEMO), (LIVE, AccountKind.LIVE)])
def test_a_session_comes_from_the_environment(
    session: str, kind: AccountKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", session)
    config = load(SHIPPED)
    assert config.account.login is not None
    assert config.account.login.account is kind
    assert config.account.login.secret.value == session
    assert TOKEN not in repr(config) + str(config) + repr(config.account.login)


@pytest.mark.parametrize("session", ["", " ", "\n"])
def test_no_session_is_no_problem(session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", session)
    assert load(SHIPPED).account.login is None


def test_a_wrong_session_is_a_problem_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", TOKEN)
    (only,) = problems("account:\n  session: ${POCKET_OPTION_SSID:-}\npool: {workers: 1}\n")
    assert only.startswith(
        "2:12: account.session: this is a bare session id, without its isDemo and uid; paste"
    )


@pytest.mark.parametrize("text", ["log: {level: INFO}\n", "account: {}\n"])
def test_a_file_that_leaves_the_session_out_has_that_of_the_environment(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", LIVE)
    session = read(LIVE_REGIONS + text).account.login
    assert session is not None
    assert session.account is AccountKind.LIVE


def test_a_file_that_says_no_session_has_none_whatever_the_environment_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", LIVE)
    account = read("account: {session: ''}\n").account
    assert account.login is None
    assert account.absence.startswith("is empty, so that POCKET_OPTION_SSID, which is set, is not used")


def test_an_environment_that_trades_does_not_practise_for_want_of_regions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", DEMO)
    (only,) = problems("log: {level: INFO}\n")
    assert only.startswith("1:1: regions.demo: has no region, but the session is a demo session")


def test_a_wrong_session_that_no_line_shows_is_said_to_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", TOKEN)
    (only,) = problems("log: {level: INFO}\n")
    assert only.startswith("1:1: account.session: this is a bare session id")
    assert only.endswith("(it was taken from POCKET_OPTION_SSID)")


def test_a_wrong_value_that_the_file_refers_to_is_said_to_come_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", TOKEN)
    monkeypatch.setenv("WAIT", "soon")
    monkeypatch.delenv("LEVEL", raising=False)
    (tmp_path / "count").write_text("many")
    text = (
        "account: {session: '${POCKET_OPTION_SSID:-}'}\nhealth:\n  stale_after: ${WAIT}\n"
        "log: {level: '${LEVEL:-LOUD}'}\npool: {connections: '${file:count}'}\n"
    )
    with pytest.raises(ConfigInvalid) as refused:
        load_text(text, "c.yaml", tmp_path)
    endings = [problem.partition(" (it was taken from ")[2] for problem in refused.value.problems]
    assert sorted(endings) == ["", "POCKET_OPTION_SSID)", "WAIT)", "the file count)"]


# What cannot go together


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "health:\n  stale_after: 5s\n  stale_floor: 6s\n",
            "3:16: health.stale_floor: must not be above stale_after (as long as",
        ),
        (
            "connection:\n  keep_alive_interval: 3m\n",
            "2:24: connection.keep_alive_interval: must be below 180s, when the venue hangs up",
        ),
        (
            "connection:\n  ping_timeout: 500ms\n  inbound_linger: 500ms\n",
            "3:19: connection.inbound_linger: must be below ping_timeout (pongs would be read too late)",
        ),
        (
            "connection:\n  message_timeout: 500ms\n",
            "2:20: connection.message_timeout: must exceed 500ms (no order is sent in the last",
        ),
        (
            "connection: {message_timeout: 600ms}\nbatching:\n  batch_timeout: 1s\n",
            "3:18: batching.batch_timeout: must be below connection.message_timeout, or what",
        ),
        (
            "limits:\n  messages: [10/s, 100/min, 9/s]\n",
            "2:29: limits.messages[2]: is a second rate for the same time (keep the lower one)",
        ),
        (
            "orders: {journal: /tmp/x/one}\nlog:\n  file: /tmp/x/y/../one\n",
            "3:9: log.file: is the file of orders.journal too (give each its own)",
        ),
        (
            f"account: {{session: '{LIVE}'}}\n{LIVE_REGIONS}orders:\n  verdict_delay: 5s\n",
            "4:18: orders.verdict_delay: must exceed 5s with a live session (TCP may",
        ),
    ],
)
def test_settings_that_cannot_go_together_are_refused_where_they_stand(text: str, problem: str) -> None:
    (only,) = problems(text)
    assert only.startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        "health: {stale_after: 5s, stale_floor: 5s}\n",
        "connection: {keep_alive_interval: 179s}\n",
        "connection: {ping_timeout: 501ms, inbound_linger: 500ms}\n",
        "connection: {ping_interval: 1h}\nhealth: {stale_after: 2s}\n",  # two clocks, see the architecture
        f"account: {{session: '{DEMO}'}}\n{DEMO_REGIONS}orders: {{verdict_delay: 1s}}\n",
        "orders: {journal: ''}\nlog: {file: ''}\n",
    ],
)
def test_settings_that_are_just_apart_are_taken(text: str) -> None:
    assert isinstance(outcome(text), Config)


def test_where_streams_go_stale_sooner_than_the_usual_floor_the_floor_follows() -> None:
    health = read("health: {stale_after: 3s}\n").health
    assert health.stale_floor == 3.0
    assert read("log: {}\n").health.stale_floor == 5.0


def test_a_live_order_is_judged_only_after_tcp_has_given_up() -> None:
    assert GIVEN_UP_AFTER * 1000 == SEND_STALL_MS


# Sessions and regions


@pytest.mark.parametrize(
    ("session", "regions", "problem"),
    [
        (DEMO, LIVE_REGIONS, "1:10: regions.demo: has no region, but the session is a demo session"),
        (LIVE, DEMO_REGIONS, "1:10: regions.live: has no region, but the session is a live session"),
        (
            LIVE,
            "regions:\n  live: []\n",
            "2:9: regions.live: has no region, but the session is a live session",
        ),
        (DEMO, "", "1:1: regions.demo: has no region, but the session is a demo session"),
    ],
)
def test_a_session_needs_regions_of_its_kind(session: str, regions: str, problem: str) -> None:
    hint = " (add one, or write account: {session: ''} to practise)"
    assert problems(f"{regions}account: {{session: '{session}'}}\n") == [problem + hint]


@pytest.mark.parametrize(
    "text",
    [
        f"account:\n  session: {DEMO}",
        f'account:\n  session: "{DEMO}"',
        f"account: {DEMO}",
        f"account: {{session:{TOKEN}}}",
        f"account: {{session: {{session: {TOKEN}, isDemo: 1}}}}",
        f"account: [{DEMO}]",
        f"{DEMO}: 1",
        f"{DEMO}",
        f'{{"session":"{TOKEN}","isDemo":1,"uid":1}}',
        f"account: {{session: *{TOKEN}}}",
        f"account: {{session: &{TOKEN} x}}",
        f"account: {{session: !{TOKEN} x}}",
        f"account: {{session: !{TOKEN}!a x}}",
        f"account: {{session: '{DEMO}",
        f"session: '{DEMO}'",
        f"%TAG ! {TOKEN}\n---\npool: 1",
        f"account: {{session: '${{{TOKEN}'}}",
        f"account: {{session: '${{file:x}}{TOKEN}'}}",
        f"connection: {{custom_headers: {{'{TOKEN} {TOKEN}': a}}}}",
    ],
)
def test_a_misplaced_session_is_in_no_problem(text: str) -> None:
    assert TOKEN not in str(outcome(text))


# Files


def test_the_shipped_configuration_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POCKET_OPTION_SSID", raising=False)
    config = load(SHIPPED)
    assert (len(config.regions.demo), len(config.regions.live)) == (2, 17)
    assert [region.priority for region in config.regions.live] == list(range(1, 18))
    assert [stream.asset for stream in config.streams] == [
        "EURUSD_otc",
        "GBPUSD_otc",
        "AUDCAD_otc",
        "#AAPL_otc",
    ]


def test_the_shipped_configuration_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POCKET_OPTION_SSID", raising=False)
    shipped = load(SHIPPED)
    assert shipped.model_copy(update={"regions": Config().regions, "streams": []}) == Config()


def test_an_unusable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xef\xbb\xbflog:\n  level: \xe9")
    (tmp_path / "large").write_bytes(b"#" * (1 << 20) + b"#")
    (tmp_path / "empty").write_bytes(b"")
    expected = {
        "none": "does not exist",
        ".": "is a directory",
        "latin:2:10": "is not UTF-8 text",
        "large": "is larger than 1 MiB",
        "empty:1:1": "is empty",
        "nul\0": "cannot be read: the name is not valid",
    }
    for place, reason in expected.items():
        with pytest.raises(ConfigInvalid) as refusal:
            load(tmp_path / place.partition(":")[0])
        assert refusal.value.problems == (f"{tmp_path / place}: {reason}",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (only,) = problems("account: {session: '${file:pipe}'}", tmp_path)
    assert only == "1:20: account.session: refers to a file that is not a regular file"
    with pytest.raises(ConfigInvalid, match="pipe: is not a regular file"):
        load(tmp_path / "pipe")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbflog: {level: DEBUG}\r\n")
    assert load(str(tmp_path / "x.yaml")).log.level == "DEBUG"


# Anything at all

_WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        "account session pool workers streams asset regions demo name url limits messages custom_headers wss://"
        " [ ] { } - ' \" # &a *a !t << ${ ${A:-1} ? | \\ % 1 0x1 10s 5/s no null",
    )
)
_SPACES = st.sampled_from(["", " ", ": ", "\n", "\n  ", "\t", "---\n", "\x00"])


@given(st.text() | st.lists(_WORDS | _SPACES, max_size=40).map("".join))
@example("{" * 20_000)
@example("- " * 20_000)
@example("? " * 20_000)
@example("pool: {}\npool: " + "[" * 20_000)
@example("pool: " + "9" * 20_000 + "x")
@example("${" * 20_000)
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    result = outcome(text)
    if isinstance(result, ConfigInvalid):
        assert result.problems
        assert all(problem.startswith("x.yaml:") for problem in result.problems)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["10s", "5/s", DEMO]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(section=st.sampled_from(sorted(Config.model_fields)), value=_VALUES, data=st.data())
def test_no_value_of_a_setting_does_worse_than_being_refused(
    section: str, value: object, data: st.DataObject
) -> None:
    kind = Config.model_fields[section].annotation
    names = sorted(getattr(kind, "model_fields", {}))
    tree = {section: {data.draw(st.sampled_from(names)): value} if names else value}
    result = outcome(json.dumps(tree))
    assert isinstance(result, Config) or result.problems


@pytest.mark.parametrize("setting", ["log: {file: NAME}", "orders: {journal: NAME}"])
@pytest.mark.parametrize("name", ["bot.yaml", "./x/../bot.yaml", "link.yaml"])
def test_a_configuration_that_would_be_written_over_is_refused_with_its_place(
    tmp_path: Path, setting: str, name: str
) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(f"pool: {{connections: 1}}\n{setting.replace('NAME', name)}\n")
    (tmp_path / "link.yaml").symlink_to("bot.yaml")
    with pytest.raises(ConfigInvalid) as refused:
        load(file)
    [problem] = refused.value.problems
    assert problem.startswith(f"{file}:2:")
    assert problem.endswith("is this configuration itself (name another file)")
