"""The command line of the bench: ``python -m labs.bench.command``."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from labs.bench import (
    answers,
    chart,
    contest,
    growth,
    isolation,
    machine,
    outbound,
    presence,
    pressure,
    stages,
    targets,
    users,
)
from labs.bench.bench import QUICK, Bench, Scale
from labs.bench.findings import Findings, Table
from labs.bench.roster import muster, versions
from labs.bench.venue import BenchVenue

CASES: dict[str, Callable[[Bench], None]] = {
    "users": users.saturated,
    "users-paced": users.paced,
    "machine": machine.machine,
    "saturated": contest.saturated,
    "paced": contest.paced,
    "comeback": contest.comeback,
    "growth": growth.growth,
    "pressure": pressure.pressure,
    "soak": pressure.soak,
    "asks": answers.answers,
    "outbound": outbound.outbound,
    "start": presence.cold_start,
    "idle": presence.idle,
    "stages": stages.stages,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every tick of every case was accounted for and nothing failed, else 1."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    if alone := isolation.prefix():
        return subprocess.call([*alone, sys.executable, "-m", "labs.bench.command", *given])
    isolation.raise_loopback()
    findings = Findings(host=_host())
    present, absent = muster(options.only, options.python, isolated=isolation.is_isolated())
    findings.host |= versions(present)
    with BenchVenue() as venue:
        bench = Bench(venue, present, absent, _scale(options), findings, options.before)
        _show(Table("Where", "", ["", " "], [[name, value] for name, value in findings.host.items()]))
        for name in options.cases or CASES:
            begun = len(findings.tables)
            print(f"... {name}", file=sys.stderr, flush=True)
            CASES[name](bench)
            for table in findings.tables[begun:]:
                _show(table)
    findings.tables.append(targets.table(findings.figures))
    _show(findings.tables[-1])
    for problem in findings.problems:
        print(f"PROBLEM: {problem}")
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(findings), indent=1))
    if options.chart is not None:
        options.chart.write_text(chart.draw(findings), encoding="utf-8")
    return 1 if findings.problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Compare the runtime with its alternatives.")
    parser.add_argument(
        "--quick", action="store_true", help="only check that every case works; the figures mean nothing"
    )
    parser.add_argument("--rounds", type=int, help="number of rounds, of which the median counts (5)")
    parser.add_argument("--soak", type=float, help="seconds of the soak case (30)")
    parser.add_argument(
        "--pools",
        type=int,
        nargs="+",
        metavar="N",
        help="numbers of connections of the users' cases (1 10 50)",
    )
    parser.add_argument(
        "--rates", type=float, nargs="+", metavar="N", help="ticks a second of the users' paced case"
    )
    parser.add_argument(
        "--cases", nargs="+", choices=CASES, metavar="CASE", help=f"the cases to run, of: {', '.join(CASES)}"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="only clients whose name begins with NAME"
    )
    parser.add_argument(
        "--python", nargs="+", default=[], help="other interpreters that have libraries of clients"
    )
    parser.add_argument(
        "--before",
        type=Path,
        metavar="FOLDER",
        help="a checkout of an earlier version, to compare asks and starts with",
    )
    parser.add_argument(
        "--json", type=Path, default=Path("bench.json"), help="file of all figures (bench.json)"
    )
    parser.add_argument("--chart", type=Path, help="file of an SVG chart")
    return parser


def _scale(options: argparse.Namespace) -> Scale:
    scale = QUICK if options.quick else Scale()
    changes = {name: getattr(options, name) for name in ("rounds", "soak") if getattr(options, name)}
    if options.rates:
        changes["user_rates"] = tuple(options.rates)
    if options.pools:
        changes["pools"] = tuple(options.pools)
    return structs.replace(scale, **changes)


def _host() -> dict[str, str]:
    model = "?"
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text(encoding="utf-8").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model
        )
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": model,
        "cores": str(os.cpu_count()),
        "load before": load,
    }


def _show(table: Table) -> None:
    print(table.markdown() + "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
