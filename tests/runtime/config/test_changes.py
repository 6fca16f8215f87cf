from pathlib import Path
from typing import Any

import pytest

from actors.errors import ConfigInvalid
from runtime.config import Config, load
from runtime.config.changes import NEEDS_RESTART, changes

REGION = {"name": "eu", "url": "wss://demo-api-eu.po.market/socket.io/?EIO=4&transport=websocket"}


def config(**sections: Any) -> Config:
    return Config.model_validate(sections)


def test_equal_configurations_differ_in_nothing() -> None:
    assert changes(config(), config(config_version=1)) == []


@pytest.mark.parametrize(
    ("sections", "name"),
    [
        ({"regions": {"demo": [REGION]}}, "regions.demo"),
        ({"limits": {"messages": ["5/s"]}}, "limits.messages"),
        ({"limits": {"connects": ["5/s"]}}, "limits.connects"),
        ({"limits": {"max_concurrent_operations": 3}}, "limits.max_concurrent_operations"),
        ({"batching": {"batch_size": 3}}, "batching.batch_size"),
        ({"health": {"stale_after": "20s"}}, "health.stale_after"),
        ({"orders": {"maximum_amount": 20}}, "orders.maximum_amount"),
        ({"orders": {"maximum_open": 2}}, "orders.maximum_open"),
        ({"orders": {"daily_loss": 20}}, "orders.daily_loss"),
        ({"orders": {"daily_orders": 20}}, "orders.daily_orders"),
        ({"orders": {"minimum_payout": 80}}, "orders.minimum_payout"),
        ({"streams": [{"asset": "EURUSD_otc"}]}, "streams"),
        ({"log": {"level": "DEBUG"}}, "log.level"),
    ],
)
def test_what_can_be_changed_live_is_named(sections: dict[str, Any], name: str) -> None:
    assert changes(config(), config(**sections)) == [name]


@pytest.mark.parametrize(
    ("sections", "name"),
    [
        ({"pool": {"connections": 3}}, "pool.connections"),
        ({"account": {"allow_live": True}}, "account.allow_live"),
        ({"orders": {"verdict_delay": "9s"}}, "orders.verdict_delay"),
        ({"log": {"json_lines": True}}, "log.json_lines"),
        ({"health": {"check_interval": "2s"}}, "health.check_interval"),
        ({"account": {"session": ""}, "orders": {"journal": "j.sqlite"}}, "orders.journal"),
    ],
)
def test_what_needs_a_restart_refuses_all_of_it_by_name(sections: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        changes(config(), config(limits={"messages": ["5/s"]}, **sections))
    (problem,) = refusal.value.problems
    assert problem.startswith(f"{name}: ")
    assert "limits" not in problem


def test_a_session_that_differs_is_named_and_not_shown() -> None:
    session = '42["auth",{"session":"canary1234567890","isDemo":1,"uid":1,"platform":2}]'
    with pytest.raises(ConfigInvalid) as refusal:
        changes(
            config(regions={"demo": [REGION]}),
            config(account={"session": session}, regions={"demo": [REGION]}),
        )
    (problem,) = refusal.value.problems
    assert problem == f"account.session: {NEEDS_RESTART}"


def test_each_setting_that_needs_a_restart_is_named_with_its_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("pool: {connections: 3, workers: 0}\nlog:\n  json_lines: false\n")
    old = load(path)
    path.write_text("pool: {workers: 1}\n\nlog:\n  json_lines: true\n")
    with pytest.raises(ConfigInvalid) as refusal:
        changes(old, load(path))
    assert refusal.value.problems == (
        f"{path}:1:7: pool.connections: {NEEDS_RESTART}",
        f"{path}:1:8: pool.workers: {NEEDS_RESTART}",
        f"{path}:4:3: log.json_lines: {NEEDS_RESTART}",
    )
