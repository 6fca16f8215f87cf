"""The bench in its quick form: that it runs, and that its counts match; no figure is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from labs.bench import ticks
from labs.bench.chart import draw
from labs.bench.findings import Findings
from labs.bench.processes import Child, Failed
from labs.bench.roster import BINARY_OPTIONS_TOOLS, NO_WORKER, muster
from labs.bench.tally import Ended, counting
from labs.bench.targets import TARGETS, table
from labs.bench.trial import Outcome

from actors.protocols.websocket.frames import FrameParser
from actors.protocols.websocket.pairs import Pairs, PairScanner
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.ticks import TickReader
from actors.venues.stream_counter import StreamCounter

ROOT = Path(__file__).resolve().parents[2]
TWO = ["EURUSD_otc", "AUDCAD_otc"]
PATIENCE = 120.0
"""Seconds for a quick run, which takes 10 s where nothing else runs."""


def test_a_process_of_the_bench_that_ends_before_its_brief_says_why() -> None:
    with (
        Child("labs.bench.no_such_module", brief={"much": "x" * 1_000_000}) as child,
        pytest.raises(Failed, match=r"ended: .*No module named labs\.bench\.no_such_module"),
    ):
        child.line(PATIENCE)


def run(tmp_path: Path, *arguments: str) -> Findings:
    """The findings of a quick run."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "labs.bench.command",
        "--quick",
        *arguments,
        "--json",
        "found.json",
    ]
    path = os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE - 10,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return Findings(**json.loads((tmp_path / "found.json").read_text(encoding="utf-8")))


@pytest.mark.timeout(PATIENCE)
def test_a_quick_run_of_our_own_loses_nothing_and_draws_its_chart(tmp_path: Path) -> None:
    form = "tellwire 0 workers"
    found = run(tmp_path, "--only", form, "--cases", "users", "pressure", "--chart", "chart.svg")
    assert not found.problems
    assert found.figures[f"users 2, saturated/{form}/rate"] > 0
    assert found.figures["pressure/rate"] > 0
    ET.parse(tmp_path / "chart.svg")


def outcome(received: int, disordered: int = 0, missed: int = 0) -> Outcome:
    return Outcome(10, received, missed, disordered, 1.0, [1.0], [])


@pytest.mark.parametrize("unsound", [outcome(9), outcome(11), outcome(10, disordered=1)])
def test_a_lost_or_doubled_or_late_tick_is_unsound(unsound: Outcome) -> None:
    assert not unsound.sound


def test_ticks_that_were_counted_as_missed_are_not_lost() -> None:
    assert outcome(7, missed=3).sound


def test_a_tick_that_is_not_higher_than_the_last_of_its_asset_is_out_of_order() -> None:
    ended = Ended(TWO)
    handle, report = counting(TWO, ended)
    for asset, price in ((TWO[0], 1.1), (TWO[1], 1.0), (TWO[0], 1.1)):
        handle(asset, 0.0, price)
    assert report() == {"received": 3, "disordered": 1}
    assert not ended.is_set()


def test_the_ticks_of_the_load_are_the_venues_and_end_with_one_of_each_asset() -> None:
    (payloads,) = PairScanner(FrameParser(), TICK_HEADER).feed(b"".join(ticks.chunks(TWO, 5)))
    assert isinstance(payloads, Pairs)
    found = list(TickReader().read(payloads, {asset: StreamCounter() for asset in TWO}, 0.0) or [])
    assert [tick.asset for tick in found] == [TWO[0], TWO[1]] * 2 + [TWO[0], TWO[0], TWO[1]]
    assert [tick.price for tick in found[-2:]] == [ticks.END] * 2


def test_a_load_that_was_built_before_the_names_were_known_is_the_same() -> None:
    built = ticks.template(len(TWO), 5, len(TWO[0]))
    assert [ticks.named(chunk, TWO) for chunk in built] == list(ticks.chunks(TWO, 5))


def test_a_client_that_would_try_other_hosts_stays_out_where_these_could_be_reached() -> None:
    present, absent = muster([BINARY_OPTIONS_TOOLS.name], [], isolated=False)
    assert not present
    assert [each.name for each in absent] == [BINARY_OPTIONS_TOOLS.name]
    assert muster([NO_WORKER.name], [], isolated=False)[0] == [NO_WORKER]


def test_a_target_without_its_figure_is_named_as_not_measured() -> None:
    assert [row[-1] for row in table({}).rows] == ["not measured"] * len(TARGETS)
    assert [row[-1] for row in table({"start": 1.0}).rows if row[2] is not None] == ["yes"]


def test_the_chart_shows_every_client_that_was_saturated() -> None:
    figures = {"saturated/tellwire 1 worker/cpu": 1.0, "saturated/a < b/cpu": 10.0}
    texts = [each.text for each in ET.fromstring(draw(Findings(figures=figures))).iter()]
    assert {"tellwire 1 worker", "a < b"} <= set(texts)
