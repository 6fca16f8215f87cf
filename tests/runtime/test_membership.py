"""Hosts in this process that share accounts by one real engine, on one practice exchange."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loguru import logger

from actors.engine.clock import elapsed
from actors.errors import ConfigInvalid, NotSent
from actors.tenancy.tenure import Tenure
from runtime import Config, Host, load, membership as memberships
from runtime.control.protocol import VERSION, Welcome
from runtime.membership import Membership
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.engine_fixtures import engine_server
from tests.doubles.engine_server import EngineServer
from tests.doubles.recorder import Recorder, Recording
from tests.doubles.several_accounts import write
from tests.waiting import eventually

__all__ = ["engine_server"]

PATIENCE = 50.0
CLUSTER = "cluster: {{engine: '{url}', host: {host}, lease: 3s, renew: 500ms, margin: 1s}}\n"

Start = Callable[[str], Host]


@pytest.fixture(scope="module")
def two() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(accounts=2)) as running:
        yield running


@pytest.fixture
def start(
    two: PracticeExchange, engine_server: EngineServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Starts a host of a name, with a state folder of its own, and two accounts of the exchange."""
    with ExitStack() as hosts:

        def begin(name: str) -> Host:
            monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))
            orders = f"{{{{journal: {name}-{{0}}.sqlite, share_account: true}}}}"
            entry = f"  - {{{{name: {{0}}, session: '{{1}}', orders: {orders}}}}}\n"
            named = zip(("main", "hedge"), two.sessions, strict=True)
            file = write(
                tmp_path / f"{name}.yaml",
                two,
                tmp_path / f"{name}.sock",
                accounts="".join(entry.format(account, session) for account, session in named),
                feeds="",
                more=CLUSTER.format(url=engine_server.url, host=name),
            )
            # In the main thread, the kernel would end the tests with a lease that a busy machine closes late.
            with ThreadPoolExecutor(1) as thread:
                return hosts.enter_context(thread.submit(Host.from_yaml, file).result())

        yield begin


def runs(host: Host) -> list[str]:
    return sorted(host.runtimes)


def test_two_hosts_share_two_accounts_and_the_one_that_stops_leaves_its_own_to_the_other(
    start: Start,
) -> None:
    first = start("h1")
    eventually(lambda: runs(first) == ["hedge", "main"], PATIENCE)
    second = start("h2")
    assert first.runtimes["main"].client.buy("EURUSD_otc", 2, seconds=60, timeout=PATIENCE).amount == 2
    assert runs(second) == []
    first.stop()
    eventually(lambda: runs(second) == ["hedge", "main"], PATIENCE)
    client = second.runtimes["main"].client
    assert [deal.amount for deal in client.opened_deals(timeout=PATIENCE)] == [2]
    assert client.buy("EURUSD_otc", 3, seconds=60, timeout=PATIENCE).amount == 3


def test_without_the_engine_orders_are_not_sent_and_accounts_close_until_it_is_back(
    start: Start, engine_server: EngineServer, two: PracticeExchange
) -> None:
    host = start("h1")
    eventually(lambda: runs(host) == ["hedge", "main"], PATIENCE)
    client = host.runtimes["main"].client
    assert client.buy("EURUSD_otc", 5, seconds=60, timeout=PATIENCE).amount == 5
    engine_server.kill()
    with pytest.raises(NotSent):
        client.buy("EURUSD_otc", 6, seconds=60, timeout=PATIENCE)
    eventually(lambda: runs(host) == [], PATIENCE)
    eventually(lambda: all(socket.closed_at is not None for socket in two.ledger.sockets()), PATIENCE)
    engine_server.start()
    eventually(lambda: runs(host) == ["hedge", "main"], PATIENCE)
    client = host.runtimes["main"].client
    assert client.buy("EURUSD_otc", 7, seconds=60, timeout=PATIENCE).amount == 7
    assert {deal.amount for deal in client.opened_deals()} & {5, 6, 7} == {5, 7}


def test_a_reload_removes_adds_and_restarts_accounts_that_hosts_share(
    start: Start, tmp_path: Path, two: PracticeExchange
) -> None:
    first, file = start("h1"), tmp_path / "h1.yaml"
    eventually(lambda: runs(first) == ["hedge", "main"], PATIENCE)
    second = start("h2")
    whole = file.read_text()
    file.write_text("".join(line for line in whole.splitlines(keepends=True) if "hedge" not in line))
    assert first.reload() == ["hedge removed"]
    assert runs(first) == ["main"]
    eventually(lambda: runs(second) == ["hedge"], PATIENCE)  # which still has it in its file
    file.write_text(whole.replace("{name: hedge,", "{name: hedge, pool: {connections: 2},"))
    assert first.reload() == ["hedge added"]
    assert {state.name: state.state for state in first.states()} == {"main": "up", "hedge": "stopped"}
    second.stop()
    eventually(lambda: runs(first) == ["hedge", "main"], PATIENCE)
    assert first.runtimes["hedge"].config.pool.connections == 2
    before = first.runtimes["hedge"]
    file.write_text(file.read_text().replace("connections: 2", "connections: 3"))
    assert first.reload() == ["hedge restarted (pool.connections)"]
    eventually(lambda: first.runtimes.get("hedge", before) is not before, PATIENCE)
    assert first.runtimes["hedge"].config.pool.connections == 3
    assert first.runtimes["hedge"].client.buy("EURUSD_otc", 4, seconds=60, timeout=PATIENCE).amount == 4


class Landlord:
    """A host whose runtimes have a router alone, and cannot be stopped."""

    def __init__(self, config: Config, router: Recording) -> None:
        self.config = config
        self._router = router

    def start_owned(self, *_: object) -> Any:
        return SimpleNamespace(
            router=self._router.ref, welcome=Welcome(VERSION, 1, "practice", 0.0, [], "h1")
        )

    def stop_owned(self, name: str) -> None:
        raise RuntimeError(f"{name} cannot be stopped")


@pytest.fixture
def landlord(two: PracticeExchange, tmp_path: Path) -> Iterator[Landlord]:
    """A host of a cluster whose engine is away."""
    more = CLUSTER.format(url="valkey://127.0.0.1:1", host="h1")
    file = write(tmp_path / "h1.yaml", two, tmp_path / "h1.sock", feeds="", more=more)
    router = Recording(Recorder)
    yield Landlord(load(file), router)
    router.ref.stop()


def test_a_reload_does_not_wait_for_an_account_that_could_not_be_stopped(
    landlord: Landlord, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    heard = logger.add(lines.append, level="WARNING", format="{message}")
    monkeypatch.setattr(memberships, "ENDED_WITHIN", 0.0)
    membership = Membership(landlord.config, landlord, lambda: None)
    tenure = Tenure("account:main", 1, elapsed() + 600.0)
    assert membership.start(tenure, elapsed) == ""
    with pytest.raises(RuntimeError, match="main cannot be stopped"):
        membership.stop(tenure)
    membership.assign(Config())
    membership.end(0.0)
    logger.remove(heard)
    assert not any("main has not ended yet" in line for line in lines)


class WatchedLandlord(Landlord):
    """A host that looks at its membership while a runtime ends."""

    membership: Membership
    stood_by: list[bool]
    shown: list[bool]

    def stop_owned(self, name: str) -> None:
        self.stood_by = [*map(self.membership.stands_by, ("main", "otc"))]
        self.shown = [duty.stands_by for duty in self.membership.picture().duties]


def test_an_account_that_ends_does_not_stand_by(two: PracticeExchange, tmp_path: Path) -> None:
    more = CLUSTER.format(url="valkey://127.0.0.1:1", host="h1")
    feeds = f"  - {{name: otc, session: '{two.sessions[0]}', assets: [EURUSD_otc], standby: 1}}\n"
    file = write(tmp_path / "h1.yaml", two, tmp_path / "h1.sock", feeds=feeds, more=more)
    router = Recording(Recorder)
    landlord = WatchedLandlord(load(file), router)
    landlord.membership = membership = Membership(landlord.config, landlord, lambda: None)
    tenure = Tenure("account:main", 1, elapsed() + 600.0)
    assert membership.start(tenure, elapsed) == ""
    assert membership.stand_by("feed:otc") == ""
    membership.stop(tenure)
    assert landlord.stood_by == [False, True]
    assert landlord.shown == [False, False, True]
    membership.stand_down("feed:otc")
    assert landlord.stood_by == [False, False]
    membership.end(0.0)
    router.ref.stop()


def test_a_standby_that_is_taken_over_once_its_feed_has_none_any_more_publishes(
    two: PracticeExchange, tmp_path: Path
) -> None:
    more = CLUSTER.format(url="valkey://127.0.0.1:1", host="h1")
    feeds = f"  - {{name: otc, session: '{two.sessions[0]}', assets: [EURUSD_otc], standby: 1}}\n"
    file = write(tmp_path / "h1.yaml", two, tmp_path / "h1.sock", feeds=feeds, more=more)
    router = Recording(Recorder)
    landlord = WatchedLandlord(load(file), router)
    landlord.membership = membership = Membership(landlord.config, landlord, lambda: None)
    assert membership.stand_by("feed:otc") == ""
    file.write_text(file.read_text().replace(", standby: 1", ""))
    landlord.config = load(file)
    membership.assign(landlord.config)
    tenure = Tenure("feed:otc", 1, elapsed() + 600.0)
    assert membership.start(tenure, elapsed) == ""
    assert not membership.stands_by("otc")
    membership.stop(tenure)
    membership.end(0.0)
    router.ref.stop()


def test_an_account_that_a_reload_removes_at_this_moment_ends_here(landlord: Landlord) -> None:
    membership = Membership(landlord.config, landlord, lambda: None)
    membership.begin()
    assert membership.absence("main") == "no host has it"
    membership.assign(Config())
    assert membership.absence("main") == "it ends here"
    landlord.config = Config()
    assert membership.start(Tenure("account:main", 1, math.inf), elapsed) == "a reload has removed it"
    membership.failed("main")
    membership.end(PATIENCE)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("engine: valkey://e, renew: 2s", "cluster.renew: must be a third of cluster.lease"),
        ("engine: valkey://e, margin: 3s", "cluster.margin: must be below a half of cluster.lease"),
        ("engine: 'sentinel://a,b/main'", "cluster.replicas: must be 1 or more with sentinels"),
        ("engine: 'sentinel://a,b'", "cluster.engine: the path of the URL of sentinels is the name"),
        ("engine: http://e", "cluster.engine: the URL of an engine begins with valkey"),
        ("host: 'h 1'", "cluster.host: is not a name of letters"),
        ("engine: valkey://e", "cluster.engine: needs accounts"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_by_name(tmp_path: Path, settings: str, problem: str) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(f"cluster: {{{settings}}}\n")
    with pytest.raises(ConfigInvalid, match=problem):
        load(file)


def test_without_an_engine_there_is_no_cluster() -> None:
    assert Config().cluster.engine.get_secret_value() == ""
