"""How a worker process is started, wherever this process was started from."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import runtime
from actors.errors import WorkerDied
from runtime.workers import command as commands
from runtime.workers.command import (
    PATH_VARIABLE,
    WORKER_OPTION,
    cannot_start,
    command,
    environment,
    freeze_support,
)

PACKAGES = str(Path(runtime.__file__).parents[1])

DEADLINE = 30.0

START_ONE = """
import os, select, sys
from runtime.workers.process import WorkerProcess

class Router:
    def tell(self, message):
        self.opened = message

router = Router()
worker = WorkerProcess("worker-1", 60.0, "INFO", router, (), "pocketoption", 300.0)
readable, _, _ = select.select([router.opened.link], [], [], 20)
print("heartbeat" if readable and router.opened.link.receive() else "nothing")
worker.kill()
"""
"""A program that starts a worker and prints whether it has said hello."""


def run(*arguments: str, cwd: Path, **variables: str) -> str:
    """The output of a program that is started with these variables alone."""
    done = subprocess.run(
        arguments, cwd=cwd, env=variables, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def _no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_entry", commands._Entry())


def test_a_worker_finds_what_is_on_the_path_of_its_parent_alone_and_nothing_shadows_this_package(
    tmp_path: Path,
) -> None:
    for name in ("runtime", "actors"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('another package')\n")
    path = [entry for entry in sys.path if entry]
    program = f"""
import sys
sys.path[:0] = {path!r}
import runtime.workers.process
sys.path.insert(0, "")  # as in a notebook
{START_ONE}
"""
    (tmp_path / "program.py").write_text(program)
    # -I and -S: without site-packages, variables and the folder of the program
    assert run(sys.executable, "-I", "-S", "program.py", cwd=tmp_path) == "heartbeat"


def test_a_worker_has_the_variables_of_its_parent_without_the_secret_ones_and_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "relative", "/absolute.zip", None])
    variables = {"HOME": "/h", "URL": "before long-c4n4ry after", "PASSWORD": "short", "NAME": "short-lived"}
    given = environment(variables, ["long-c4n4ry", "short"])
    assert json.loads(given.pop(PATH_VARIABLE)) == [
        PACKAGES,
        str(tmp_path),
        str(tmp_path / "relative"),
        str(Path("/absolute.zip").absolute()),
    ]
    assert given == {"HOME": "/h", "NAME": "short-lived"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a folder in use cannot be removed")
def test_a_current_folder_that_is_gone_is_no_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "path", ["", "/there"])
    assert json.loads(environment({}, ())[PATH_VARIABLE]) == [PACKAGES, "/there"]


@pytest.mark.parametrize("executable", [None, ""])
def test_without_an_interpreter_the_reason_and_a_remedy_are_named(
    monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(
        WorkerDied, match=rf"sys.executable is {executable!r}: set it .* or set pool.workers: 0"
    ):
        command()


def test_an_interpreter_that_the_system_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    error = cannot_start(FileNotFoundError(2, "No such file or directory"))
    assert str(error).startswith("sys.executable is /nowhere/python, which cannot be started (No such file")


@pytest.mark.usefixtures("_no_entry")
def test_a_frozen_application_is_started_only_if_it_has_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(WorkerDied, match=r"a frozen application .* call runtime.freeze_support\(\) first"):
        command()
    monkeypatch.setattr(sys, "argv", ["application", "--help"])
    freeze_support()
    assert command() == [sys.executable, WORKER_OPTION]


def test_a_program_that_runs_in_place_of_a_worker_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application that nothing shows to be frozen starts itself once, and not again."""
    monkeypatch.setenv(PATH_VARIABLE, "[]")
    with pytest.raises(WorkerDied, match="this process was itself started as a worker"):
        command()


@pytest.mark.skipif(os.name != "posix", reason="the application is a shell script")
def test_the_entry_of_a_frozen_application_runs_its_worker(tmp_path: Path) -> None:
    application = tmp_path / "application"
    application.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "program.py"}" "$@"\n')
    application.chmod(0o755)
    program = f"""
import sys
sys.executable, sys.frozen = {str(application)!r}, True
sys.path[:0] = {[PACKAGES]!r}
from runtime import freeze_support
freeze_support()
{START_ONE}
"""
    (tmp_path / "program.py").write_text(program)
    assert run(str(application), cwd=tmp_path, PATH=os.environ["PATH"]) == "heartbeat"
