"""The effective configuration: complete, loadable, without secrets."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr

from actors.errors import ConfigInvalid
from runtime.config import (
    AccountConfig,
    Config,
    ConnectionConfig,
    RegionEntry,
    RegionsConfig,
    effective_yaml,
    load,
    load_text,
)

SHIPPED = Path(__file__).parents[3] / "configs" / "pocketoption.yaml"
TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
DEMO = f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2}}]'


def again(config: Config) -> Config:
    return load_text(effective_yaml(config), "effective.yaml", Path())


def test_it_loads_as_what_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POCKET_OPTION_SSID", raising=False)
    assert again(Config()) == Config()
    assert again(load(SHIPPED)) == load(SHIPPED)


def test_it_loads_as_what_it_came_from_with_a_session_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", DEMO)
    assert again(load(SHIPPED)) == load(SHIPPED)


def test_what_leaves_the_session_to_the_environment_still_does(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = effective_yaml(load_text("log: {level: INFO}\n", "x.yaml", Path()))
    practice = effective_yaml(load_text("account: {session: ''}\n", "x.yaml", Path()))
    monkeypatch.setenv("POCKET_OPTION_SSID", DEMO)
    regions = "regions:\n  demo: [{name: a, url: 'wss://a.example/'}]\n"
    before = "regions:\n  demo: []\n  live: []\n"
    assert load_text(silent.replace(before, regions), "x.yaml", Path()).account.login is not None
    assert load_text(practice, "x.yaml", Path()).account.login is None


def test_the_token_of_the_page_is_shown_nowhere() -> None:
    config = load_text(f"status: {{listen: '127.0.0.1:0', token: {TOKEN}}}\n", "x.yaml", Path())
    assert config.status.token.get_secret_value() == TOKEN
    assert TOKEN not in effective_yaml(config) + repr(config) + config.model_dump_json()
    assert TOKEN in config.unlogged  # which no line of the log has


@pytest.mark.parametrize("token", ["short", "with a blank in it", "***"])
def test_a_token_that_could_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(
        ConfigInvalid, match=r"status\.token.* must have 16 to 256 visible characters"
    ) as refused:
        load_text(f"status: {{token: '{token}'}}\n", "x.yaml", Path())
    assert token not in str(refused.value)


def test_it_shows_every_setting_with_its_unit() -> None:
    text = effective_yaml(Config())
    for line in (
        "open_timeout: 10s",
        "batch_timeout: 5ms",
        "max_message_size: 16MiB",
        "- 300/min",
        "tick_rate: 2/s",
    ):
        assert line in text


def test_secrets_are_left_out() -> None:
    config = Config(
        account=AccountConfig(session=SecretStr(DEMO)),
        regions=RegionsConfig(demo=[RegionEntry(name="a", url="wss://a.example/")]),
        connection=ConnectionConfig(
            custom_headers={"Cookie": TOKEN, "X-Key": TOKEN, "User-Agent": "Mozilla/5.0"}
        ),
    )
    text = effective_yaml(config)
    assert TOKEN not in text
    assert "session: ${POCKET_OPTION_SSID:-}" in text
    assert "Cookie: '***'" in text
    assert "User-Agent: Mozilla/5.0" in text


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)
    | st.sampled_from(["no", "1e3", "0x1", "010"])
)
def test_a_name_that_looks_like_something_else_stays_a_name(name: str) -> None:
    config = Config(regions=RegionsConfig(live=[RegionEntry(name=name, url="wss://a.example/", priority=1)]))
    assert again(config) == config


ACCOUNTS = "accounts: [{name: main, session: ''}]\n"


@pytest.mark.parametrize(
    "given",
    [
        "valkey://engine:6380/2",
        "valkeys://e/0?ssl_ca_certs=/etc/my%20ca.pem",
        "sentinels://a:1,[::1]:2/main/3?ssl_ca_certs=/etc/my%20ca.pem",
        "",
    ],
)
def test_an_engine_without_a_password_is_shown_as_it_is(given: str) -> None:
    config = load_text(f"{ACCOUNTS}cluster: {{engine: '{given}', replicas: 1}}\n", "x.yaml", Path())
    assert again(config).cluster.address == config.cluster.address


def test_the_password_of_the_engine_is_a_variable_that_would_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"rediss://some%20user:{TOKEN}%40@[::1]:6380/2"
    config = load_text(f"{ACCOUNTS}cluster: {{engine: '{url}'}}\n", "x.yaml", Path())
    assert TOKEN not in effective_yaml(config)
    assert "valkeys://some%20user:${TELLWIRE_ENGINE_PASSWORD:-}@[::1]:6380/2" in effective_yaml(config)
    monkeypatch.setenv("TELLWIRE_ENGINE_PASSWORD", f"{TOKEN}%40")
    assert again(config).cluster.address == config.cluster.address


def test_the_passwords_of_an_engine_and_of_its_sentinels_are_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sentinel://me:{TOKEN}1@a,b/main?sentinel_password={TOKEN}2"
    config = load_text(f"{ACCOUNTS}cluster: {{engine: '{url}', replicas: 1}}\n", "x.yaml", Path())
    shown = effective_yaml(config)
    assert TOKEN not in shown
    assert "sentinel://me:${TELLWIRE_ENGINE_PASSWORD:-}@a:26379,b:26379/main" in shown
    assert "?sentinel_password=${TELLWIRE_SENTINEL_PASSWORD:-}" in shown
    monkeypatch.setenv("TELLWIRE_ENGINE_PASSWORD", f"{TOKEN}1")
    monkeypatch.setenv("TELLWIRE_SENTINEL_PASSWORD", f"{TOKEN}2")
    assert again(config).cluster.address == config.cluster.address
