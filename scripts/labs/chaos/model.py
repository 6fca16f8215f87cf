"""The long form of the state machine of ``tests/doubles/order_machine.py``: until a time is over."""

import time
import traceback
from typing import Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.doubles.order_machine import OrderMachine

EXAMPLES: Final = 50
"""Examples between two looks at the clock."""

STEPS: Final = 50


def play(seconds: float, first: int) -> int:
    """1 if an example broke a promise; it is printed as a program, as short as hypothesis makes it."""
    until = time.monotonic() + seconds
    played = 0
    while time.monotonic() < until:
        try:
            run_state_machine_as_test(seed(first + played)(OrderMachine), settings=_settings())
        except Exception as error:  # noqa: BLE001 - whatever breaks a promise is the finding
            print("".join(traceback.format_exception(error)))
            print(f"model      broken after {played * EXAMPLES} examples, seed {first + played}")
            return 1
        played += 1
    print(f"model      {played * EXAMPLES} examples of up to {STEPS} steps, seed {first}: no promise broken")
    return 0


def _settings() -> settings:
    return settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
