"""A configuration that is built in Python is held to the same rules."""

import math

import pytest
from pydantic import SecretStr, ValidationError

from runtime.config import (
    AccountConfig,
    Config,
    ConnectionConfig,
    LimitsConfig,
    PoolConfig,
    Rate,
    ReconnectConfig,
    RegionEntry,
    RegionsConfig,
    StreamConfig,
)

TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
DEMO = f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2}}]'


def test_without_any_setting_it_runs_on_the_practice_exchange() -> None:
    config = Config()
    assert config.account.login is None
    assert (config.regions.demo, config.regions.live, config.streams) == ([], [], [])
    assert config.limits.messages == [Rate(10, 1.0), Rate(300, 60.0)]
    assert (config.reconnect.reconnect_delay, config.batching.batch_timeout) == (0.5, 0.005)
    assert (config.candles.cache_ttl, config.candles.cache_size) == (5.0, 200_000)


def test_it_can_be_built_of_its_parts() -> None:
    config = Config(
        account=AccountConfig(session=SecretStr(DEMO)),
        regions=RegionsConfig(demo=[RegionEntry(name="local", url="ws://127.0.0.1:8080/", priority=7)]),
        pool=PoolConfig(connections=1),
        limits=LimitsConfig(messages=[Rate(1, 3600)]),
        streams=[StreamConfig(asset="EURUSD_otc")],
    )
    assert config.regions.demo[0].priority == 7
    assert config.streams[0].period == 60
    assert config.limits.messages == [Rate(1, 3600)]


def test_it_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PoolConfig().connections = 3


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0, 0.0, 1e9])
def test_a_duration_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValidationError, match="open_timeout"):
        ConnectionConfig(open_timeout=seconds)


def test_a_custom_strategy_is_found_and_written_in_one_way() -> None:
    strategy = ReconnectConfig(strategy="custom: math:sqrt").strategy
    assert strategy == "custom:math:sqrt"
    assert ReconnectConfig(strategy=strategy).strategy == strategy


def test_a_strategy_whose_module_ends_the_program_is_only_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "ends_the_program.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(ValidationError, match=r"cannot be imported \(SystemExit\)"):
        ReconnectConfig(strategy="custom:ends_the_program:wait")


def test_more_streams_than_the_pool_carries_are_refused() -> None:
    streams = [StreamConfig(asset=f"A{number}") for number in range(9)]
    with pytest.raises(ValidationError, match=r"are 9, but the pool carries 2 x 4"):
        Config(streams=streams)
    assert len(Config(streams=streams, pool=PoolConfig(connections=3)).streams) == 9


def test_a_demo_session_without_a_demo_region_is_refused() -> None:
    with pytest.raises(ValidationError, match="the session is a demo session") as refusal:
        Config(account=AccountConfig(session=SecretStr(DEMO)))
    assert TOKEN not in str(refusal.value)


def test_a_session_is_in_no_error_and_no_repr() -> None:
    assert TOKEN not in repr(AccountConfig(session=SecretStr(DEMO)))
    with pytest.raises(ValidationError, match="a bare session id") as refusal:
        AccountConfig(session=SecretStr(TOKEN))
    assert TOKEN not in str(refusal.value) + repr(refusal.value)


def test_custom_headers_are_in_no_repr() -> None:
    assert TOKEN not in repr(ConnectionConfig(custom_headers={"Cookie": TOKEN}))
