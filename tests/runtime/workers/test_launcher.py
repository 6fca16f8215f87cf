"""The launcher of workers: processes, or this process."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pykka
import pytest

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
    monkeypatch.setattr(launchers, "WorkerProcess", lambda *arguments: started.append(arguments))
    configs = iter([Config.model_validate({"log": {"level": level}}) for level in ("INFO", "DEBUG")])
    router = Router()
    launcher = WorkerLauncher(lambda: next(configs), {"secret"})
    for name in ("worker-1", "worker-2"):
        launcher(router, dispatcher, name)
    assert started == [
        ("worker-1", 1.0, "INFO", router, {"secret"}, "pocketoption", 5.0),
        ("worker-2", 1.0, "DEBUG", router, {"secret"}, "pocketoption", 5.0),
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
        patched.setattr(launchers, "WorkerProcess", lambda *_: None)
        launcher(Router(), dispatcher, "worker-1")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(OSError, match=reason):  # an update of the interpreter is under way
        launcher(Router(), dispatcher, "worker-1")
