"""An operator moves an account between hosts, and empties a host, while orders are placed."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from runtime.ctl import main
from runtime.practice import PracticeExchange
from tests.doubles.engine_fixtures import engine_server
from tests.doubles.engine_server import EngineServer
from tests.journeys.host_trader import Trader, assert_no_order_is_doubled_lost_or_answered_wrongly
from tests.journeys.hosts import NAMES, PATIENCE, exchange, files, hosts
from tests.waiting import eventually

__all__ = ["engine_server", "exchange", "files"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="has no engine there"),
    pytest.mark.timeout(300),
]

Capture = pytest.CaptureFixture[str]


class Operator:
    """At a machine with the file of ``h1``."""

    def __init__(self, file: Path, capsys: Capture) -> None:
        self._file = file
        self._capsys = capsys

    def said(self, *words: str, code: int = 0) -> str:
        assert main([str(self._file), *words]) == code
        out, err = self._capsys.readouterr()
        return (out or err).strip()

    def hosts(self) -> dict[str, Any]:
        told = json.loads(self.said("hosts", "--json"))
        return {host["name"]: host for host in told["hosts"]} | {"": told["ownerless"]}

    def owner(self) -> str:
        found = self.hosts()
        return next((name for name in NAMES if name in found and found[name]["duties"]), "")


@pytest.fixture
def operator(files: dict[str, Path], capsys: Capture) -> Operator:
    return Operator(files["h1"], capsys)


def test_an_account_moves_by_command_and_no_order_is_doubled_or_lost(
    exchange: PracticeExchange, files: dict[str, Path], tmp_path: Path, operator: Operator
) -> None:
    with hosts(files, tmp_path, workers=1), ExitStack() as at_work:
        traders = [at_work.enter_context(Trader(files, number)) for number in (1, 20)]
        eventually(lambda: all(len(trader.deals) > 3 for trader in traders), PATIENCE)
        eventually(lambda: set(NAMES) <= set(operator.hosts()), PATIENCE)
        first = operator.owner()
        [second] = set(NAMES) - {first}
        assert operator.said("move", "main", second) == f"{second} has main now"
        eventually(lambda: all(trader.owner == second for trader in traders), PATIENCE)
        assert operator.said("move", "main", second) == f"{second} has main already"
        if first == "h1":
            eventually(lambda: "host h2 has it" in operator.said("accounts", code=6), PATIENCE)
        assert operator.said("maintenance", second) == f"{second} is in maintenance and has nothing"
        eventually(lambda: all(trader.owner == first for trader in traders), PATIENCE)
        refused = operator.said("move", "main", second, code=1)
        assert refused == f"{second} is in maintenance: end that first"
        titles, *rows = (line.split() for line in operator.said("hosts").splitlines())
        assert titles == ["HOST", "STATE", "SEEN", "VERSION", "HAS"]
        found = {row[0]: row for row in rows}
        assert found[second][1] == "maintenance"
        assert (found[first][1], found[first][-3:]) == ("up", ["main", "(epoch", "3)"])
        assert operator.said("maintenance", second, "--end") == f"the maintenance of {second} has ended"
        at_work.close()
        assert_no_order_is_doubled_lost_or_answered_wrongly(exchange, traders, files[first])


def test_what_cannot_be_done_is_refused_in_words(
    files: dict[str, Path], tmp_path: Path, operator: Operator, engine_server: EngineServer
) -> None:
    one = {"h1": files["h1"]}
    with hosts(one, tmp_path, workers=0) as running:
        eventually(lambda: operator.owner() == "h1", PATIENCE)
        assert operator.said("move", "main", "h7", code=1) == "there is no host h7 (there: h1)"
        assert (
            operator.said("move", "other", "h1", code=1) == "there is no account or feed other (there: main)"
        )
        text = "h1 is in maintenance and has nothing; no other host is there for main"
        assert operator.said("maintenance") == text
        assert operator.hosts()[""] == ["main"]
        assert operator.said("hosts").endswith("no host has main")
        assert operator.said("maintenance", "--end") == "the maintenance of h1 has ended"
        eventually(lambda: operator.owner() == "h1", PATIENCE)
        stop(running["h1"])
        eventually(lambda: operator.hosts()["h1"]["state"] == "gone", PATIENCE)
        assert "h1 is not there: it was seen" in operator.said("move", "main", "h1", code=1)
    files["h1"].write_text(files["h1"].read_text().replace("name: main", "name: main, hosts: [h2]"))
    assert operator.said("move", "main", "h1", code=1) == "h1 may not have main (its hosts: h2)"
    engine_server.kill()
    assert "is away: no connection" in operator.said("hosts", code=6)
    files["h1"].write_text(files["h1"].read_text().replace("cluster:", "# cluster:"))
    assert "cluster.engine: is not set: this host is alone" in operator.said("hosts", code=2)


def stop(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    child.wait()
