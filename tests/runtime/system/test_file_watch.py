"""The watch over one file: what counts as a change, along links too."""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import FileModifiedEvent, FileMovedEvent, FileOpenedEvent

from runtime.system.file_watch import TELLS_OF_CLOSES, FileWatch, file_watch
from runtime.system.watchdog_watch import WatchdogWatch

DEADLINE = 10.0
"""Seconds; a test waits so long only for what fails."""

Watch = Callable[[Path], tuple[FileWatch, "queue.Queue[None]"]]
"""Starts a watch; each change that it finds puts an item into the queue."""


@pytest.fixture(params=[file_watch, WatchdogWatch], ids=["of this system", "watchdog"])
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    yield from watches(request.param)


@pytest.fixture
def watch_of_linux() -> Iterator[Watch]:
    if not TELLS_OF_CLOSES:
        pytest.skip("inotify is of Linux")
    yield from watches(file_watch)


def watches(kind: Callable[[Path, Callable[[], None]], FileWatch]) -> Iterator[Watch]:
    started: list[FileWatch] = []

    def start(path: Path) -> tuple[FileWatch, "queue.Queue[None]"]:
        changes: queue.Queue[None] = queue.Queue()
        started.append(kind(path, lambda: changes.put(None)))
        started[-1].start()
        return started[-1], changes

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path.resolve() / "config.yaml"
    file.write_text("a: 1\n")
    return file


def test_a_write_is_a_change(watch: Watch, file: Path) -> None:
    _, changes = watch(file)
    file.write_text("a: 2\n")
    changes.get(timeout=DEADLINE)


def test_a_replaced_file_is_a_change(watch: Watch, file: Path) -> None:
    _, changes = watch(file)
    new = file.with_name("new")
    new.write_text("a: 2\n")
    new.replace(file)
    changes.get(timeout=DEADLINE)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_that_leads_elsewhere_is_a_change_and_is_followed_by_renew(
    watch: Watch, tmp_path: Path
) -> None:
    root = tmp_path.resolve()
    for release in ("one", "two"):
        (root / release).mkdir()
        (root / release / "config.yaml").write_text(release)
    (root / "current").symlink_to("one")
    watched, changes = watch(root / "current" / "config.yaml")
    (root / "next").symlink_to("two")
    (root / "next").replace(root / "current")
    changes.get(timeout=DEADLINE)
    watched.renew()
    while not changes.empty():
        changes.get()
    (root / "two" / "config.yaml").write_text("more")
    changes.get(timeout=DEADLINE)


def test_a_reading_or_another_file_is_no_change_to_watchdog(file: Path) -> None:
    changes: list[None] = []
    watched = WatchdogWatch(file, lambda: changes.append(None))
    watched.start()
    watched.stop()
    changes.clear()
    other = os.fspath(file.with_name("other.yaml"))
    watched.on_any_event(FileOpenedEvent(os.fspath(file)))
    watched.on_any_event(FileModifiedEvent(other))
    assert changes == []
    watched.on_any_event(FileModifiedEvent(os.fspath(file)))
    watched.on_any_event(FileMovedEvent(other, os.fspath(file)))
    assert len(changes) == 2


def test_a_watch_that_was_never_started_can_be_renewed_and_stopped(file: Path) -> None:
    watched = file_watch(file, lambda: pytest.fail("no change"))
    watched.renew()
    watched.stop()


def test_a_reading_a_write_to_a_file_beside_it_or_a_file_further_up_wakes_no_thread(
    watch_of_linux: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.system.inotify_watch import Inotify  # noqa: PLC0415  # Linux alone has it

    heard: list[str] = []
    events = Inotify.events

    def overheard(inotify: Inotify) -> Iterator[tuple[int, int, str]]:
        for event in events(inotify):
            heard.append(event[-1])
            yield event

    monkeypatch.setattr(Inotify, "events", overheard)
    file = tmp_path.resolve() / "folder" / "config.yaml"
    file.parent.mkdir()
    file.touch()
    with file.with_name("journal").open("w") as journal:
        _, changes = watch_of_linux(file)
        journal.write("order")
        journal.flush()
        (tmp_path / "busy").write_text("made")
        (tmp_path / "busy").unlink()
        file.read_text()
        file.chmod(0o640)
        changes.get(timeout=DEADLINE)
        assert set(heard) <= {"", file.name}  # of the file itself, and of its name in the folder


@pytest.mark.parametrize("by_another_link", [False, True])
def test_a_file_counts_as_being_written_until_its_writer_closes_it(
    watch_of_linux: Watch, file: Path, tmp_path: Path, *, by_another_link: bool
) -> None:
    other = tmp_path / "elsewhere" / "other"
    other.parent.mkdir()
    other.hardlink_to(file)
    watched, changes = watch_of_linux(file)
    with (other if by_another_link else file).open("w") as writer:
        writer.write("a: 2\n")
        writer.flush()
        while not watched.written:
            changes.get(timeout=DEADLINE)
    while watched.written:
        changes.get(timeout=DEADLINE)


def test_a_new_file_counts_as_being_written(watch_of_linux: Watch, file: Path) -> None:
    file.unlink()
    watched, changes = watch_of_linux(file)
    with file.open("w"):
        changes.get(timeout=DEADLINE)
        assert watched.written


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "pipe"])
def test_what_comes_without_a_writer_is_not_being_written(
    watch_of_linux: Watch, file: Path, kind: str
) -> None:
    new = file.rename(file.with_name("new"))
    watched, changes = watch_of_linux(file)
    if kind == "symbolic link":
        file.symlink_to(new)
    elif kind == "hard link":
        file.hardlink_to(new)
    else:
        os.mkfifo(file)
    changes.get(timeout=DEADLINE)
    assert not watched.written


def test_a_file_that_comes_from_elsewhere_is_not_being_written(
    watch_of_linux: Watch, file: Path, tmp_path: Path
) -> None:
    watched, changes = watch_of_linux(file)
    (tmp_path / "elsewhere").mkdir()
    new = tmp_path / "elsewhere" / "new"
    new.write_text("a: 2\n")
    new.replace(file)
    changes.get(timeout=DEADLINE)
    assert not watched.written


@pytest.mark.parametrize("gone", [False, True])
def test_the_file_that_replaced_it_is_watched_for_writes(
    watch_of_linux: Watch, file: Path, *, gone: bool
) -> None:
    watched, changes = watch_of_linux(file)
    if gone:
        file.unlink()
        watched.renew()
    new = file.with_name("new")
    new.write_text("a: 2\n")
    new.replace(file)
    watched.renew()
    with file.open("a") as writer:
        writer.write("#")
        writer.flush()
        while not watched.written:
            changes.get(timeout=DEADLINE)


def settled(watched: FileWatch, changes: "queue.Queue[None]") -> None:
    """One change at least has come; the watch is renewed after it, and what it has told is forgotten."""
    changes.get(timeout=DEADLINE)
    watched.renew()
    while not changes.empty():
        changes.get()


def test_a_new_file_that_cannot_be_listened_to_yet_is_a_change_once_it_is_readable(
    watch_of_linux: Watch, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.system.inotify_watch import Inotify  # noqa: PLC0415  # Linux alone has it

    add = Inotify.add

    def add_if_readable(inotify: Inotify, path: Path, events: int) -> int:
        if not path.stat().st_mode & 0o400:
            raise PermissionError(13, "Permission denied", str(path))
        return add(inotify, path, events)

    monkeypatch.setattr(Inotify, "add", add_if_readable)
    watched, changes = watch_of_linux(file)
    new = file.with_name("new")
    new.write_text("a: 2\n")
    new.chmod(0)
    new.replace(file)
    changes.get(timeout=DEADLINE)
    with pytest.raises(PermissionError):
        watched.renew()
    while not changes.empty():
        changes.get()
    file.chmod(0o600)
    changes.get(timeout=DEADLINE)


def test_a_folder_is_known_although_the_file_cannot_be_listened_to(
    watch_of_linux: Watch, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.system.inotify_watch import Inotify  # noqa: PLC0415  # Linux alone has it

    watched, changes = watch_of_linux(file)
    folder = file.with_name("folder")
    folder.mkdir()
    watched.trail = frozenset({folder / "config.yaml"})
    add = Inotify.add

    def add_folders(inotify: Inotify, path: Path, events: int) -> int:
        if not path.is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        return add(inotify, path, events)

    monkeypatch.setattr(Inotify, "add", add_folders)
    with pytest.raises(PermissionError):
        watched.follow({folder}, folder / "config.yaml")
    (folder / "config.yaml").touch()
    changes.get(timeout=DEADLINE)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("inside", ["config.yaml", "a/config.yaml", "a/b/config.yaml"])
def test_a_folder_that_is_exchanged_is_a_change_and_the_new_one_is_watched(
    watch_of_linux: Watch, tmp_path: Path, inside: str, *, linked: bool
) -> None:
    root = tmp_path.resolve()
    for name in ("conf", "new"):
        (root / name / inside).parent.mkdir(parents=True)
        (root / name / inside).write_text(name)
    file = link = root / "conf" / inside
    if linked:
        link = root / "link"
        link.symlink_to(file)
    watched, changes = watch_of_linux(link)
    (root / "conf").rename(root / "old")
    (root / "new").rename(root / "conf")
    settled(watched, changes)
    file.write_text("more")
    changes.get(timeout=DEADLINE)


def test_a_link_is_noticed_in_a_folder_that_is_above_the_file_too(
    watch_of_linux: Watch, tmp_path: Path
) -> None:
    root = tmp_path.resolve()
    for name in ("one", "two"):
        (root / "a" / name).mkdir(parents=True)
        (root / "a" / name / "config.yaml").write_text(name)
    (root / "current").symlink_to("a/one/config.yaml")
    _, changes = watch_of_linux(root / "current")
    (root / "next").symlink_to("a/two/config.yaml")
    (root / "next").replace(root / "current")
    changes.get(timeout=DEADLINE)


def test_a_folder_further_up_need_not_be_readable(
    watch_of_linux: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.system.inotify_watch import Inotify  # noqa: PLC0415  # Linux alone has it

    add = Inotify.add
    file = tmp_path.resolve() / "folder" / "config.yaml"
    file.parent.mkdir()

    def add_if_readable(inotify: Inotify, path: Path, events: int) -> int:
        if path == file.parent.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return add(inotify, path, events)

    monkeypatch.setattr(Inotify, "add", add_if_readable)
    _, changes = watch_of_linux(file)
    file.touch()
    changes.get(timeout=DEADLINE)


def test_a_folder_that_is_removed_is_a_change_and_so_is_its_return(
    watch_of_linux: Watch, tmp_path: Path
) -> None:
    file = tmp_path.resolve() / "a" / "b" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.touch()
    watched, changes = watch_of_linux(file)
    file.unlink()
    file.parent.rmdir()
    file.parent.parent.rmdir()
    settled(watched, changes)
    for folder in (file.parent.parent, file.parent):
        folder.mkdir()
        settled(watched, changes)
        assert not watched.written
    file.touch()
    changes.get(timeout=DEADLINE)


@pytest.mark.parametrize("missing", ["pipe", "thread"])
def test_a_watch_that_cannot_start_leaves_no_descriptor_open(
    file: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if not TELLS_OF_CLOSES:
        pytest.skip("inotify is of Linux")

    def no_pipe() -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watched = file_watch(file, lambda: pytest.fail("no change"))
    before = set(Path("/proc/self/fd").iterdir())
    with monkeypatch.context() as patch:
        if missing == "pipe":
            patch.setattr(os, "pipe", no_pipe)
        else:
            patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(OSError, match=r"open files|new thread"):
            watched.start()
    watched.stop()
    assert set(Path("/proc/self/fd").iterdir()) == before
