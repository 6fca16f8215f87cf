"""The watch over one file: what counts as a change, along links too."""

import os
import queue
import sys
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


def test_a_reading_or_a_write_to_a_file_beside_it_wakes_no_thread(
    watch_of_linux: Watch, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime.system.inotify_watch import Inotify  # noqa: PLC0415  # Linux alone has it

    heard: list[str] = []
    events = Inotify.events

    def overheard(inotify: Inotify) -> Iterator[tuple[int, int, str]]:
        for event in events(inotify):
            heard.append(event[-1])
            yield event

    monkeypatch.setattr(Inotify, "events", overheard)
    with file.with_name("journal").open("w") as journal:
        _, changes = watch_of_linux(file)
        journal.write("order")
        journal.flush()
        file.read_text()
        file.chmod(0o640)
        changes.get(timeout=DEADLINE)
        assert heard == [""]  # one event, of the file itself


def test_a_file_counts_as_being_written_until_its_writer_closes_it(watch_of_linux: Watch, file: Path) -> None:
    watched, changes = watch_of_linux(file)
    with file.open("w") as writer:
        writer.write("a: 2\n")
        writer.flush()
        while not watched.written:
            changes.get(timeout=DEADLINE)
    while watched.written:
        changes.get(timeout=DEADLINE)


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
