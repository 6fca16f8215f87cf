"""What the venue that ``account.venue`` names decides in the configuration."""

from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from actors.values import AccountKind
from runtime.config import Config, load_text
from runtime.config.effective import effective_yaml
from runtime.system.settings import connection_settings, journal_path
from tests.doubles.plain_streams.server import LOGIN, TOKEN

PLAIN = "tests.doubles.plain_streams"
DEMO = "regions: {demo: [{name: HERE, url: 'wss://plain.example/demo'}]}\n"


def read(text: str) -> Config:
    return load_text(text, "x.yaml", Path())


def problems(text: str) -> str:
    with pytest.raises(ConfigInvalid) as refusal:
        read(text)
    return "\n".join(refusal.value.problems)


@pytest.fixture
def plain() -> Config:
    return read(f"account: {{venue: {PLAIN}, session: '{LOGIN}'}}\n{DEMO}")


def test_a_module_of_the_users_own_parses_the_login(plain: Config) -> None:
    login = plain.account.login
    assert login is not None
    assert (login.account, login.user, login.secret.value) == (AccountKind.DEMO, "ann", TOKEN)


def test_settings_that_are_left_out_are_the_venues(plain: Config) -> None:
    assert plain.connection.origin == "https://plain.example"
    assert plain.connection.keep_alive_interval == 0.2
    assert plain.pool.streams_per_connection == 50
    usual = Config()
    assert usual.connection.keep_alive_interval == 20.0
    assert usual.pool.streams_per_connection == 4
    assert (usual.orders.minimum_amount, usual.orders.maximum_amount) == (1, 50_000)


def test_settings_that_are_written_are_not(plain: Config) -> None:
    text = f"account: {{venue: {PLAIN}, session: '{LOGIN}'}}\n{DEMO}"
    config = read(f"{text}connection: {{keep_alive_interval: 500ms}}\npool: {{streams_per_connection: 2}}")
    assert config.connection.keep_alive_interval == 0.5
    assert config.connection.origin == plain.connection.origin
    assert config.pool.streams_per_connection == 2


def test_the_venues_limits_hold() -> None:
    text = f"account: {{venue: {PLAIN}}}\n"
    found = problems(f"{text}connection: {{keep_alive_interval: 1s}}")
    assert "keep_alive_interval: must be below 1s, when the venue hangs up (200ms is usual)" in found
    found = problems(text + DEMO.replace("/demo", "/live"))
    assert "regions.demo[0].url: does not serve demo accounts" in found


def test_the_login_of_another_venue_is_refused_without_a_word_of_it() -> None:
    found = problems(f"account: {{venue: {PLAIN}, session: '{TOKEN}'}}")
    assert "account.session: this is no login; write demo:USER:TOKEN" in found
    assert TOKEN not in found


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "is none of pocketoption"),
        ("nowhere.at.all", "cannot be found"),
        ("tests.doubles.recorder", "defines no VENUE"),
    ],
)
def test_an_unknown_venue_is_a_problem_of_its_own_line(name: str, reason: str) -> None:
    found = problems(f"account:\n  venue: {name}\n")
    assert found.startswith("x.yaml:2:")
    assert reason in found


def test_the_session_comes_from_the_variable_of_the_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAIN_STREAMS_LOGIN", LOGIN)
    assert read(f"account: {{venue: {PLAIN}}}\n{DEMO}").account.login is not None
    assert Config().account.login is None
    monkeypatch.setenv("PLAIN_STREAMS_LOGIN", "nonsense")
    assert "it was taken from PLAIN_STREAMS_LOGIN" in problems(f"account: {{venue: {PLAIN}}}\n{DEMO}")


def test_a_connection_is_given_the_venue_its_secret_and_its_headers(plain: Config) -> None:
    settings = connection_settings(plain, plain.account.login)
    assert (settings.venue, settings.secret.value) == (PLAIN, TOKEN)
    assert settings.headers == {"X-Plain-User": "ann"}
    connection = plain.connection.model_copy(update={"custom_headers": {"x-plain-user": "bob"}})
    own = plain.model_copy(update={"connection": connection})
    assert connection_settings(own, own.account.login).headers == {"x-plain-user": "bob"}


def test_each_venue_and_account_has_a_journal_of_its_own(plain: Config) -> None:
    assert journal_path(plain, plain.account.login).name == f"orders-{PLAIN}-demo-ann.sqlite"
    assert journal_path(Config(), None).name == "orders-demo-0.sqlite"


@pytest.mark.parametrize("asset", ["BTC/USDT", "btc@perp"])
def test_the_venue_decides_what_a_symbol_is(asset: str) -> None:
    streams = f"streams: [{{asset: '{asset}'}}]\n"
    assert read(f"account: {{venue: {PLAIN}}}\n{streams}").streams[0].asset == asset
    assert "streams[0].asset: is not an asset's symbol" in problems(streams)


def test_the_effective_configuration_of_a_venue_without_orders_shows_no_limits_of_another(
    plain: Config,
) -> None:
    text = effective_yaml(plain)
    assert "maximum_amount" not in text
    assert "maximum_duration" not in text
    assert "verdict_delay" in text
    assert "maximum_amount: 50000" in effective_yaml(Config())
