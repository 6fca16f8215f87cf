"""A program that forks: the child has no runtime, and takes nothing from its parent's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from actors.errors import NotSent
from actors.messages import Direction, GetBalance, GetStatus, PlaceOrder
from runtime import Runtime

ORDER = PlaceOrder("EURUSD_otc", 1, Direction.CALL, 60)
with Runtime.from_yaml(sys.argv[1]) as runtime:
    ask = runtime.router.ask
    ask(GetBalance(), timeout=30)
    [worker] = ask(GetStatus(), timeout=30).workers
    child = os.fork()
    if child == 0:
        try:
            ask(ORDER, timeout=30)
        except NotSent as error:
            print(error, flush=True)
        runtime.stop()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert ask(ORDER, timeout=30).amount == 1
    assert [each.pid for each in ask(GetStatus(), timeout=30).workers] == [worker.pid]
    print(len(runtime.exchange.ledger.orders()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_told_so_at_once_and_its_stop_leaves_the_parents_runtime_alone(
    tmp_path: Path,
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("pool: {connections: 1, workers: 1}\ncontrol: {enabled: false}\n")
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, str(file)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told, sent = done.stdout.splitlines()
    assert "this process was forked from that of the runtime" in told
    assert sent == "1"
