"""The command that checks everything, without the checks."""

import contextlib
import os
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = SourceFileLoader("scripts_test", str(ROOT / "scripts" / "test"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "prepare", lambda *_: "python")
    return module


def run(command: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str, fails: str = "") -> Any:
    """Its exit code and the checks that it called; the check ``fails`` ends with 3. The tests are collected
    until the last check, and no check calls an interpreter that writes no bytecode."""
    calls: list[list[str]] = []
    collected: list[str] = []

    class Collection(contextlib.nullcontext[Any]):
        def __init__(self, command: list[str], **_: object) -> None:
            super().__init__(self)
            assert command[:4] == ["python", "-m", "pytest", "--collect-only"]
            collected.append("begun")

        def wait(self) -> None:
            collected.append("awaited")

        def kill(self) -> None:
            collected.append("ended")

    def call(arguments: list[str], cwd: str) -> int:
        assert cwd == str(ROOT)
        assert "PYTHONDONTWRITEBYTECODE" not in os.environ
        assert collected == (["begun", "awaited"] if arguments[2] == "pytest" else ["begun"])
        calls.append(arguments[2:])
        return 3 if arguments[2] == fails else 0

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(subprocess, "Popen", Collection)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr("sys.argv", ["scripts/test", *arguments])
    code = command.main()
    assert collected[-1] == "ended"
    return code, calls


def test_all_checks_run_and_arguments_go_to_pytest(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, calls = run(command, monkeypatch, "tests/actors", "-k", "stale")
    assert code == 0
    assert [call[:2] for call in calls[:3]] == [["ruff", "check"], ["ruff", "format"], ["mypy"]]
    assert calls[3][0] == "pytest"
    assert calls[3][-3:] == ["tests/actors", "-k", "stale"]


def test_quick_runs_the_same_checks_on_fewer_tests(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, everything = run(command, monkeypatch)
    _, quick = run(command, monkeypatch, "--quick", "-x")
    assert quick[:3] == everything[:3]
    assert quick[3] == [*everything[3], *command.QUICK, "-x"]
    for path in command.QUICK:
        assert (ROOT / path).exists(), path


def test_the_first_check_that_fails_is_the_last_and_gives_the_exit_code(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, calls = run(command, monkeypatch, fails="mypy")
    assert (code, len(calls)) == (3, 3)
