"""The package tellwire: the names of ``runtime``, also beside a project with an ``actors`` or ``runtime``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tellwire

from runtime import Runtime

ROOT = Path(__file__).resolve().parents[2]

FOREIGN = {
    "package": lambda folder, name: (folder / name).mkdir() or (folder / name / "__init__.py").touch(),
    "module": lambda folder, name: (folder / f"{name}.py").write_text("MINE = 1\n"),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three packages side by side, as the wheel installs them."""
    site = tmp_path_factory.mktemp("site")
    for source, name in (("actors", "actors"), ("runtime", "runtime"), ("scripts/tellwire", "tellwire")):
        shutil.copytree(ROOT / source, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "configs", site / "tellwire" / "configs")
    return site


def python(installed: Path, project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Python in the folder of a project, whose modules come first, as those beside a script do."""
    path = os.pathsep.join([str(project), str(installed)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=os.environ | {"PYTHONPATH": path, "POCKET_OPTION_SSID": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    "kinds",
    [{"actors": "package"}, {"runtime": "package"}, {"actors": "package", "runtime": "module"}],
    ids=["actors", "runtime", "both"],
)
def test_the_program_works_beside_a_project_with_the_same_names_and_says_so(
    installed: Path, tmp_path: Path, kinds: dict[str, str]
) -> None:
    for name, kind in kinds.items():
        FOREIGN[kind](tmp_path, name)
    (tmp_path / "c.yaml").write_text("pool: {connections: 1}\n")
    done = python(installed, tmp_path, "-m", "tellwire", "c.yaml", "--check")
    assert (done.returncode, done.stdout) == (0, "c.yaml is valid\n")
    notes = done.stderr.splitlines()
    assert [line.split(" has the name ")[0] for line in notes] == [
        f"note: {tmp_path / (name if kind == 'package' else name + '.py')}" for name, kind in kinds.items()
    ]


@pytest.mark.parametrize(("kind", "name"), [("package", "actors"), ("module", "runtime")])
def test_a_program_is_told_which_file_stands_in_the_way(
    installed: Path, tmp_path: Path, kind: str, name: str
) -> None:
    FOREIGN[kind](tmp_path, name)
    done = python(installed, tmp_path, "-c", "from tellwire import Runtime, attach, PlaceOrder")
    place = tmp_path / (name if kind == "package" else f"{name}.py")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: tellwire needs its packages actors and runtime, but Python finds ")
    assert f" finds {place} first: rename that" in last


@pytest.mark.parametrize(
    ("kind", "program"),
    [("package", ["-m", "runtime.main"]), ("module", ["-c", "from runtime import Runtime"])],
)
def test_our_runtime_beside_their_actors_says_so_too(
    installed: Path, tmp_path: Path, kind: str, program: list[str]
) -> None:
    FOREIGN[kind](tmp_path, "actors")
    done = python(installed, tmp_path, *program)
    place = tmp_path / ("actors" if kind == "package" else "actors.py")
    assert f"but Python finds {place} first: rename that" in done.stderr.splitlines()[-1]


def test_folders_of_these_names_without_python_in_them_do_no_harm(installed: Path, tmp_path: Path) -> None:
    for name in ("actors", "runtime"):
        (tmp_path / name).mkdir()
    program = "from tellwire import *; print(Runtime.__name__, attach.__name__, PlaceOrder.__name__)"
    done = python(installed, tmp_path, "-c", program)
    assert (done.stdout, done.stderr) == ("Runtime attach PlaceOrder\n", "")


def test_every_public_name_is_handed_on(installed: Path, tmp_path: Path) -> None:
    program = (
        "import tellwire, runtime\n"
        "assert all(getattr(tellwire, n) is getattr(runtime, n) for n in runtime.__all__)\n"
        "assert set(runtime.__all__) <= set(dir(tellwire)); print(tellwire.__version__)\n"
        "try: tellwire.nonsense\n"
        "except AttributeError as error: print(error)"
    )
    done = python(installed, tmp_path, "-c", program)
    assert done.stderr == ""
    assert "'nonsense'" in done.stdout.splitlines()[-1]


def test_a_type_checker_knows_the_names() -> None:
    """mypy reads this file: it must take the names of tellwire for those of runtime."""
    handed_on: type[Runtime] = tellwire.Runtime
    assert handed_on is Runtime
    assert not hasattr(tellwire, "Runtimes")
    assert isinstance(tellwire.__version__, str)
