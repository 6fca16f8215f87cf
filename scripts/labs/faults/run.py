"""Runs every fault of the table for some rounds and prints the figures."""

import argparse
import json
import statistics
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from loguru import logger

from labs.faults.rig import Violated
from labs.faults.table import TRIALS, Trial

ROW = "{:34} {:14} {:>6} {:>8} {:>8} {:>7}  {}"


@dataclass
class Row:
    """One figure of one fault over all rounds; ``problem`` says why a round has none."""

    fault: str
    measured: str
    limit: float
    values: list[float] = field(default_factory=list)
    problem: str = ""

    @property
    def held(self) -> bool:
        return not self.problem and all(value <= self.limit for value in self.values)

    def __str__(self) -> str:
        median, most = (
            (f"{statistics.median(self.values):.2f}", f"{max(self.values):.2f}")
            if self.values
            else ("-", "-")
        )
        verdict = "held" if self.held else self.problem or "NOT HELD"
        return ROW.format(
            self.fault, self.measured, len(self.values), median, most, f"{self.limit:g}", verdict
        )


def run(name: str, trial: Trial, rounds: int) -> list[Row]:
    rows = {measured: Row(name, measured, limit) for measured, limit in trial.limits.items()}
    for _ in range(rounds):
        try:
            figures = trial.run()
        except Exception as error:  # noqa: BLE001 - with any error the fault was not survived
            if not isinstance(error, Violated):
                traceback.print_exc()
            for row in rows.values():
                row.problem = f"NOT HELD: {type(error).__name__}: {error}"
            continue
        for measured, value in figures.items():
            rows[measured].values.append(value)
    return list(rows.values())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each fault (3)")
    parser.add_argument("--only", metavar="WORD", help="only faults with this word in their name")
    parser.add_argument("--long", action="store_true", help="also faults that take minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    chosen = {
        name: trial
        for name, trial in TRIALS.items()
        if (options.long or not trial.slow) and (not options.only or options.only in name)
    }
    if not chosen:
        parser.error(f"no fault has {options.only!r} in its name; there are: {', '.join(TRIALS)}")
    logger.remove()
    print(ROW.format("FAULT", "MEASURED", "ROUNDS", "MEDIAN", "MAXIMUM", "LIMIT", "VERDICT"))
    rows: list[Row] = []
    for name, trial in chosen.items():
        here = run(name, trial, options.rounds)
        print(*here, sep="\n", flush=True)
        rows += here
    if options.json is not None:
        document = [asdict(row) | {"held": row.held} for row in rows]
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    broken = [row for row in rows if not row.held]
    print(f"{len(chosen)} faults, {len(rows)} figures, {len(broken)} not held")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
