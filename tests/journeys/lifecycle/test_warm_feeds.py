"""A feed that a second host runs warm, and a program that reads it by the engine while its host changes."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.messages import Subscribe
from actors.messages.events import StreamGap
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.cluster.host_directory import HostDirectory
from runtime.control.follower import MOVED
from runtime.ctl import main
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.engine_fixtures import engine_server
from tests.doubles.engine_server import EngineServer
from tests.doubles.several_accounts import write
from tests.journeys.hosts import CLUSTER, LEASE, NAMES, PATIENCE, attached, hosts
from tests.journeys.journey import ASSETS, Notebook, each_once, quotes
from tests.waiting import eventually

__all__ = ["engine_server"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there"),
    pytest.mark.timeout(300),
]

REGIONS = ("PRACTICE-1", "PRACTICE-2")
FEED = "  - {{name: otc, session: '{session}', assets: [{assets}], standby: 1}}\n"


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(REGIONS, accounts=len(NAMES), tick_rate=50.0)) as running:
        yield running


@pytest.fixture
def files(
    exchange: PracticeExchange, tmp_path: Path, place: Path, engine_server: EngineServer
) -> dict[str, Path]:
    """The configuration of each host, with a session of its own for the feed, and a region of its own."""
    found = {
        name: write(
            tmp_path / f"{name}.yaml",
            exchange,
            place.with_name(f"{name}.sock"),
            accounts="  []\n",
            feeds=FEED.format(session=session, assets=", ".join(ASSETS)),
            more=CLUSTER.format(url=engine_server.url, host=name, lease=LEASE),
        )
        for name, session in zip(NAMES, exchange.sessions, strict=True)
    }
    for file, region in zip(found.values(), reversed(REGIONS), strict=True):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if region not in line))
    return found


class Cluster:
    """What the hosts tell one another of the feed."""

    def __init__(self, engine: Engine) -> None:
        self._directory = HostDirectory(engine)

    def owner(self) -> str:
        lease = self._directory.leases(["feed:otc"])["feed:otc"]
        return "" if lease is None else lease.host

    def hosts(self) -> tuple[str, str]:
        """The owner, and the other one."""
        [other] = set(NAMES) - {owner := self.owner()}
        return owner, other

    def standing(self) -> dict[str, bool]:
        """By host, whether it is warm."""
        return self._directory.standing(NAMES).get("feed:otc", {})


@pytest.fixture
def cluster(engine_server: EngineServer) -> Iterator[Cluster]:
    engine = Engine(parse_address(engine_server.url), timeout=1.0)
    yield Cluster(engine)
    engine.close()


def assert_it_goes_on(notebook: Notebook) -> None:
    counted = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > counted + 200)


def assert_every_tick_came_once(notebook: Notebook, exchange: PracticeExchange) -> None:
    for asset in ASSETS:
        got = quotes(notebook.ticks(asset))
        sent = [quote for quote in quotes(each_once(exchange.ledger.ticks(asset))) if quote >= got[0]]
        assert got == sent[: len(got)]


def test_a_move_and_the_death_of_a_host_cost_no_tick(
    exchange: PracticeExchange,
    files: dict[str, Path],
    engine_server: EngineServer,
    tmp_path: Path,
    cluster: Cluster,
) -> None:
    notebook = Notebook()
    with hosts(files, tmp_path, workers=0) as running, attached(engine_server.url, "otc") as attachment:
        first, second = cluster.hosts()
        attachment.router.ask(Subscribe("", to=notebook), timeout=PATIENCE)
        eventually(lambda: second in cluster.standing(), PATIENCE)
        assert main([str(files["h1"]), "move", "otc", second]) == 0  # waits until it is warm
        assert cluster.owner() == second
        eventually(lambda: cluster.standing().get(first, False), PATIENCE)
        running[second].kill()
        eventually(lambda: cluster.owner() == first, PATIENCE)
        assert_it_goes_on(notebook)
    assert_every_tick_came_once(notebook, exchange)
    assert notebook.all(StreamGap) == []


def test_what_a_standby_has_seen_nothing_of_is_a_gap_and_a_polite_stop_loses_nothing_else(
    exchange: PracticeExchange,
    files: dict[str, Path],
    engine_server: EngineServer,
    tmp_path: Path,
    cluster: Cluster,
) -> None:
    notebook = Notebook()
    quiet, *others = ASSETS
    with ExitStack() as stack:
        first = stack.enter_context(hosts({"h1": files["h1"]}, tmp_path, workers=0))["h1"]
        attachment = stack.enter_context(attached(engine_server.url, "otc"))
        attachment.router.ask(Subscribe("", to=notebook), timeout=PATIENCE)
        assert notebook.wait(lambda book: len(book.ticks(quiet)) > 10)
        exchange.mute(quiet)
        stack.enter_context(hosts({"h2": files["h2"]}, tmp_path, workers=0))
        local = stack.enter_context(attached(files["h2"], "otc"))  # which the standby serves
        for asset in others:
            next(local.client.ticks(asset))
        first.terminate()
        eventually(lambda: cluster.owner() == "h2", PATIENCE)
        exchange.unmute(quiet)
        gap = notebook.first(StreamGap)
        assert_it_goes_on(notebook)
    assert (gap.asset, gap.reason) == (quiet, MOVED)
    assert notebook.all(StreamGap) == [gap]
    assert_every_tick_came_once(notebook, exchange)


def test_a_host_that_cannot_reach_the_venue_any_more_hands_the_feed_over_and_costs_no_tick(
    exchange: PracticeExchange,
    files: dict[str, Path],
    engine_server: EngineServer,
    tmp_path: Path,
    cluster: Cluster,
    capsys: pytest.CaptureFixture[str],
) -> None:
    notebook = Notebook()
    with hosts(files, tmp_path, workers=0), attached(engine_server.url, "otc") as attachment:
        first, second = cluster.hosts()
        attachment.router.ask(Subscribe("", to=notebook), timeout=PATIENCE)
        eventually(lambda: cluster.standing().get(second, False), PATIENCE)
        assert main([str(files[second]), "hosts"]) == 0
        rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
        assert rows[first].endswith("otc (epoch 1)")
        assert rows[second].endswith("otc (standby)")
        assert main([str(files[second]), "accounts"]) == 0
        assert f"stands by (host {first} has it)" in capsys.readouterr().out
        exchange.close_region(REGIONS[NAMES.index(first)])
        eventually(lambda: cluster.owner() == second, PATIENCE)
        assert_it_goes_on(notebook)
    assert_every_tick_came_once(notebook, exchange)
    assert notebook.all(StreamGap) == []
