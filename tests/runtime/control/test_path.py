import os
import stat
from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.config import Config, load
from runtime.control import path as paths
from runtime.control.path import LONGEST, control_paths, make_private, names_of, paths_of

POSIX = pytest.mark.skipif(os.name != "posix", reason="there are no modes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "one.yaml"
    file.write_text("config_version: 1\n")
    return file


def test_a_path_and_the_configuration_read_from_it_lead_to_the_same_socket(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = paths_of(file)
    assert found
    assert found == paths_of(load(file)) == paths_of(str(file))
    assert control_paths(load(file))[0] in found
    monkeypatch.chdir(file.parent)
    assert paths_of(file.name) == found


def test_each_file_has_a_socket_of_its_own(file: Path) -> None:
    other = file.with_name("other.yaml")
    other.write_text(file.read_text())
    assert not set(paths_of(other)) & set(paths_of(file))


def test_a_configured_socket_lies_beside_its_file(file: Path) -> None:
    file.write_text("control: {socket: run/here.sock}\n")
    assert paths_of(file) == control_paths(load(file)) == [file.resolve().parent / "run" / "here.sock"]


def test_a_path_that_ends_in_sock_is_the_socket_itself() -> None:
    assert paths_of("/somewhere/tellwire.sock") == [Path("/somewhere/tellwire.sock")]


@pytest.mark.parametrize(
    "text", ["control: {enabled: false}\n", "control: {enabled: false, socket: a.sock}\n"]
)
def test_a_configuration_may_disable_the_socket(file: Path, text: str) -> None:
    file.write_text(text)
    assert paths_of(file) == control_paths(load(file)) == []


def test_a_configuration_without_a_file_has_no_socket() -> None:
    assert paths_of(Config()) == control_paths(Config()) == []


def test_a_socket_has_to_be_told_from_a_configuration(file: Path) -> None:
    file.write_text("control: {socket: here.yaml}\n")
    with pytest.raises(ConfigInvalid, match=r"one\.yaml:1:\d+: control\.socket: must end in \.sock"):
        paths_of(file)


def test_a_file_that_became_invalid_still_has_the_socket_of_its_runtime(file: Path) -> None:
    place = control_paths(load(file))[0]
    file.write_text("nonsense: true\n")
    with pytest.raises(ConfigInvalid):
        paths_of(file)
    make_private(place.parent)
    place.touch()
    assert paths_of(file) == [place]
    place.unlink()


@POSIX
def test_a_file_that_is_a_link_keeps_its_socket_when_it_points_elsewhere(file: Path, tmp_path: Path) -> None:
    link, other, folder = tmp_path / "link.yaml", tmp_path / "other.yaml", tmp_path / "folder"
    other.write_text("pool: {connections: 1}\n")
    link.symlink_to(file)
    place = control_paths(load(link))[0]
    assert names_of(link) == [place.name, *names_of(file)]
    assert place.with_name(names_of(file)[0]) in paths_of(link)
    link.unlink()
    link.symlink_to(other)
    folder.symlink_to(tmp_path)
    assert control_paths(load(link))[0] == control_paths(load(folder / "link.yaml"))[0] == place


@POSIX
def test_every_environment_leads_to_the_place_that_a_runtime_chooses(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = set()
    for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
        (tmp_path / name).mkdir(mode=0o700)
        for value in (str(tmp_path / name), None):
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
            monkeypatch.setattr("tempfile.tempdir", None)
            chosen.add(control_paths(load(file))[0])
            assert chosen <= set(paths_of(file))
    assert len(chosen) == 1


@POSIX
def test_a_folder_that_others_hold_or_can_replace_is_passed_over(
    file: Path, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    short = place.parent
    open_to_all, taken, good = (short / name for name in ("open", "taken", "good"))
    for folder in (open_to_all, taken, good):
        folder.mkdir()
    open_to_all.chmod(0o777)  # anybody may replace what is in it
    (taken / f"tellwire-{os.getuid()}").mkdir(mode=0o755)
    monkeypatch.setattr(paths, "TEMPORARY_FOLDERS", (open_to_all, taken, short / "gone", good))
    monkeypatch.setattr(paths, "RUNTIME_FOLDERS", short / "gone")
    monkeypatch.setattr(paths, "_runtime_folder", lambda: None)
    monkeypatch.setattr("tempfile.tempdir", str(short / "gone"))
    assert [path.parent.parent for path in control_paths(load(file))] == [good]


@POSIX
def test_a_place_whose_path_is_too_long_for_a_socket_is_passed_over(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    too_long = tmp_path / ("x" * LONGEST)
    too_long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(too_long))
    assert all(len(os.fsencode(place)) <= LONGEST for place in [*control_paths(load(file)), *paths_of(file)])


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root looks at those of other users")
def test_root_looks_for_the_runtimes_of_all_users_and_takes_no_other_folder_for_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    for name in ("tellwire-65534", "tellwire-0abc"):
        (place.parent / name).mkdir()
    monkeypatch.setattr(paths, "TEMPORARY_FOLDERS", (place.parent,))
    users = {path.parent.name for path in paths_of(file) if path.parent.parent == place.parent}
    assert users == {"tellwire-0", "tellwire-65534"}


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
