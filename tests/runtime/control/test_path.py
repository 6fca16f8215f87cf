import os
import stat
from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.config import Config, load
from runtime.control.path import LONGEST, control_path, make_private, path_of

POSIX = pytest.mark.skipif(os.name != "posix", reason="there are no modes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "one.yaml"
    file.write_text("config_version: 1\n")
    return file


def test_a_path_and_the_configuration_read_from_it_lead_to_the_same_socket(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = path_of(file)
    assert found is not None
    assert found == path_of(load(file)) == path_of(str(file))
    monkeypatch.chdir(file.parent)
    assert path_of(file.name) == found


def test_each_file_has_a_socket_of_its_own(file: Path) -> None:
    other = file.with_name("other.yaml")
    other.write_text(file.read_text())
    assert path_of(other) != path_of(file)


def test_a_configured_socket_lies_beside_its_file(file: Path) -> None:
    file.write_text("control: {socket: run/here.sock}\n")
    assert path_of(file) == file.resolve().parent / "run" / "here.sock"


def test_a_path_that_ends_in_sock_is_the_socket_itself() -> None:
    assert path_of("/somewhere/tellwire.sock") == Path("/somewhere/tellwire.sock")


@pytest.mark.parametrize(
    "text", ["control: {enabled: false}\n", "control: {enabled: false, socket: a.sock}\n"]
)
def test_a_configuration_may_disable_the_socket(file: Path, text: str) -> None:
    file.write_text(text)
    assert path_of(file) is None


def test_a_configuration_without_a_file_has_no_socket() -> None:
    assert control_path(Config()) is None


def test_a_socket_has_to_be_told_from_a_configuration(file: Path) -> None:
    file.write_text("control: {socket: here.yaml}\n")
    with pytest.raises(ConfigInvalid, match=r"one\.yaml:1:\d+: control\.socket: must end in \.sock"):
        path_of(file)


def test_a_file_that_became_invalid_still_has_the_socket_of_its_runtime(file: Path) -> None:
    place = path_of(file)
    assert place is not None
    file.write_text("nonsense: true\n")
    with pytest.raises(ConfigInvalid):
        path_of(file)
    make_private(place.parent)
    place.touch()
    assert path_of(file) == place
    place.unlink()


@POSIX
def test_a_file_that_is_a_link_keeps_its_socket_when_it_points_elsewhere(file: Path, tmp_path: Path) -> None:
    link, other, folder = tmp_path / "link.yaml", tmp_path / "other.yaml", tmp_path / "folder"
    other.write_text("pool: {connections: 1}\n")
    link.symlink_to(file)
    place = path_of(link)
    link.unlink()
    link.symlink_to(other)
    folder.symlink_to(tmp_path)
    assert path_of(link) == path_of(folder / "link.yaml") == place


@POSIX
def test_without_a_runtime_folder_the_socket_lies_in_the_temporary_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    too_long = tmp_path / ("x" * LONGEST)
    too_long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(too_long))
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    place = path_of(file)
    assert place is not None
    assert place.parent == Path(f"/tmp/tellwire-{os.getuid()}")
    assert len(os.fsencode(place)) < LONGEST


@POSIX
def test_a_folder_is_made_for_this_user_alone_and_refused_with_access_for_others(tmp_path: Path) -> None:
    folder = tmp_path / "control"
    make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    make_private(folder)
    folder.chmod(0o755)
    with pytest.raises(PermissionError, match="not a folder of this user alone"):
        make_private(folder)
    link = tmp_path / "link"
    folder.chmod(0o700)
    link.symlink_to(folder)
    with pytest.raises(PermissionError):
        make_private(link)


def test_two_configurations_that_differ_in_their_file_alone_are_equal(file: Path) -> None:
    config = load(file)
    assert config.file == file.absolute()
    assert config == Config()
    assert config.model_copy().file == config.file
