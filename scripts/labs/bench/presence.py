"""The cost of the start and of idleness."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labs.bench.bench import Bench
from labs.bench.findings import Table, median
from labs.bench.processes import PROJECT, Failed
from labs.bench.roster import ONE_WORKER, with_options
from labs.bench.trial import Trial
from labs.faults.program import last_line


def cold_start(bench: Bench) -> None:
    """From the command line to the first tick, on the practice exchange; and the import of the runtime."""
    projects = {"start": PROJECT} | ({"before: start": bench.before} if bench.before else {})
    taken: dict[str, list[float]] = {}
    for project in projects.values():
        _first_tick(project)  # which writes the compiled files that an installation has
    for _ in range(bench.scale.starts):
        for name, project in projects.items():
            taken.setdefault(name, []).append(_first_tick(project))
            taken.setdefault(f"{name}, import", []).append(_import(project))
    bench.findings.figures |= {name: median(seconds) for name, seconds in taken.items()}
    bench.findings.tables.append(
        Table(
            "Cold start",
            "Seconds from the start of the command, with the practice exchange inside, to the first tick on "
            "standard output; each asset ticks twice a second. And the processor's seconds of `import "
            "runtime.runtime`, with the start and the end of Python.",
            ["what", "median s", "longest s"],
            [[name, median(seconds), max(seconds)] for name, seconds in taken.items()],
        )
    )


def _environment() -> dict[str, str]:
    left_out = {"POCKET_OPTION_SSID", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in left_out}


def _import(project: Path) -> float:
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", "import runtime.runtime"], cwd=project, check=True, env=_environment()
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _first_tick(project: Path) -> float:
    command = [
        sys.executable,
        "-m",
        "runtime.main",
        "configs/pocketoption.yaml",
        "--practice",
        "--output",
        "json",
    ]
    began = time.monotonic()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=said, env=_environment()
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "Tick":
                taken = time.monotonic() - began
                process.terminate()
                process.stdout.read()
                return taken
        said.seek(0)
        last = last_line(said.read().decode(errors="replace"))
    raise Failed(f"the command line of {project} ended without a tick: {last}")


def idle(bench: Bench) -> None:
    """Connections, each with a stream, on which nothing happens."""
    count = bench.scale.connections[-1]
    assets = [f"ASSET{number}_otc" for number in range(count)]
    trial = Trial(bench.venue, with_options(ONE_WORKER), assets, connections=count)
    try:
        share = trial.idle(bench.scale.idle)
    except Failed as failure:
        bench.failed("idle", failure)
        return
    bench.findings.figures["idle"] = share * 100
    bench.findings.tables.append(
        Table(
            "Idle",
            "tellwire with 1 worker, every connection logged in and subscribed, and not one tick.",
            ["connections", "% of one core"],
            [[count, share * 100]],
        )
    )
