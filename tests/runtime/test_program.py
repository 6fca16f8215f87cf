"""The program ``tellwire`` and its commands."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import program
from runtime.cli.exit_codes import ExitCode
from runtime.cli.new_file import PRACTICE_EXAMPLE, default_example, new_file_text
from runtime.config import load
from runtime.program import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
Capture = pytest.CaptureFixture[str]


def test_alone_it_explains_itself(capsys: Capture) -> None:
    assert main([]) == ExitCode.MISUSED
    out, err = capsys.readouterr()
    assert out == ""
    for name in COMMANDS:
        assert re.search(rf"^ +{name} ", err, re.MULTILINE)
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == err


def test_the_version_is_told_in_two_ways(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    short = capsys.readouterr().out
    assert re.fullmatch(r"tellwire \S+\n", short)
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith(short.strip() + ", CPython 3.")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bench"])
def test_each_command_explains_itself_by_its_own_name(name: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    told = capsys.readouterr().out
    assert told.startswith(f"usage: tellwire {name} ")
    with pytest.raises(SystemExit, match="0"):
        main(["help", name])
    assert capsys.readouterr().out == told


def test_what_is_no_command_is_a_file(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "run"
    file.write_text("pool: {connections: 1}\n")
    for arguments in ([str(file), "--check"], ["--check", str(file)], ["run", str(file), "--check"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == f"{file} is valid\n"
    assert main([str(tmp_path / "gone.yaml")]) == 2
    assert capsys.readouterr().err.endswith("gone.yaml: does not exist\n")


def test_a_mistyped_command_is_no_file(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["chekc", "x.yaml"]) == 2
    assert (
        capsys.readouterr().err == "tellwire: 'chekc' is neither a command nor a file (did you mean check?)\n"
    )
    assert main(["zzz"]) == 2
    assert "--help names the commands" in capsys.readouterr().err
    (tmp_path / "zzz").write_text("nonsense: 1\n")
    assert main(["zzz"]) == 2
    assert capsys.readouterr().err.startswith("zzz:1:1: nonsense: ")


def test_check_names_every_problem_with_its_place(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("pool:\n  conections: 1\nlog: {level: LOUD}\n")
    assert main(["check", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{file}:2:3", f"{file}:3:14"]


def test_doctor_and_ctl_take_the_file_first(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("pool: {connections: 1}\n")
    assert main(["doctor", "--json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["level"] == "OK"
    assert main(["ctl", str(file), "status"]) == ExitCode.NOT_RUNNING


@pytest.mark.parametrize("options", [[], ["--practice"]])
def test_a_new_file_is_valid_and_commented_and_never_written_over_another(
    tmp_path: Path, capsys: Capture, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "POCKET_OPTION_SSID", '42["auth",{"session":"pract1ce00","isDemo":1,"uid":1,"platform":2}]'
    )
    file = tmp_path / "new.yaml"
    assert main(["init", str(file), *options]) == 0
    assert capsys.readouterr().out == f"{file} is written; next: tellwire run {file}\n"
    load(file)
    text = file.read_text()
    schema = re.match(r"# yaml-language-server: \$schema=file://(\S+)\n", text)
    assert schema is not None
    assert json.loads(Path(schema[1]).read_text())["title"]
    assert "configs/" not in text.split("\n", 1)[1]
    file.write_text("mine\n")
    assert main(["init", str(file)]) == ExitCode.REFUSED
    assert file.read_text() == "mine\n"
    capsys.readouterr()
    assert main(["init", str(tmp_path / "no where" / "c.yaml")]) == ExitCode.REFUSED
    assert capsys.readouterr().err == (
        f"the folder {tmp_path}/no where does not exist: make it (mkdir -p '{tmp_path}/no where'), or name"
        " another file\n"
    )


def test_a_new_file_is_called_tellwire_unless_said_otherwise(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert main(["check", "tellwire.yaml"]) == 0


def test_the_examples_say_how_they_are_checked_and_run() -> None:
    assert "tellwire check my.yaml" in new_file_text(default_example(), Path("my.yaml"))
    assert "tellwire run my.yaml" in new_file_text(PRACTICE_EXAMPLE, Path("my.yaml"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_learn_all_commands(shell: str, capsys: Capture) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*COMMANDS, "settle", "not-placed", "drain"):
        assert word in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=20)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_a_command_of_the_operator(capsys: Capture) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    ask = "COMP_WORDS=(tellwire ctl c.yaml dr) COMP_CWORD=3; _shtab_tellwire; echo ${COMPREPLY[@]}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.stdout.split() == ["drain"]


def test_without_the_library_completion_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "-m pip install shtab" in capsys.readouterr().err


def test_the_bench_of_an_installed_package_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setattr("runtime.cli.small_commands.BENCH", tmp_path / "bench")
    assert main(["bench", "--quick"]) == 2
    assert "needs the source of tellwire" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
@pytest.mark.parametrize("module", ["runtime.main", "runtime.ctl", "runtime.candles", "tellwire"])
def test_ctrl_c_while_it_loads_is_quiet(module: str) -> None:
    """For each command, during the import of the first library that it loads."""
    script = (
        "import os, runpy, signal, sys\n"
        "class CtrlC:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in {'loguru', 'pydantic', 'pykka'}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, CtrlC())\n"
        f"sys.argv[1:] = ['c.yaml', 'status']; runpy.run_module({module!r}, run_name='__main__')\n"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_it_loads_no_library_before_a_command_is_known() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import {program.__name__}, sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert {"pydantic", "rich", "aiohttp", "pykka", "yaml"} & set(loaded.stdout.split()) == set()
