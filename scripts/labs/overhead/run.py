"""What the table and the page cost: processor time of a runtime with both, against one that only logs.

The two run side by side, each in processes of its own, so that whatever else the machine does is the same
for both. They share an exchange, which sends each tick to both at once: how many ticks a read brings is a
large part of what they cost. Only the runtimes' own processes count, not the browser:
python -m labs.overhead.run [--streams N] [--rate N] [--rounds N] [--seconds N].
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from actors.errors import NoRuntime, RequestRefused
from labs.agreement.faces import Screen
from labs.agreement.run import free_port
from labs.faults.program import PROJECT, last_line
from runtime import attach
from runtime.control.attachment import Attachment
from runtime.practice.market.listings import LISTINGS
from tests.browser import browser

PER_CONNECTION: Final = 4
STARTING: Final = 120.0
"""Seconds until all streams tick, on a busy machine."""

LIMIT: Final = 1.10
"""The ratio that is promised."""


class Load(NamedTuple):
    streams: int
    rate: float
    seconds: float


class Cost(NamedTuple):
    """Processor seconds, and ticks."""

    cpu: float
    ticks: float

    def since(self, before: "Cost", seconds: float) -> "Cost":
        """Both per second."""
        return Cost((self.cpu - before.cpu) / seconds, (self.ticks - before.ticks) / seconds)


@contextmanager
def exchange(load: Load) -> Iterator[tuple[str, int]]:
    """The session and the port of an exchange in a process of its own. Raises ``RuntimeError`` with its last
    words if it ends without."""
    port = free_port()
    command = [sys.executable, "-m", "runtime.practice", "--port", str(port), "--tick-rate", f"{load.rate:g}"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if "42[" in line:
                    yield line[line.index("42[") :].strip().strip("'"), port
                    return
            said.seek(0)
            raise RuntimeError(f"the exchange has ended without a session: {last_line(said.read())}")
        finally:
            process.terminate()


class Subject(NamedTuple):
    """A runtime that is measured."""

    main: psutil.Process
    attachment: Attachment

    def cost(self) -> Cost:
        """So far, in seconds and ticks."""
        times = [each.cpu_times() for each in (self.main, *self.main.children(recursive=True))]
        cpu = float(sum(each.user + each.system for each in times))
        return Cost(cpu, self.attachment.client.status().router.ticks)


@contextmanager
def subject(load: Load, session: str, port: int, *, shown: bool) -> Iterator[Subject]:
    assets = sorted(LISTINGS, key=lambda name: not name.endswith("_otc"))[: load.streams]
    status = free_port()
    with tempfile.TemporaryDirectory(prefix="tw-") as folder, ExitStack() as stack:
        config = Path(folder) / "config.yaml"
        path = "socket.io/?EIO=4&transport=websocket"
        settings: dict[str, Any] = {
            "config_version": 1,
            "account": {"session": session},
            "regions": {"demo": [{"name": "PRACTICE", "url": f"ws://127.0.0.1:{port}/{path}"}]},
            "pool": {"workers": 1, "connections": len(assets) // PER_CONNECTION + 1},
            "limits": {"messages": ["500/s"], "connects": ["100/s"], "max_concurrent_operations": 100},
            "streams": [{"asset": asset} for asset in assets],
            "control": {"socket": f"{folder}/s.sock"},
            "orders": {"journal": f"{folder}/orders.sqlite", "share_account": True},
            "status": {"listen": f"127.0.0.1:{status}"},
        }
        config.write_text(json.dumps(settings), encoding="utf-8")
        command = [sys.executable, "-m", "tellwire", "run", str(config)]
        screen = stack.enter_context(Screen([*command, "--output", "table" if shown else "log"], (120, 40)))
        attachment = stack.enter_context(_attached(Path(folder) / "s.sock"))
        if shown:
            tab = stack.enter_context(browser())
            tab.resize(1440, 1000)
            tab.open(f"http://127.0.0.1:{status}/")
        _all_live(attachment, len(assets))
        yield Subject(psutil.Process(screen.process.pid), attachment)


def _attached(path: Path) -> Attachment:
    end = time.monotonic() + STARTING
    while True:
        try:
            return attach(path)
        except (NoRuntime, RequestRefused):  # it starts
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _all_live(attachment: Attachment, streams: int) -> None:
    end = time.monotonic() + STARTING
    while (
        sum(each.seen.health in {"fresh", "closed"} for each in attachment.client.status().streams) < streams
    ):
        if time.monotonic() > end:
            raise TimeoutError(f"not all of {streams} streams tick")
        time.sleep(0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="overhead", description=__doc__)
    parser.add_argument("--streams", type=int, default=200, help="at most, of those that are listed (200)")
    parser.add_argument("--rate", type=float, default=10.0, help="ticks per second and stream (10)")
    parser.add_argument("--rounds", type=int, default=5, help="of both (5)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement (10)")
    options = parser.parse_args(arguments)
    load = Load(options.streams, options.rate, options.seconds)
    ratios = []
    with (
        exchange(load) as venue,
        subject(load, *venue, shown=False) as log,
        subject(load, *venue, shown=True) as both,
    ):
        for _ in range(options.rounds):
            before, began = (log.cost(), both.cost()), time.monotonic()
            time.sleep(load.seconds)
            took = time.monotonic() - began
            logged, shown = log.cost().since(before[0], took), both.cost().since(before[1], took)
            # A machine that is busy delivers fewer ticks to one of them.
            ratios.append((shown.cpu / shown.ticks) / (logged.cpu / logged.ticks))
            print(
                f"log {logged.cpu:.3f} of a core at {logged.ticks:,.0f} ticks/s, table and page"
                f" {shown.cpu:.3f} at {shown.ticks:,.0f}: {ratios[-1]:.2f} per tick",
                flush=True,
            )
    median = statistics.median(ratios)
    print(f"median {median:.2f}, of {min(ratios):.2f} to {max(ratios):.2f}; at most {LIMIT:.2f} is promised")
    return int(median > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
