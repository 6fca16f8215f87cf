"""What other code sets for the whole process changes no amount, no deadline and no end of ours."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_no_setting_of_the_process_changes_an_amount_or_ends_a_runtime() -> None:
    environment = {name: text for name, text in os.environ.items() if name != "POCKET_OPTION_SSID"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.orders.hostile_child"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {name: Fraction(text) for name, text in json.loads(done.stdout).items()}
    amount, profit = told["amount"], told["profit"]
    assert amount == Fraction("1234.56")
    assert profit in {amount * told["payout"] / 100, Fraction(0), -amount}
    assert told["after"] == told["before"] + profit
    assert told["loss"] == max(Fraction(0), -profit)
    assert "ERROR" not in done.stderr
