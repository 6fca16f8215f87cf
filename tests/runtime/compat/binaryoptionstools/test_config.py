"""``Config``, and the configuration of the runtime that is made of it."""

import json

import pytest

from runtime.compat.binaryoptionstools import Config, InvalidParameterError, PyConfig
from runtime.compat.binaryoptionstools._guest import guest_ssid
from runtime.compat.binaryoptionstools._settings import InvalidSession, mended, runtime_config
from runtime.compat.binaryoptionstools.async_client import as_config
from runtime.config import Config as RuntimeConfig

SESSION = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":1,"platform":2}]'
WRITTEN = {
    "max_allowed_loops": 7,
    "sleep_interval": 50,
    "reconnect_time": 3,
    "connection_initialization_timeout_secs": 20,
    "timeout_secs": 10,
    "urls": ["ws://127.0.0.1:9"],
    "terminal_logging": False,
    "log_level": "DEBUG",
    "extra_duration": 9,
}


def test_a_config_is_read_from_a_dict_and_from_json_and_written() -> None:
    assert Config.from_dict({**WRITTEN, "nonsense": 1}).to_dict() == WRITTEN
    assert Config.from_json(json.dumps(WRITTEN)) == Config.from_dict(WRITTEN)
    assert json.loads(Config.from_dict(WRITTEN).to_json()) == WRITTEN


@pytest.mark.parametrize("name", ["reconnect_time", "connection_initialization_timeout_secs", "timeout_secs"])
def test_a_value_that_is_too_small_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        Config.from_dict({name: 0})


def test_a_config_in_use_cannot_be_changed() -> None:
    config = Config()
    config.update({"timeout_secs": 5, "nonsense": 1})
    assert (config.pyconfig.timeout_secs, config.pyconfig) == (5, config.pyconfig)
    with pytest.raises(RuntimeError, match="in use"):
        config.timeout_secs = 6
    with pytest.raises(RuntimeError, match="in use"):
        config.update({"timeout_secs": 6})


def test_a_client_takes_a_config_a_dict_or_json_and_puts_the_url_first() -> None:
    for given in (Config.from_dict(WRITTEN), WRITTEN | {"urls": ["ws://127.0.0.1:9"]}, json.dumps(WRITTEN)):
        assert as_config(given, "ws://127.0.0.1:8").urls == ["ws://127.0.0.1:8", "ws://127.0.0.1:9"]
    assert as_config(None, None) == Config()
    with pytest.raises(ValueError, match="not int"):
        as_config(7, None)  # type: ignore[arg-type]


def made(**given: object) -> RuntimeConfig:
    return runtime_config(SESSION, PyConfig(urls=["ws://127.0.0.1:9"], **given))  # type: ignore[arg-type]


def test_what_is_given_becomes_a_setting_of_the_runtime() -> None:
    config = made(
        max_allowed_loops=7,
        reconnect_time=40,
        connection_initialization_timeout_secs=20,
        timeout_secs=10,
        proxy="http://127.0.0.1:3128",
        user_agent="a browser",
        origin="https://example.com",
        tls_alpn=["http/1.1"],
    )
    assert config.reconnect.max_reconnect_attempts == 7
    assert (config.reconnect.reconnect_delay, config.reconnect.max_delay) == (40, 40)
    assert (config.connection.open_timeout, config.connection.message_timeout) == (20, 10)
    assert config.connection.parsed_proxy is not None
    assert config.connection.custom_headers == {"User-Agent": "a browser"}
    assert config.connection.origin == "https://example.com"
    assert [region.url for region in config.regions.demo] == [
        "ws://127.0.0.1:9/socket.io/?EIO=4&transport=websocket"
    ]


def test_what_nobody_has_chosen_is_the_runtimes_own() -> None:
    assert made().connection == RuntimeConfig().connection
    assert made().reconnect == RuntimeConfig().reconnect
    assert (made().pool.connections, made().pool.workers, made().orders.maximum_open) == (1, 0, 1000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec_websocket_extensions", "permessage-deflate"),
        ("tls_cipher_suites", ["TLS_AES_128_GCM_SHA256"]),
        ("tls_alpn", ["h2"]),
        ("proxy", "nonsense"),
    ],
)
def test_what_cannot_be_set_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidParameterError, match=name):
        made(**{name: value})


def test_a_session_has_the_regions_of_its_account() -> None:
    demo = runtime_config(SESSION, PyConfig())
    live = runtime_config(SESSION.replace('"isDemo":1', '"isDemo":0'), PyConfig())
    assert demo.regions.demo
    assert not demo.regions.live
    assert live.regions.live
    assert not live.regions.demo


def test_a_guest_goes_to_the_hosts_for_guests() -> None:
    guest = runtime_config(guest_ssid("abcdefghij0123456789"), PyConfig())
    assert [region.url.split("/")[2].partition("-demo-")[0] for region in guest.regions.demo] == ["try"]
    assert guest_ssid(None) != guest_ssid(None)


def test_what_is_no_session_is_refused_and_not_repeated() -> None:
    for text in ("garbage", SESSION.replace('"uid":1,', "")):
        with pytest.raises(InvalidSession) as refused:
            runtime_config(text, PyConfig())
        assert "abcdefghij" not in str(refused.value)
        assert isinstance(refused.value, ValueError)
    with pytest.raises(TypeError, match="NoneType"):
        mended(None)  # type: ignore[arg-type]


def test_quotes_that_a_shell_has_removed_are_put_back() -> None:
    for prefix in ("42[auth,", "42['auth',", ' 42["auth" ,'):
        assert mended(SESSION.replace('42["auth",', prefix)) == SESSION
