"""Every refusal, at its line and column; and that a secret is in none of them."""

from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.config import Config, load_text

SHIPPED = Path(__file__).parents[2] / "configs" / "pocketoption.yaml"
TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
DEMO = f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2}}]'
LIVE = DEMO.replace('"isDemo":1', '"isDemo":0')


def read(text: str, folder: Path = Path()) -> Config:
    return load_text(text, "x.yaml", folder)


def problems(text: str, folder: Path = Path()) -> list[str]:
    with pytest.raises(ConfigInvalid) as refusal:
        read(text, folder)
    assert TOKEN not in str(refusal.value)
    return list(refusal.value.problems)


# What YAML itself would let through


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: is empty"),
        ("# nothing\n", "1:1: is empty"),
        ("---\n...\n", "1:1: is empty"),
        ("\n- 1\n", "2:1: must be a mapping, that is lines of `key: value`"),
        ("hello", "1:1: must be a mapping, that is lines of `key: value`"),
        ("pool: {}\nlog: {}\npool: {}\n", "3:1: pool: is a duplicate key, first on line 1"),
        (
            "pool:\n  workers: 1\n  workers: [2, [3]]\n",
            "3:3: pool.workers: is a duplicate key, first on line 2",
        ),
        ("pool: &p {workers: 1}\n", "1:7: pool: has an anchor, which is not allowed"),
        ("pool: *p\n", "1:7: pool: is an alias, which is not allowed (write the value out)"),
        ("pool: !!python/object:os.system {}\n", "1:7: pool: has a tag, which is not allowed"),
        ("pool: !!map {workers: 1}\n", "1:7: pool: has a tag, which is not allowed"),
        ("pool:\n  workers: !!int 3\n", "2:12: pool.workers: has a tag, which is not allowed"),
        (
            "pool:\n  <<: {workers: 1}\n",
            "2:3: pool: has a merge key, which is not allowed (write the keys out)",
        ),
        ("pool:\n  ? [a]\n  : 1\n", "2:5: pool: has a key that is not plain text"),
        ("pool:\n  *a : 1\n", "2:3: pool: is an alias, which is not allowed (write the value out)"),
        ("log: {}\n---\npool: {}\n", "2:1: a second document begins here; one file holds one configuration"),
        ("log:\n  level: IN\x00FO\n", "2:12: has a control character here"),
        ("log:\r\n  level: IN\u2028FO\n", "2:12: has a control character here"),
        ("log: {}\rpool: {}", "1:8: has a control character here"),
        (
            'log:\n  level: "IN\\eFO"\n',
            "2:10: log.level: has a control character or a byte that is not UTF-8",
        ),
        ("pool: " + "[" * 100, "1:38: is nested deeper than 32 levels"),
        ("pool: {}\npool: " + "[" * 100, "2:39: is nested deeper than 32 levels"),
        ("reconnect:\n  jitter: no\n", "2:11: reconnect.jitter: is a boolean to some and text to others"),
        ("reconnect:\n  jitter: True\n", "2:11: reconnect.jitter: is a boolean to some and text to others"),
        (
            "regions:\n  demo: [{name: on, url: x}]",
            "2:17: regions.demo[0].name: is a boolean to some and text",
        ),
        ("pool:\n  workers: 010\n", "2:12: pool.workers: is not a plain decimal number (write 10 or 0.5"),
        ("pool:\n  workers: 0x1f\n", "2:12: pool.workers: is not a plain decimal number"),
        ("pool:\n  workers: 1_0\n", "2:12: pool.workers: is not a plain decimal number"),
        (
            "connection:\n  open_timeout: 1:30\n",
            "2:17: connection.open_timeout: is not a plain decimal number",
        ),
        (
            "connection:\n  open_timeout: 1e3\n",
            "2:17: connection.open_timeout: is not a plain decimal number",
        ),
        (
            "connection:\n  open_timeout: .inf\n",
            "2:17: connection.open_timeout: is not a plain decimal number",
        ),
        (
            "connection:\n  open_timeout: .NaN\n",
            "2:17: connection.open_timeout: is not a plain decimal number",
        ),
        ("pool: [\n", "2:1: is not valid YAML: "),
        (
            "log:\n\tlevel: INFO\n",
            "2:1: is not valid YAML: found character '\\t' that cannot start any token (indent",
        ),
        (
            "a: custom: m:f\n",
            "1:10: is not valid YAML: mapping values are not allowed here (put a value that",
        ),
        ('a: "\\UFFFFFFFF"', "1:1: is not valid YAML: a number in an escape or directive is out of range"),
        ("%YAML " + "9" * 5000 + ".1\n---\n{}", "1:1: is not valid YAML: a number in an escape or directive"),
    ],
)
def test_ambiguous_and_dangerous_yaml_is_refused(text: str, problem: str) -> None:
    (found, *others) = problems(text)
    assert found.startswith(f"x.yaml:{problem}")
    assert others == []


# What the settings do not allow


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config_version: 2", "1:17: config_version: must be 1 (this release reads no other version)"),
        ("config_version: x", "1:17: config_version: is not a whole number"),
        ("pol:\n  workers: 1\n", "1:1: pol: is no known key (did you mean pool?)"),
        ("pool:\n  worker: 1\n", "2:3: pool.worker: is no known key (did you mean workers?)"),
        ("ping_interval: 3s", "1:1: ping_interval: is no known key (did you mean connection.ping_interval?)"),
        ("streams:\n- {aset: A}", "2:4: streams[0].aset: is no known key (did you mean asset?)"),
        ("pool:\n  zzz: 1\n", "2:3: pool.zzz: is no known key"),
        ("log:\n", "1:5: log: has no value (remove the key, or quote the value if it begins with #)"),
        ("log: 3\n", "1:6: log: must be a mapping, that is lines of `key: value`"),
        ("streams: {}\n", "1:10: streams: must be a list, that is lines of `- value`"),
        ("streams: 3\n", "1:10: streams: must be a list, that is lines of `- value`"),
        ("regions: {demo: 3}\n", "1:17: regions.demo: must be a list, that is lines of `- value`"),
        ("streams:\n- asset: #AAPL_otc\n", "2:9: streams[0].asset: has no value (remove the key, or quote"),
        ("streams:\n- asset: 5\n", "2:10: streams[0].asset: must be text (put it in single quotes)"),
        ("streams:\n- asset: A B\n", "2:10: streams[0].asset: is not an asset's symbol"),
        ("streams:\n- period: 60\n", "2:3: streams[0].asset: is missing"),
        ("streams: [{asset: A}, {asset: B}, {asset: A}]", "1:43: streams[2].asset: is streamed already"),
        ("streams: [{asset: A, period: 1.5s}]", "1:30: streams[0].period: must be whole seconds"),
        ("streams: [{asset: A, period: 0}]", "1:30: streams[0].period: must be from 1s to 744h"),
        ("pool:\n  connections: 0\n", "2:16: pool.connections: must be at least 1"),
        ("pool:\n  connections: 65\n", "2:16: pool.connections: must be at most 64"),
        ("pool:\n  workers: 17\n", "2:12: pool.workers: must be at most 16"),
        ("pool:\n  workers: -1\n", "2:12: pool.workers: must be at least 0"),
        ("pool:\n  workers: 1.5\n", "2:12: pool.workers: is not a whole number"),
        ("pool:\n  workers: true\n", "2:12: pool.workers: is not a whole number"),
        ("pool:\n  workers: [1]\n", "2:12: pool.workers: is not a whole number"),
        ("connection:\n  ping_timeout: 0\n", "2:17: connection.ping_timeout: must be from 1ms to 24h"),
        (
            "connection:\n  ping_timeout: 10x\n",
            "2:17: connection.ping_timeout: is not a duration (write 250ms, 10s",
        ),
        ("connection:\n  ssl_verify: 1\n", "2:15: connection.ssl_verify: must be true or false"),
        ("connection:\n  ssl_verify: []\n", "2:15: connection.ssl_verify: must be true or false"),
        (
            "connection:\n  max_message_size: 4KiB\n",
            "2:21: connection.max_message_size: must be from 1MiB to 1GiB",
        ),
        ("connection:\n  origin: https://a/b\n", "2:11: connection.origin: must be scheme and host only"),
        ("connection:\n  origin: a.b\n", "2:11: connection.origin: is not an origin"),
        (
            "reconnect:\n  reconnect_delay: 1m\n",
            "1:1: reconnect.max_delay: must not be below reconnect_delay",
        ),
        ("reconnect:\n  max_delay: 10ms\n", "2:14: reconnect.max_delay: must not be below reconnect_delay"),
        (
            "reconnect:\n  strategy: liner\n",
            "2:13: reconnect.strategy: must be exponential, linear or 'custom:",
        ),
        ("reconnect:\n  strategy: custom:nope\n", "2:13: reconnect.strategy: must be exponential, linear or"),
        (
            "reconnect:\n  strategy: 'custom: no_such_module:wait'\n",
            "2:13: reconnect.strategy: names a module that cannot be imported (ModuleNotFoundError)",
        ),
        (
            "reconnect:\n  strategy: custom:math:nope\n",
            "2:13: reconnect.strategy: names no function of its module",
        ),
        (
            "reconnect:\n  strategy: custom:math:pi\n",
            "2:13: reconnect.strategy: names no function of its module",
        ),
        (
            "reconnect:\n  strategy: custom::f\n",
            "2:13: reconnect.strategy: names a module that cannot be imported",
        ),
        (
            "supervision:\n  heartbeat_timeout: 1s\n",
            "2:22: supervision.heartbeat_timeout: must exceed heartbeat_interval",
        ),
        (
            "limits:\n  messages: [10/s, 5]\n",
            "2:20: limits.messages[1]: is not a rate (write 10/s, 200/min or 1000/h)",
        ),
        ("limits:\n  messages: 10/s\n", "2:13: limits.messages: must be a list, that is lines of `- value`"),
        ("batching:\n  batch_timeout: 2s\n", "2:18: batching.batch_timeout: must be from 0s to 1s"),
        ("health:\n  check_interval: 20s\n", "1:1: health.stale_after: must exceed check_interval"),
        ("health: {stale_after: 1s}\n", "1:23: health.stale_after: must exceed check_interval"),
        (
            "log:\n  level: info\n",
            "2:10: log.level: must be one of TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, ",
        ),
        ("practice:\n  tick_rate: 5000/s\n", "2:14: practice.tick_rate: must be from 0.01/s to 1000/s"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(text: str, problem: str) -> None:
    (found, *others) = problems(text)
    assert found.startswith(f"x.yaml:{problem}")
    assert others == []


def test_the_right_level_is_suggested() -> None:
    assert problems("log: {level: info}")[0].endswith("(did you mean INFO?)")
