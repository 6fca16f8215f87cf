"""Fixtures of all tests: no actor outlives its test, and no session is logged."""

import gc
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pykka
import pytest
from loguru import logger

from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.session_mark import SESSION_MARK

# The default deadline of 200 ms for an example fails on a busy machine; pytest-timeout ends a hang.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


FIRST_THE_LONG = ("", "scripts", "journeys", "runtime", "actors")
"""Folders of tests; first those with the longest files, for which all would wait if they began last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST_THE_LONG.index(_folder(item.path)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Garbage is not collected among what the collection of the tests makes, which stays: to look through it
    again and again was a sixth of the time, of the collection and of what runs in this process afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _folder(path: Path) -> str:
    """The folder below this one that has the file; none for a file that is here."""
    folder, *below = path.relative_to(Path(__file__).parent).parts
    return folder if below else ""


class ManualClock:
    """A monotonic clock that only ``advance`` moves; that wakes all actors."""

    def __init__(self) -> None:
        self._now = 1000.0

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        for ref in pykka.ActorRegistry.get_all():
            ref.actor_inbox.wake()  # type: ignore[attr-defined]

    def stand_still(self, seconds: float) -> None:
        """A suspend: nobody runs, so the next message is handled before any timer that is due."""
        self._now += seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(autouse=True, scope="session")
def _sockets_and_journals_of_our_own() -> Iterator[None]:
    """Keeps sockets and journals apart from those of other test runs and of the user's runtimes."""
    with tempfile.TemporaryDirectory(prefix="tw-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        patch.setenv("XDG_STATE_HOME", folder)
        patch.setenv("LOGURU_LEVEL", "DEBUG")  # a test that fails shows all that was logged
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_session_of_the_users() -> Iterator[None]:
    """A session in the environment of the user must not be used by a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("POCKET_OPTION_SSID", raising=False)
        yield


@pytest.fixture
def place() -> Iterator[Path]:
    """The path of a control socket; it must be shorter than those in ``tmp_path``."""
    with tempfile.TemporaryDirectory(prefix="tw-") as folder:
        yield Path(folder) / "tellwire.sock"


@pytest.fixture(autouse=True)
def _no_actor_outlives_its_test() -> Iterator[None]:
    yield
    try:
        pykka.ActorRegistry.stop_all(timeout=5)
    except pykka.Timeout:
        for ref in pykka.ActorRegistry.get_all():  # only this test fails, and not all those after it
            pykka.ActorRegistry.unregister(ref)
        raise


class Log:
    """Hears what loguru is told, at any level. One for all tests: loguru takes 3 ms to add a handler."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._added = False

    def listen(self) -> None:
        """From now on, if a test before this has configured logging, which removes all handlers."""
        self.lines.clear()
        if not self._added:
            logger.add(
                self, level=0, format="{message} {extra}", diagnose=False, backtrace=False, colorize=False
            )
            self._added = True

    def write(self, line: str) -> None:
        self.lines.append(line)

    def stop(self) -> None:
        """loguru calls it when it removes the handler."""
        self._added = False


@pytest.fixture(scope="session")
def _log() -> Log:
    return Log()


@pytest.fixture(autouse=True)
def _no_session_is_logged(_log: Log, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """At any level, by this process, a worker or a library."""
    _log.listen()
    yield
    logged = [*_log.lines, *map(caplog.handler.format, caplog.get_records("call"))]
    assert [line for line in logged if SESSION_MARK in line] == []


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    """Two regions, 20 ticks a second for each streamed asset."""
    with PracticeExchange(PracticeSettings(tick_rate=20.0)) as running:
        yield running


@pytest.fixture
def start_runtime() -> Iterator[Callable[[Config], Runtime]]:
    """Starts runtimes that are stopped when the test ends."""
    running: list[Runtime] = []

    def start(config: Config, **options: Any) -> Runtime:
        runtime = Runtime(config, **options)
        running.append(runtime)
        runtime.start()
        return runtime

    yield start
    for runtime in reversed(running):
        runtime.stop()
