"""Workers that stand still and cannot die: trading goes on, and they never execute an order late."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from actors.errors import NotPlaced, NotSent, OrderUnknown
from actors.messages import ConnectionUp, GetOpenedDeals, Restart, WorkerDown, WorkerUp
from runtime import Runtime
from runtime.practice import ExchangeLedger, PracticeExchange
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.trader import assert_each_sent_once, bet, catch_up, listening, trading, venue

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="freezes processes as Linux does")

FREEZER = Path("/sys/fs/cgroup/freezer")
VIGILANCE = {"heartbeat_interval": 0.2, "heartbeat_timeout": 1.0}
TWO = {"workers": 2, "connections": 2}
ORDERS = 20

PAUSE = """
import os, signal, sys, time
for number in signal.SIGSTOP, signal.SIGCONT:
    for pid in sys.argv[1:]:
        os.kill(int(pid), number)
    time.sleep(2.0)  # twice what a worker may be without heartbeats
"""

Freeze = Callable[[int], contextlib.AbstractContextManager[None]]


@contextmanager
def its_end(pid: int) -> Iterator[None]:
    """Waits for the end of the process, and leaves its exit status to its parent."""
    end = os.pidfd_open(pid)
    try:
        yield
        ended, _, _ = select.select([end], [], [], DEADLINE)
        assert ended, "it lives"
    finally:
        os.close(end)


def until_so_many_sockets_are_open(exchange: PracticeExchange, connections: int) -> None:
    """The exchange has seen the end of those of the dead worker."""

    def seen(book: ExchangeLedger) -> bool:
        return sum(socket.closed_at is None for socket in book.sockets()) == connections

    assert exchange.ledger.wait_until(seen, DEADLINE)


@contextmanager
def in_the_freezer(pid: int) -> Iterator[None]:
    """As a paused container: SIGKILL waits until it is thawed."""
    group = FREEZER / f"tellwire-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup freezer here: {error}")
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        try:
            yield
        finally:
            with its_end(pid):
                (group / "freezer.state").write_text("THAWED")
    finally:
        group.rmdir()


@contextmanager
def stopped_and_safe_from_kills(pid: int) -> Iterator[None]:
    """No SIGKILL reaches it: only its own timer can end it."""
    kill = subprocess.Popen.kill

    def kill_others(process: "subprocess.Popen[bytes]") -> None:
        if process.pid != pid:
            kill(process)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "kill", kill_others)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with its_end(pid):
                os.kill(pid, signal.SIGCONT)


def account_worker(runtime: Runtime) -> tuple[str, int]:
    """The name and the pid of the worker with the connection that takes orders."""
    status = status_of(runtime)
    [account] = [each.child for each in status.connections if each.pooled.role == "account"]
    return next((each.name, each.pid) for each in status.workers if each.name == account.worker)


@pytest.mark.parametrize("freeze", [in_the_freezer, stopped_and_safe_from_kills])
def test_the_account_leaves_a_worker_that_cannot_die_and_the_worker_sends_no_order_after_a_thaw(
    tmp_path: Path, freeze: Freeze
) -> None:
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", 2, supervision=VIGILANCE, pool=TWO)
        with listening(config) as (runtime, notebook):
            notebook.first(ConnectionUp, connection="connection-1")
            notebook.first(ConnectionUp, connection="connection-2")
            ask(runtime, GetOpenedDeals())
            name, frozen = account_worker(runtime)
            placed: set[int] = set()
            in_doubt: set[int] = set()
            amount = 0
            with freeze(frozen):
                while len(placed) < ORDERS:
                    amount += 1
                    assert amount < 10 * ORDERS
                    try:
                        placed.add(int(ask(runtime, bet(amount, deadline=3.0)).amount))
                    except OrderUnknown:
                        in_doubt.add(amount)
                    except (NotSent, NotPlaced):
                        continue
                    finally:
                        assert len(status_of(runtime).workers) == 2
                notebook.first(WorkerDown, pid=frozen)
                assert notebook.wait(
                    lambda book: len([up for up in book.all(WorkerUp) if up.worker == name]) == 2
                )
                assert psutil.Process(frozen).is_running()
                assert account_worker(runtime)[1] != frozen
            until_so_many_sockets_are_open(exchange, 2)
            catch_up(exchange, runtime, notebook)
            executed = {int(deal.deal.amount) for deal in exchange.ledger.deals()}
        asked_of_the_frozen = set(range(1, min(placed)))
        assert asked_of_the_frozen
        assert asked_of_the_frozen.isdisjoint(executed)
        assert placed <= executed <= placed | in_doubt
        assert_each_sent_once(exchange, len(executed))


@pytest.mark.parametrize("freeze", [in_the_freezer, stopped_and_safe_from_kills])
def test_a_worker_that_cannot_die_is_replaced_when_a_restart_is_requested(
    tmp_path: Path, freeze: Freeze
) -> None:
    with venue() as exchange:
        patient = {"heartbeat_timeout": 3.0}
        config = trading(exchange, tmp_path / "orders.sqlite", 1, supervision=patient)
        with listening(config) as (runtime, notebook):
            ask(runtime, GetOpenedDeals())
            name, frozen = account_worker(runtime)
            with freeze(frozen):
                ask(runtime, Restart(name))
                notebook.first(ConnectionUp, epoch=2)
                ask(runtime, bet(5))
            until_so_many_sockets_are_open(exchange, 1)
            catch_up(exchange, runtime, notebook)
        assert_each_sent_once(exchange, 1)


def test_a_runtime_that_stood_still_as_a_whole_trades_again_with_new_workers(tmp_path: Path) -> None:
    """As in a paused container: the workers die when it goes on, rather than send what waited for them."""
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", 2, supervision=VIGILANCE, pool=TWO)
        with listening(config) as (runtime, notebook):
            notebook.first(ConnectionUp, connection="connection-1")
            notebook.first(ConnectionUp, connection="connection-2")
            ask(runtime, GetOpenedDeals())
            pids = [worker.pid for worker in status_of(runtime).workers]
            command = [sys.executable, "-c", PAUSE, *map(str, [*pids, os.getpid()])]
            subprocess.run(command, check=True)
            for pid in pids:
                notebook.first(WorkerDown, pid=pid)
            notebook.first(ConnectionUp, epoch=2, connection="connection-1")
            notebook.first(ConnectionUp, epoch=2, connection="connection-2")
            ask(runtime, bet(5))
            until_so_many_sockets_are_open(exchange, 2)
            catch_up(exchange, runtime, notebook)
        assert_each_sent_once(exchange, 1)
