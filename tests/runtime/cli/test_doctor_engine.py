"""The doctor looks at the engine of a cluster: real servers, with good and bad settings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runtime.cli.doctor_engine import engine_findings
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.config import load_text
from tests.doubles.engine_group import EngineGroup
from tests.doubles.engine_server import EngineServer

Serve = Callable[..., EngineServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server with further options."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(EngineServer(tmp_path, *options))


def found(url: str, more: str = "") -> dict[str, tuple[str, str]]:
    text = f"accounts: [{{name: main, session: ''}}]\ncluster: {{engine: '{url}'{more}}}\n"
    config = load_text(text, "x.yaml", Path())
    return {each.subject: (each.level.value, each.text) for each in engine_findings(config)}


def test_a_good_engine_is_told_with_its_version_and_what_it_keeps(serve: Serve) -> None:
    server = serve()
    told = found(server.url)
    assert {level for level, _ in told.values()} == {"OK"}
    assert f"{server.url}: version " in told["engine"][1]
    assert "round trip" in told["engine"][1]
    assert told["engine"][1].endswith("the first host loads the functions")  # and still has none
    assert told["engine's disk"][1] == "each order is on it before it is sent"
    engine = Engine(parse_address(server.url), 10.0)
    engine.prepare()
    engine.close()
    assert found(server.url)["engine"][1].endswith("the functions of tellwire are loaded")


def test_what_loses_orders_is_a_warning_and_what_stops_them_a_failure(serve: Serve) -> None:
    told = found(serve("--appendfsync", "everysec").url, ", replicas: 1")
    level, text = told["engine's disk"]
    assert (level, "loses those of the last second" in text) == ("WARN", True)
    assert told["engine's replicas"] == (
        "FAIL",
        "0 connected, 1 must confirm an order (cluster.replicas): no order is sent",
    )


def test_several_servers_are_told_with_what_a_failover_would_lose(group: EngineGroup) -> None:
    group.replica()
    level, text = found(f"{group.url}", ", replicas: 1, lease: 4s")["engine's failover"]
    assert level == "WARN"
    assert "two servers" in text
    assert "set min-replicas-to-write 1" in text
    assert "takes up to 3 s, and moves all accounts: set cluster.lease to 6 s" in text
    place = group.url.partition("://")[2]
    told = found(f"sentinel://127.0.0.1:1,{place}", ", replicas: 1")
    assert told["engine"][1].startswith(f"sentinel://127.0.0.1:1,{place}: version ")
    assert "1 of 2 sentinels of the engine do not know it (127.0.0.1:1: no" in told["engine's failover"][1]


def test_three_servers_that_refuse_writes_without_a_replica_are_good(tmp_path: Path) -> None:
    (folder := tmp_path / "group").mkdir()
    with EngineGroup(folder, 3, 1, "--min-replicas-to-write", "1") as three:
        told = found(three.url, ", replicas: 1, lease: 6s")
    assert {level for level, _ in told.values()} == {"OK"}
    assert told["engine's replicas"][1].startswith("2 connected")
    assert told["engine's failover"][1].endswith("; a lease outlives a failover (6 s)")


def test_an_engine_that_keeps_nothing_or_may_drop_a_lease_is_told_with_the_remedy(serve: Serve) -> None:
    told = found(serve("--appendonly", "no", "--maxmemory-policy", "allkeys-lru").url)
    assert told["engine's memory"][0] == "FAIL"
    assert "set noeviction" in told["engine's memory"][1]
    assert told["engine's disk"][0] == "WARN"
    assert "set appendonly yes, appendfsync always" in told["engine's disk"][1]


def test_an_engine_that_is_away_or_refuses_the_password_fails_without_naming_it(serve: Serve) -> None:
    server = serve("--requirepass", "the-right-one")
    wrong = found(server.url.replace("://", "://:the-wr0ng-one@"))
    assert list(wrong) == ["engine"]
    assert wrong["engine"][0] == "FAIL"
    assert "refuses the user or the password" in wrong["engine"][1]
    assert "wr0ng" not in wrong["engine"][1]
    server.kill()
    assert "is away: no connection" in found(server.url)["engine"][1]


def test_a_user_that_may_not_read_the_settings_is_told_so(serve: Serve) -> None:
    user = ["--user", "tellwire", "on", ">secret-word", "~*", "&*", "+@all", "-config"]
    url = serve(*user).url.replace("://", "://tellwire:secret-word@")
    level, text = found(url)["engine's disk"]
    assert (level, text.startswith("it does not tell appendfsync")) == ("WARN", True)


def test_without_an_engine_nothing_is_said() -> None:
    assert list(engine_findings(load_text("{}", "x.yaml", Path()))) == []
