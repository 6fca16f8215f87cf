"""Whether a process that is killed by a signal leaves a core dump, as the kernel tells its parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from actors.messages import GetBalance, Subscribe, WorkerDown
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import Notebook, ask, status_of, towards

if sys.platform != "linux":
    pytest.skip("the kernel of Linux is asked", allow_module_level=True)

import resource

ROOT = Path(__file__).resolve().parents[3]
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
LEAVES_FILES = not Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/"))
RAISES = f"import ctypes, os, resource; resource.setrlimit(resource.RLIMIT_CORE, {UNLIMITED}); "
FORBIDS = "from runtime.workers.core_dumps import forbid_core_dumps; forbid_core_dumps(); "
TELLS = "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE)); "


def dumps(program: str, folder: Path) -> bool:
    """Whether a process that runs ``program`` and is aborted then dumps its memory."""
    command = [sys.executable, "-c", f"{program}os.abort()"]
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", 'cd "$1"; shift; exec "$@"', "sh", str(folder), *command],
        os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return os.WCOREDUMP(os.waitpid(pid, 0)[1])


@pytest.fixture(autouse=True)
def _limits_may_be_raised() -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("the hard limit of core dumps is too low here")


def test_an_aborted_process_dumps_no_core(tmp_path: Path) -> None:
    if not dumps(RAISES, tmp_path):
        pytest.skip("this system dumps no core at all")
    assert not dumps(RAISES + FORBIDS, tmp_path)
    raised_later = FORBIDS + RAISES
    assert not dumps(raised_later, tmp_path)


def test_the_limit_and_the_flag_are_set_and_the_hard_limit_stays() -> None:
    command = [sys.executable, "-c", RAISES + FORBIDS + FORBIDS + TELLS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["0", "0", str(resource.RLIM_INFINITY)]


def test_a_worker_that_is_aborted_leaves_no_core(
    exchange: PracticeExchange,
    start_runtime: Callable[..., Runtime],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # where the worker is too, and its core dump would be
    notebook = Notebook()
    runtime = start_runtime(Config.model_validate(towards(exchange.session, [exchange.regions[0].url], 1)))
    ask(runtime, Subscribe("worker.*", notebook))
    ask(runtime, GetBalance())
    (worker,) = status_of(runtime).workers
    process = psutil.Process(worker.pid)
    assert process.rlimit(psutil.RLIMIT_CORE)[0] == 0
    process.rlimit(psutil.RLIMIT_CORE, UNLIMITED)
    process.send_signal(signal.SIGABRT)
    notebook.first(WorkerDown)
    assert not LEAVES_FILES or list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("session", "dumpable"), [("demo", "0"), ("", "1")])
def test_the_main_process_dumps_none_if_it_holds_a_session(
    exchange: PracticeExchange, session: str, dumpable: str
) -> None:
    program = (
        "import ctypes, resource, sys\n"
        "from runtime import Runtime\n"
        "from runtime.config import Config\n"
        f"settings = {towards(exchange.session if session else '', [exchange.regions[0].url], 0)}\n"
        f"with Runtime(Config.model_validate(settings)): {TELLS}\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split()[0] == dumpable
