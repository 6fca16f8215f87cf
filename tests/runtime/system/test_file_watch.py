"""The watch over one file: what counts as a change, along links too."""

import importlib.util
import logging
import os
import queue
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import FileModifiedEvent, FileMovedEvent, FileOpenedEvent

from runtime.system.file_watch import LATE_EVENT, TELLS_OF_CLOSES, FileWatch

DEADLINE = 10.0
"""Seconds; a test waits so long only for what fails."""

Watch = Callable[[Path], tuple[FileWatch, "queue.Queue[None]"]]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Starts a watch; each change that it finds puts an item into the queue."""
    started: list[FileWatch] = []

    def start(path: Path) -> tuple[FileWatch, "queue.Queue[None]"]:
        changes: queue.Queue[None] = queue.Queue()
        started.append(FileWatch(path, lambda: changes.put(None)))
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


def test_a_reading_or_another_file_is_no_change(file: Path) -> None:
    changes: list[None] = []
    watched = FileWatch(file, lambda: changes.append(None))
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
    watched = FileWatch(file, lambda: pytest.fail("no change"))
    watched.renew()
    watched.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_an_event_during_a_stop_is_not_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    spec = importlib.util.find_spec("watchdog.observers.inotify")
    assert spec is not None
    assert spec.origin is not None
    assert LATE_EVENT in Path(spec.origin).read_text("utf-8")  # the very words of the installed version
    log = logging.getLogger("watchdog.observers.inotify")
    log.error(LATE_EVENT)
    log.error("something else")
    assert caplog.messages == ["something else"]


@pytest.mark.skipif(not TELLS_OF_CLOSES, reason="this system does not tell when a writer closes a file")
def test_a_file_counts_as_being_written_until_its_writer_closes_it(watch: Watch, file: Path) -> None:
    watched, changes = watch(file)
    with file.open("w") as writer:
        writer.write("a: 2\n")
        writer.flush()
        while not watched.written:
            changes.get(timeout=DEADLINE)
    while watched.written:
        changes.get(timeout=DEADLINE)
    new = file.with_name("new")
    new.write_text("a: 3\n")
    new.replace(file)
    changes.get(timeout=DEADLINE)
    assert not watched.written
