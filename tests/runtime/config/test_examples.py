"""The examples in ``configs``, and modules of the user's own that a file names."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from actors.errors import ConfigInvalid
from actors.messages import Subscribe
from actors.transport.address import is_loopback
from runtime import Runtime
from runtime.config import load
from runtime.practice import PracticeExchange, PracticeSettings
from tests.journeys.journey import Notebook

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = ROOT / "configs"
BACKOFF = "def wait(state):\n    return 7.0\n"
OWN_BACKOFF = "reconnect: {strategy: 'custom:my_own:wait'}"
OWN_VENUE = "account: {venue: my_own.venue}"
"""``-P`` starts them as the installed program is started: no folder of the user's is on the path."""


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for reserved in (one, other):
            reserved.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def test_the_example_for_the_practice_exchange_dials_this_machine_alone_and_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_runtime: Callable[..., Runtime]
) -> None:
    ports = free_ports()
    with PracticeExchange(PracticeSettings(ports=ports)) as exchange:
        monkeypatch.setenv("POCKET_OPTION_SSID", exchange.session)
        text = (CONFIGS / "practice.yaml").read_text()
        assert text.count(":8500/") == text.count(":8501/") == 1
        file = tmp_path / "practice.yaml"
        file.write_text(text.replace(":8500/", f":{ports[0]}/").replace(":8501/", f":{ports[1]}/"))
        config = load(file)
        regions = [*config.regions.demo, *config.regions.live]
        assert [entry.url for entry in regions] == [region.url for region in exchange.regions]
        assert all(is_loopback(urlsplit(entry.url).hostname or "") for entry in regions)
        runtime, notebook = start_runtime(config), Notebook()
        runtime.router.tell(Subscribe("tick.", to=notebook))
        assert runtime.exchange is None
        assert notebook.wait(
            lambda book: {tick.asset for tick in book.ticks()} >= {"EURUSD_otc", "#AAPL_otc"}
        )


def test_the_example_for_the_practice_exchange_says_what_it_needs() -> None:
    with pytest.raises(ConfigInvalid, match=r"POCKET_OPTION_SSID: start  tellwire practice --port 8500 "):
        load(CONFIGS / "practice.yaml")


@pytest.mark.parametrize(
    ("entry", "beside", "settings"),
    [
        ("runtime.main", "current", OWN_BACKOFF),
        ("runtime.main", "file", OWN_VENUE),
        ("tellwire", "current", OWN_VENUE),
        ("tellwire", "file", OWN_BACKOFF),
    ],
)
def test_a_module_of_the_users_own_is_found_by_every_entry(
    tmp_path: Path, entry: str, beside: str, settings: str
) -> None:
    places = {name: tmp_path / name for name in ("current", "file")}
    for place in places.values():
        place.mkdir()
    package = places[beside] / "my_own"
    package.mkdir()
    (package / "__init__.py").write_text(BACKOFF)
    (package / "venue.py").write_text("from tests.doubles.plain_streams import VENUE\n")
    (places["file"] / "c.yaml").write_text(settings + "\n")
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    done = subprocess.run(
        [sys.executable, "-P", "-m", entry, "../file/c.yaml", "--check"],
        cwd=places["current"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_module_that_nobody_has_is_named_as_missing(tmp_path: Path) -> None:
    before = list(sys.path)
    file = tmp_path / "c.yaml"
    file.write_text("reconnect: {strategy: 'custom:nobodys_own:wait'}\n")
    with pytest.raises(ConfigInvalid, match="cannot be imported"):
        load(file)
    sys.path[:] = before


def test_a_file_that_names_no_module_leaves_the_path_as_it_is(tmp_path: Path) -> None:
    before = list(sys.path)
    file = tmp_path / "c.yaml"
    file.write_text("reconnect: {strategy: linear}\naccount: {venue: pocketoption}\n")
    load(file)
    assert sys.path == before
