"""The launcher of workers: processes, or this process."""

import re
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pykka
import pytest
from loguru import logger

from actors.connection.group import ConnectionGroup
from actors.engine.dispatcher import Dispatcher
from actors.errors import WorkerDied
from actors.messages.workers import StopWorker
from actors.routing.messages import LinkOpened
from runtime.config import Config, PoolConfig
from runtime.workers import launcher as launchers
from runtime.workers.in_process import InProcessWorker
from runtime.workers.launcher import WorkerLauncher
from runtime.workers.process import WorkerProcess

DEADLINE = 20.0


class Router(list[Any]):
    def tell(self, message: Any) -> None:
        self.append(message)


class Served:
    """A process that has served."""

    has_served = True


@pytest.fixture
def lines() -> Iterator[list[str]]:
    written: list[str] = []
    handler = logger.add(lambda line: written.append(str(line)), level="ERROR", format="{message}")
    yield written
    logger.remove(handler)


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher(name="test")


def test_without_workers_connections_live_in_this_process(dispatcher: Dispatcher) -> None:
    config = Config(pool=PoolConfig(workers=0))
    router = Router()
    worker = WorkerLauncher(lambda: config, ())(router, dispatcher, "main")
    assert isinstance(worker, InProcessWorker)
    assert worker.pid == 0
    (group,) = pykka.ActorRegistry.get_by_class(ConnectionGroup)
    worker.tell(StopWorker())
    assert group.actor_stopped.wait(DEADLINE)
    with pytest.raises(WorkerDied, match="the connections of this process have ended"):
        worker.tell(StopWorker())
    assert worker.kill() == ""
    assert router == []


def test_a_worker_is_started_with_the_settings_in_force(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Any, ...]] = []

    def start(*arguments: Any) -> Served:
        started.append(arguments)
        return Served()

    monkeypatch.setattr(launchers, "WorkerProcess", start)
    token = "t0ken-of-the-page"
    configs = iter(
        Config.model_validate({"log": {"level": level}, "status": {"token": token}})
        for level in ("INFO", "DEBUG")
    )
    router = Router()
    launcher = WorkerLauncher(lambda: next(configs), {"secret"})  # beside those of the configuration
    for name in ("worker-1", "worker-2"):
        launcher(router, dispatcher, name)
    assert started == [
        ("worker-1", 1.0, "INFO", router, {"secret", token}, "pocketoption", 5.0),
        ("worker-2", 1.0, "DEBUG", router, {"secret", token}, "pocketoption", 5.0),
    ]


def test_a_process_says_where_it_is_read_and_how_it_ended(dispatcher: Dispatcher) -> None:
    router = Router()
    worker = WorkerLauncher(Config, ())(router, dispatcher, "worker-1")
    assert isinstance(worker, WorkerProcess)
    (opened,) = router
    assert isinstance(opened, LinkOpened)
    assert (opened.worker, opened.pid) == ("worker-1", worker.pid)
    worker.tell(StopWorker())
    assert worker.kill(DEADLINE) == "exit status 0"
    assert worker.kill() == ""
    opened.link.close()
    with pytest.raises(WorkerDied):
        worker.tell(StopWorker())


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_a_process_that_was_started_ahead_is_the_one_that_is_called_for(dispatcher: Dispatcher) -> None:
    launcher, router = WorkerLauncher(Config, ()), Router()
    others = children()
    launcher.start_ahead(["worker-1", "worker-2"])
    started = children() - others
    worker = launcher(router, dispatcher, "worker-1")
    (opened,) = router
    assert (opened.worker, opened.pid) == ("worker-1", worker.pid)
    (left,) = started - {worker.pid}
    launcher.close()
    assert not psutil.pid_exists(left)
    second = launcher(router, dispatcher, "worker-2")
    assert second.pid != left
    for each in (worker, second):
        each.kill()
    for each in router:
        each.link.close()


def test_a_process_that_cannot_be_started_ahead_is_left_to_the_call(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launcher = WorkerLauncher(Config, ())
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(tmp_path / "missing"))
        launcher.start_ahead(["worker-1"])
    router = Router()
    worker = launcher(router, dispatcher, "worker-1")
    assert worker.kill() == ""
    router[0].link.close()


@pytest.mark.skipif(sys.platform == "win32", reason="these errors are those of POSIX")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: None, "No such file or directory"),
        (lambda path: path.write_text("#!/bin/sh\n"), "Permission denied"),
        (lambda path: path.mkdir(), "Permission denied"),
        (lambda path: (path.write_text("no program"), path.chmod(0o755)), "Exec format error"),
    ],
    ids=["missing", "not executable", "a folder", "no program"],
)
def test_an_interpreter_that_cannot_be_started_is_given_up_unless_it_has_started_a_worker_before(
    dispatcher: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    make: Callable[[Path], object],
    reason: str,
) -> None:
    python = tmp_path / "python"
    make(python)
    launcher = WorkerLauncher(Config, ())
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(python))
        with pytest.raises(
            WorkerDied, match=rf"sys.executable is {python}, which cannot be started \({reason}\)"
        ):
            launcher(Router(), dispatcher, "worker-1")
        patched.setattr(launchers, "WorkerProcess", lambda *_: Served())
        launcher(Router(), dispatcher, "worker-1")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(OSError, match=reason):  # an update of the interpreter is under way
        launcher(Router(), dispatcher, "worker-1")


def interpreter(folder: Path, program: str) -> str:
    """A program that starts, whatever its arguments are."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)
    return str(path)


def start_and_await_end(launcher: WorkerLauncher, dispatcher: Dispatcher, name: str = "worker-1") -> None:
    router = Router()
    worker = launcher(router, dispatcher, name)
    assert worker.kill(DEADLINE)
    router[0].link.close()


@pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")
@pytest.mark.parametrize(
    ("program", "end"),
    [
        ("exit 0", "exit status 0"),
        ("echo 'No module named x' >&2; echo >&2; exit 3", "exit status 3, after 'No module named x'"),
        ("kill -SEGV $$", "by SIGSEGV"),
    ],
    ids=["no word", "a last word", "a signal"],
)
def test_a_program_that_ends_before_it_has_served_is_named_at_once_and_given_up_after_three_in_a_row(
    dispatcher: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    lines: list[str],
    program: str,
    end: str,
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, program))
    launcher = WorkerLauncher(Config, ())
    named = f"worker-1 has ended before it served ({end}): sys.executable is {sys.executable}, "
    start_and_await_end(launcher, dispatcher)
    start_and_await_end(launcher, dispatcher)
    [line] = lines
    assert line.startswith(named)
    start_and_await_end(launcher, dispatcher)
    with pytest.raises(WorkerDied, match=re.escape(named)):
        launcher(Router(), dispatcher, "worker-1")
    assert len(lines) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")
def test_what_has_served_before_is_never_given_up(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launcher = WorkerLauncher(Config, ())
    router = Router()
    served = launcher(router, dispatcher, "worker-1")
    while not router[0].link.receive():
        select.select([router[0].link], [], [], DEADLINE)
    served.tell(StopWorker())
    assert served.kill(DEADLINE) == "exit status 0"
    router[0].link.close()
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "exit 1"))
    for _ in range(launchers.MOST_SILENT_ENDS + 2):
        start_and_await_end(launcher, dispatcher)
        start_and_await_end(launcher, dispatcher, "worker-2")


@pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")
def test_what_was_killed_before_it_served_says_nothing_of_the_program(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: list[str]
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "exec sleep 60"))
    launcher = WorkerLauncher(Config, ())
    for _ in range(launchers.MOST_SILENT_ENDS + 2):
        router = Router()
        assert launcher(router, dispatcher, "worker-1").kill(0.01) == ""
        router[0].link.close()
    assert lines == []


@pytest.mark.skipif(sys.platform == "win32", reason="starts a shell script")
def test_what_a_process_writes_to_standard_error_comes_out_here(
    dispatcher: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "echo one >&2; echo two >&2"))
    router = Router()
    worker = WorkerLauncher(Config, ())(router, dispatcher, "worker-1")
    assert isinstance(worker, WorkerProcess)
    assert worker.kill(DEADLINE) == "exit status 0"
    assert worker.silent_end == "exit status 0, after 'two'"
    assert capfd.readouterr().err == "one\ntwo\n"
    router[0].link.close()
