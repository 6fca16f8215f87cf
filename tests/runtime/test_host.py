"""Several accounts and a feed in one process, on one practice exchange."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from actors.errors import (
    AuthRejected,
    ConfigInvalid,
    JournalInUse,
    NoRuntime,
    NotSent,
    OrderUnknown,
    RequestRefused,
)
from actors.messages import GetStatus, PlaceOrder, Restart
from actors.values import Direction
from runtime import Config, Host, Runtime, attach, attach_async, load
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.several_accounts import NAMES, entries, uid_of, write, wrong
from tests.waiting import eventually

PATIENCE = 20.0
"""Seconds: a loaded machine takes its time."""


def states(host: Host) -> dict[str, str]:
    return {each.name: each.state for each in host.states()}


def all_up(host: Host, *names: str) -> None:
    eventually(lambda: all(states(host)[name] == "up" for name in names or states(host)))


def order(amount: int) -> PlaceOrder:
    return PlaceOrder("EURUSD_otc", Decimal(amount), Direction.CALL, 60)


@pytest.fixture(scope="module")
def several() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(accounts=3, tick_rate=20.0)) as running:
        yield running


@pytest.fixture
def file(several: PracticeExchange, tmp_path: Path, place: Path) -> Path:
    return write(tmp_path / "several.yaml", several, place)


@pytest.fixture
def host(file: Path) -> Iterator[Host]:
    with Host.from_yaml(file) as running:
        yield running


def test_an_order_of_an_account_is_at_the_venue_in_that_account_alone(
    several: PracticeExchange, host: Host, file: Path, place: Path
) -> None:
    all_up(host)
    orders = len(several.ledger.orders())
    for stake, name in enumerate(NAMES, start=2):
        assert (
            host.runtimes[name].client.buy("EURUSD_otc", stake, seconds=60, timeout=PATIENCE).amount == stake
        )
    mine = {uid_of(session): stake for stake, session in enumerate(several.sessions, start=2)}
    assert {each.uid: each.amount for each in several.ledger.orders()[orders:]} == mine
    for stake, name in enumerate(NAMES, start=2):
        with attach(file, account=name) as attached:
            assert [deal.amount for deal in attached.client.opened_deals()] == [stake]
            eventually(lambda: attached.client.balance().amount == 10_000 - stake)  # noqa: B023
    with attach(place, account=None) as process:
        told = {each.name: each for each in process.accounts(PATIENCE)}
        assert [told[name].balance for name in NAMES] == [10_000 - stake for stake in (2, 3, 4)]
        assert [(told[name].open_deals, told[name].in_doubt, told[name].mode) for name in NAMES] == [
            (1, 0, "demo")
        ] * 3
        assert (told["otc"].kind, told["otc"].balance, told["otc"].open_deals) == ("feed", None, None)


def test_a_feed_streams_and_refuses_orders_by_its_name(host: Host) -> None:
    feed = host.runtimes["otc"]
    tick = next(iter(feed.client.ticks("EURUSD_otc")))
    assert tick.asset == "EURUSD_otc"
    with pytest.raises(
        RequestRefused, match="otc is a feed, which has no orders: ask main or hedge or third"
    ):
        feed.router.ask(order(1), timeout=PATIENCE)
    assert feed.router.ask(GetStatus(), timeout=PATIENCE).desk.open_deals == 0


def test_attach_names_the_accounts_where_none_is_named(host: Host, file: Path, place: Path) -> None:
    with pytest.raises(ConfigInvalid, match="there are several, main, hedge, third, otc"):
        attach(file)
    with pytest.raises(ConfigInvalid, match=r"'hegde' is none of them \(did you mean hedge\?\)"):
        attach(file, account="hegde")
    with pytest.raises(RequestRefused, match="name one of main, hedge, third, otc"):
        attach(place)
    with pytest.raises(NoRuntime):
        attach(place, account="fourth")
    with attach(place, account="hedge") as attached:
        assert attached.runtime.pid == os.getpid()
        with pytest.raises(RequestRefused, match="it has one account"):
            attached.accounts()


def test_an_account_that_cannot_log_in_stops_no_other_and_comes_back_when_it_is_restarted(
    several: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    good = several.sessions
    text = entries((good[0], wrong(good[1])))
    file = write(tmp_path / "c.yaml", several, place, accounts=text, feeds="")
    with Host.from_yaml(file) as host:
        eventually(lambda: isinstance(host.failures.get("hedge"), AuthRejected))
        all_up(host, "main")
        told = host.state("hedge")
        assert (told.state, "AuthRejected" in told.reason) == ("refused", True)
        assert host.runtimes["main"].client.balance(timeout=PATIENCE).amount > 0
        assert not host.wait(0)
        file.write_text(file.read_text().replace(wrong(good[1]), good[1]))
        assert host.reload() == ["hedge restarted (account.session)"]
        all_up(host, "hedge")
        assert host.failures == {}


def test_a_refused_account_that_a_person_restarts_is_no_failure_any_more(
    several: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    file = write(tmp_path / "c.yaml", several, place, accounts=entries(several.sessions[:2]), feeds="")
    for region in several.regions:
        several.fault("refuse_sessions", region=region.name)
    with Host.from_yaml(file) as host:
        assert host.wait(PATIENCE)  # all of them
        assert host.failures.keys() == {"main", "hedge"}
        several.calm("refuse_sessions")
        host.runtimes["main"].router.ask(Restart("connection-1"), timeout=PATIENCE)
        eventually(lambda: host.failures.keys() == {"hedge"})


def test_an_account_that_cannot_start_is_a_failure_and_stops_no_other(
    several: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    session = several.sessions[0]
    alone = {
        "account": {"session": session},
        "regions": {"demo": [{"name": "a", "url": several.regions[0].url}]},
    }
    file = write(tmp_path / "c.yaml", several, place, feeds="")
    with Runtime(Config.model_validate({**alone, "pool": {"workers": 0}})), Host.from_yaml(file) as host:
        assert isinstance(host.failures["main"], JournalInUse)
        assert states(host)["main"] == "failed"
        all_up(host, "hedge", "third")


def test_a_reload_adds_removes_and_changes_accounts_and_touches_no_other(
    several: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    sessions = several.sessions
    file = write(tmp_path / "c.yaml", several, place, accounts=entries(sessions[:2]))
    with Host.from_yaml(file) as host:
        all_up(host)
        main, feed = host.runtimes["main"], host.runtimes["otc"]
        epochs = [each.child.epoch for each in main.router.ask(GetStatus(), timeout=PATIENCE).connections]
        text = file.read_text().replace("name: hedge", "name: next").replace(sessions[1], sessions[2])
        file.write_text(text.replace("assets: [EURUSD_otc]", "assets: [EURUSD_otc, AUDCAD_otc]"))
        assert host.reload() == ["hedge removed", "otc.streams", "next added"]
        assert [*host.runtimes] == ["main", "next", "otc"]
        assert (host.runtimes["main"], host.runtimes["otc"]) == (main, feed)
        all_up(host)
        after = main.router.ask(GetStatus(), timeout=PATIENCE).connections
        assert [each.child.epoch for each in after] == epochs
        eventually(lambda: host.state("otc").streams == 2)


def test_a_change_for_all_that_needs_a_restart_is_refused_and_changes_nothing(host: Host, file: Path) -> None:
    text = file.read_text()
    file.write_text(text.replace("connections: 1", "connections: 2").replace("name: third", "name: other"))
    with pytest.raises(ConfigInvalid, match=r"pool.connections: cannot be changed without a restart"):
        host.reload()
    assert [*host.runtimes] == [*NAMES, "otc"]


def test_an_order_in_flight_is_answered_when_all_stop(several: PracticeExchange, file: Path) -> None:
    host = Host.from_yaml(file)
    host.start()
    try:
        all_up(host)
        future = host.runtimes["main"].router.ask(order(1), block=False, timeout=PATIENCE)
    finally:
        host.stop()
    with contextlib.suppress(NotSent, OrderUnknown):  # which one depends on how far it was
        assert future.get(timeout=1).amount == 1
    assert host.runtimes == {}
    with pytest.raises(NoRuntime):
        attach(file, account="main")


def test_one_account_stops_when_it_is_asked_to_and_the_others_go_on(host: Host, file: Path) -> None:
    host.stop_one("hedge")
    assert states(host)["hedge"] == "stopped"
    with pytest.raises(NoRuntime):
        attach(file, account="hedge")
    assert host.start_one("hedge")
    all_up(host)


def test_a_runtime_is_one_account_and_a_host_is_several(file: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"a Runtime is one of main, hedge, third, otc"):
        Runtime(load(file))
    assert Runtime.from_yaml(file, account="main").config.name == "main"
    with pytest.raises(ConfigInvalid, match="there are none"):
        Host(Config())


def test_attach_async_takes_the_name_of_an_account(host: Host, file: Path) -> None:
    async def balance() -> Decimal:
        async with attach_async(file, account="hedge") as attached:
            return (await attached.client.balance(timeout=PATIENCE)).amount

    all_up(host, "hedge")
    assert asyncio.run(balance()) > 0


def test_a_feed_may_have_the_session_of_a_guest(
    several: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    feed = f"  - {{name: quotes, session: '{several.guest_session}', assets: [EURUSD_otc]}}\n"
    file = write(tmp_path / "c.yaml", several, place, accounts=entries(several.sessions[1:2]), feeds=feed)
    with Host.from_yaml(file) as host:
        assert next(iter(host.runtimes["quotes"].client.ticks("EURUSD_otc"))).asset == "EURUSD_otc"
        assert host.state("quotes").kind == "feed"
