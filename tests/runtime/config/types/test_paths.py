"""Paths that no process of this locale can name, write or send."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.config import load
from runtime.config.types.paths import unnameable

ASCII = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A locale without other letters, in spite of what Python does about it by itself."""

CHECK = """
import sys
from actors.errors import ConfigInvalid, Halted
from runtime.config import load
from runtime.system.folders import state_folder
for path in sys.argv[1:]:
    try:
        load(path)
    except ConfigInvalid as error:
        print(ascii("; ".join(error.problems)))
try:
    state_folder()
except Halted as error:
    print(ascii(str(error)))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes there")


def test_a_name_of_ascii_and_one_of_utf8_can_be_named() -> None:
    assert unnameable("/tmp/orders.sqlite") == unnameable(Path("/tmp/jö.sqlite")) == ""


def test_a_folder_whose_name_is_no_utf8_is_refused_with_the_bytes(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xf6"))
    folder.mkdir()
    (folder / "c.yaml").write_text("pool: {connections: 1}\n")
    with pytest.raises(ConfigInvalid, match=r"has '.udcf6', which the locale"):
        load(folder / "c.yaml")


def test_in_a_locale_of_ascii_alone_other_letters_of_paths_are_refused_with_their_place_and_the_remedy(
    tmp_path: Path,
) -> None:
    named = {"plain.yaml": "orders: {journal: jö.sqlite}", "file.yaml": "log: {file: lö.log}", "ü.yaml": ""}
    for name, text in named.items():
        (tmp_path / name).write_text(f"pool: {{connections: 1}}\n{text}\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", CHECK, *named],
        cwd=tmp_path,
        env={
            **os.environ,
            **ASCII,
            "XDG_STATE_HOME": "/tmp/stäte",
            "PYTHONPATH": str(Path(__file__).parents[4]),
        },
        stdout=subprocess.PIPE,
        check=True,
    )
    journal, log, file, state = run.stdout.decode("ascii").splitlines()
    assert "plain.yaml:2:19: orders.journal: has" in journal
    assert "file.yaml:2:13: log.file: has" in log
    assert "udcc3" in file
    assert "no folder for the journal of orders" in state
    assert all("set LC_ALL=C.UTF-8, or PYTHONUTF8=1" in line for line in (journal, log, file, state))
