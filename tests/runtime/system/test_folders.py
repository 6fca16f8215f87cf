"""Folders on systems and for users that lack them."""

import os
from pathlib import Path

import pytest

from actors.errors import ConfigInvalid, Halted
from runtime.config import load_text
from runtime.config.types.paths import expanded
from runtime.system import folders
from runtime.system.folders import state_folder, temporary_folder

POSIX = pytest.mark.skipif(os.name != "posix", reason="a home is found otherwise there")


@pytest.fixture
def _homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without HOME and without an entry in passwd."""
    import pwd  # noqa: PLC0415  # not there on Windows

    def no_entry(_: object) -> None:
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", no_entry)


@POSIX
@pytest.mark.usefixtures("_homeless")
def test_without_a_home_the_settings_that_help_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with pytest.raises(Halted, match=r"set orders\.journal, HOME or XDG_STATE_HOME"):
            state_folder()
        monkeypatch.setenv("HOME", "")  # as good as none
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder() == Path("/state/tellwire")


@POSIX
@pytest.mark.usefixtures("_homeless")
@pytest.mark.parametrize("setting", ["log: {file: ", "orders: {journal: ", "control: {socket: "])
def test_a_path_from_the_home_of_a_user_without_one_is_a_problem_of_its_line(setting: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"c\.yaml:1:\d+: .*begins with ~, but HOME is not set"):
        load_text(f"{setting}~/x.sock}}\n", "c.yaml", Path("/"))


@POSIX
def test_the_home_of_a_user_who_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="begins with ~nobody-of-that-name, but there is no such user"):
        expanded("~nobody-of-that-name/x")


def test_every_path_of_a_configuration_is_relative_to_its_folder(tmp_path: Path) -> None:
    config = load_text("log: {file: logs/run.log}\n", "c.yaml", tmp_path)
    assert config.path(config.log.file) == tmp_path / "logs" / "run.log"
    assert config.path("/absolute") == Path("/absolute").absolute()
    assert config.path("~") == Path.home()


@POSIX
def test_where_no_folder_is_writable_shared_memory_is_used_or_the_settings_that_help_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.gettempdir", none)
    monkeypatch.setattr(folders, "SHARED_MEMORY", tmp_path)
    assert temporary_folder() == tmp_path
    monkeypatch.setattr(folders, "SHARED_MEMORY", tmp_path / "gone")
    with pytest.raises(ConfigInvalid, match=r"set TMPDIR, or orders\.journal"):
        temporary_folder()
