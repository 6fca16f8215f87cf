"""The reloader alone: whom it tells what, and from when to when."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pykka
import pytest
import yaml

from actors.errors import ConfigInvalid, RequestRefused
from actors.messages import ConfigRefused, ConfigReloaded
from actors.messages.control import Drain, Reconfigure
from actors.messages.lifecycle import SystemReady
from actors.messages.traffic import EventBatch
from actors.messages.workers import SetLogLevel
from actors.values import Region
from runtime.config import Config, load
from runtime.system.file_watch import TELLS_OF_CLOSES
from runtime.system.reloader import FILE_SETTLING, CurrentConfig, Recipients, Reload, Reloader
from runtime.system.settings import LiveSettings, live_settings
from tests.journeys.journey import DEADLINE

SETTINGS: dict[str, Any] = {
    "limits": {"messages": ["9/s"], "connects": ["9/s"]},
    "streams": [{"asset": "ONE"}, {"asset": "TWO"}],
}
REGIONS = [Region("near", "wss://near.example")]


class Told:
    """A recipient that keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def tell(self, message: Any) -> None:
        self.messages.append(message)


class Ended:
    def tell(self, message: Any) -> None:
        raise pykka.ActorDeadError(f"it has ended, before {message}")


def regions_of(config: Config) -> Sequence[Region]:
    """The regions as a practice exchange has them: whatever the configuration says."""
    assert isinstance(config, Config)
    return REGIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.fixture
def write(path: Path) -> Callable[..., Config]:
    def write(**sections: Any) -> Config:
        path.write_text(yaml.safe_dump(SETTINGS | sections), encoding="utf-8")
        return load(path)

    write()
    return write


Start = Callable[..., tuple[Any, Recipients, CurrentConfig]]


@pytest.fixture
def start(path: Path, write: Callable[..., Config]) -> Iterator[Start]:
    """Starts a reloader of the file as it is now; some of its recipients may be given."""

    def start(**given: Any) -> tuple[Any, Recipients, CurrentConfig]:
        current = CurrentConfig(load(path))
        recipients = Recipients(**({name: Told() for name in Recipients._fields} | given))
        return Reloader.start(current, recipients, regions=regions_of), recipients, current

    yield start
    pykka.ActorRegistry.stop_all(timeout=DEADLINE)


def said(recipients: Recipients) -> dict[str, list[Any]]:
    """By recipient, what it was told; the news for the router left out."""
    return {
        name: kept
        for name, told in recipients._asdict().items()
        if (kept := [each for each in told.messages if not isinstance(each, EventBatch)])
    }


def wanted(config: Config) -> LiveSettings:
    return live_settings(config, REGIONS)


CHANGES: list[tuple[dict[str, Any], Callable[[Config], dict[str, list[Any]]]]] = [
    (
        {"limits": SETTINGS["limits"] | {"messages": ["7/s"]}},
        lambda new: {
            "limiter": [Reconfigure(wanted(new).allowance)],
            "history_loader": [Reconfigure(wanted(new).allowance)],
        },
    ),
    (
        {"limits": SETTINGS["limits"] | {"connects": ["7/s"]}},
        lambda new: {"supervisor": [Reconfigure(wanted(new).dialing)]},
    ),
    ({"batching": {"batch_size": 3}}, lambda new: {"batcher": [Reconfigure(wanted(new).batches)]}),
    ({"health": {"reconnects_per_hour": 3}}, lambda new: {"monitor": [Reconfigure(wanted(new).health)]}),
    ({"log": {"level": "DEBUG"}}, lambda _: {"supervisor": [SetLogLevel("DEBUG")]}),
    (
        {"streams": [{"asset": "TWO"}, {"asset": "SIX"}]},
        lambda _: {"streams": [Reconfigure({"TWO": 60, "SIX": 60})]},
    ),
    ({"regions": {"demo": [{"name": "far", "url": "wss://far.example"}]}}, lambda _: {}),
]


@pytest.mark.parametrize(
    ("sections", "told"),
    CHANGES,
    ids=["rate", "dialling", "batches", "health", "level", "streams", "regions"],
)
def test_an_actor_is_told_only_if_its_own_settings_have_changed(
    start: Start,
    write: Callable[..., Config],
    sections: dict[str, Any],
    told: Callable[[Config], dict[str, list[Any]]],
) -> None:
    reloader, recipients, current = start()
    new = write(**sections)
    changed = reloader.ask(Reload(), timeout=DEADLINE)
    assert current.value == new
    assert said(recipients) == told(new)
    assert [each.items for each in recipients.router.messages if isinstance(each, EventBatch)] == [  # type: ignore[attr-defined]
        [ConfigReloaded(changed)]
    ]


def test_a_refused_file_is_told_to_no_recipient(start: Start, path: Path) -> None:
    reloader, recipients, current = start()
    before = current.value
    path.write_text("limits: {messages: [0/s]}\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid):
        reloader.ask(Reload(), timeout=DEADLINE)
    assert current.value is before
    assert said(recipients) == {}


def test_a_reload_after_drain_is_refused_and_changes_nothing(
    start: Start, write: Callable[..., Config]
) -> None:
    reloader, recipients, current = start()
    before = current.value
    write(log={"level": "DEBUG"})
    reloader.ask(Drain(), timeout=DEADLINE)
    with pytest.raises(RequestRefused, match="the runtime is stopping"):
        reloader.ask(Reload(), timeout=DEADLINE)
    assert current.value is before
    assert said(recipients) == {}


def test_a_recipient_that_has_ended_keeps_the_others_from_nothing(
    start: Start, write: Callable[..., Config]
) -> None:
    reloader, recipients, _ = start(limiter=Ended(), supervisor=Told())
    new = write(limits={"messages": ["7/s"], "connects": ["7/s"]})
    assert reloader.ask(Reload(), timeout=DEADLINE) == ["limits.messages", "limits.connects"]
    assert recipients.supervisor.messages == [Reconfigure(wanted(new).dialing)]  # type: ignore[attr-defined]
    assert reloader.is_alive()


def test_an_error_that_was_not_foreseen_ends_the_reloader_and_answers_the_asker(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> Config:
        raise ZeroDivisionError(path)

    reloader, _, _ = start()
    monkeypatch.setattr("runtime.system.reloader.load", broken)
    with pytest.raises(RequestRefused):
        reloader.ask(Reload(), timeout=DEADLINE)
    assert not reloader.is_alive()


def test_a_file_that_its_writer_keeps_open_is_read_once_it_is_closed(
    start: Start, path: Path, write: Callable[..., Config]
) -> None:
    if not TELLS_OF_CLOSES:
        pytest.skip("this system does not tell when a writer closes a file")
    reloader, _, current = start()
    reloader.tell(SystemReady())
    assert reloader.ask(Reload(), timeout=DEADLINE) == []  # the watch has begun
    whole = path.read_text(encoding="utf-8").replace("9/s", "8/s")
    half = len(whole) // 2
    with path.open("w", encoding="utf-8") as file:
        file.write(whole[:half])
        file.flush()
        answer = reloader.ask(Reload(), block=False)
        with pytest.raises(pykka.Timeout):
            answer.get(timeout=2 * FILE_SETTLING)
        file.write(whole[half:])
    assert answer.get(timeout=DEADLINE) == ["limits.messages", "limits.connects"]
    assert current.value == load(path)


def test_a_file_that_stays_open_is_read_all_the_same_in_the_end(
    start: Start, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.system.reloader.ASKED_PATIENCE", 0.1)
    reloader, _, current = start()
    reloader.tell(SystemReady())
    assert reloader.ask(Reload(), timeout=DEADLINE) == []
    with path.open("a", encoding="utf-8") as file:
        file.write("log: {level: DEBUG}\n")
        file.flush()
        assert reloader.ask(Reload(), timeout=DEADLINE) == ["log.level"]
    assert current.value == load(path)


def test_the_same_problem_after_another_edit_is_told_again(
    start: Start, path: Path, write: Callable[..., Config]
) -> None:
    reloader, recipients, _ = start()
    for text in ("limits: {messages: [0/s]}\n", "limits: {messages: [0/s]} # now\n"):
        path.write_text(text, encoding="utf-8")
        for _ in range(2):
            with pytest.raises(ConfigInvalid):
                reloader.ask(Reload(), timeout=DEADLINE)
    refused = [each for batch in recipients.router.messages for each in batch.items]  # type: ignore[attr-defined]
    assert [type(each) for each in refused] == [ConfigRefused] * 2


@pytest.mark.parametrize("text", ["", "\n", "# all settings are gone\n", "---\n"])
def test_a_file_that_was_cut_off_does_not_end_every_stream(
    start: Start, path: Path, write: Callable[..., Config], text: str
) -> None:
    reloader, recipients, current = start()
    before = current.value
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigInvalid, match="is empty"):
        reloader.ask(Reload(), timeout=DEADLINE)
    assert current.value is before
    assert said(recipients) == {}
    write(log={"level": "DEBUG"})
    assert reloader.ask(Reload(), timeout=DEADLINE) == ["log.level"]
