"""Where the journal of orders and the lock of an account are, whatever the current folder."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from actors.errors import ConfigInvalid
from actors.values import AccountKind, Secret
from actors.venues.base import Login
from runtime.config import Config, load
from runtime.practice.session_mark import SESSION_MARK
from runtime.system.settings import account_lock_path, journal_path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def written(folder: Path, text: str) -> Path:
    file = folder / "bot.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["orders.sqlite", "state/orders.sqlite", "../orders.sqlite"])
def test_a_relative_journal_is_in_the_folder_of_the_configuration(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file = written(tmp_path, f"orders: {{journal: {name}}}\n")
    for current, spelled in ((tmp_path, "bot.yaml"), (elsewhere, "../bot.yaml"), (elsewhere, str(file))):
        monkeypatch.chdir(current)
        config = load(spelled)
        monkeypatch.chdir("/")
        path = journal_path(config, None)
        assert path.is_absolute()
        assert path.resolve() == (tmp_path / name).resolve()


def test_a_relative_journal_of_a_configuration_without_a_file_is_in_the_folder_where_it_was_made(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config.model_validate({"orders": {"journal": "orders.sqlite"}})
    monkeypatch.chdir(elsewhere)
    assert journal_path(config, None) == tmp_path / "orders.sqlite"
    assert journal_path(config.model_copy(), None) == tmp_path / "orders.sqlite"


def test_an_absolute_journal_and_one_in_the_home_are_where_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, place in (("/var/orders.sqlite", Path("/var")), ("~/orders.sqlite", tmp_path / "home")):
        config = load(written(tmp_path, f"orders: {{journal: '{name}'}}\n"))
        assert journal_path(config, None) == place / "orders.sqlite"


def test_two_configurations_that_differ_in_their_folder_alone_are_equal(
    tmp_path: Path, elsewhere: Path
) -> None:
    text = "orders: {journal: orders.sqlite}\n"
    assert load(written(tmp_path, text)) == load(written(elsewhere, text))


def test_a_configuration_can_be_made_where_the_current_folder_is_gone(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(elsewhere)
    elsewhere.rmdir()
    config = Config.model_validate({"orders": {"journal": "/var/orders.sqlite"}})
    assert journal_path(config, None) == Path("/var/orders.sqlite")


def test_the_log_is_not_the_journal_also_where_both_are_relative_to_the_file(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(elsewhere)
    for log in ("orders", f"../{tmp_path.name}/orders", tmp_path / "orders"):
        with pytest.raises(ConfigInvalid, match=r"log\.file: is the file of orders\.journal too"):
            load(written(tmp_path, f"orders: {{journal: orders}}\nlog: {{file: {log}}}\n"))
    config = load(written(tmp_path, "orders: {journal: orders}\nlog: {file: ../orders}\n"))
    assert config.path(config.log.file) == tmp_path / "../orders"


def test_the_lock_of_an_account_is_its_own_and_that_of_an_exchange_on_this_machine_too() -> None:
    login = Login(AccountKind.DEMO, "12/3", Secret(""))

    def path(*urls: str, **changes: Any) -> Path:
        regions = [{"name": f"r{number}", "url": url} for number, url in enumerate(urls)]
        config = Config.model_validate({"regions": {"demo": regions, "live": []}})
        return account_lock_path(config, structs.replace(login, **changes))

    real, other = "wss://demo-api-eu.po.market/x", "wss://try-demo-eu.po.market/x"
    assert path(real) == path(other) == path(real, "ws://127.0.0.1:5000/x") == path(other, real)
    assert path(real).name == "account-pocketoption-demo-12%2F3"
    assert path(real, user="124") != path(real)
    one, two = "ws://127.0.0.1:5000/x", "ws://localhost:5001/x"
    assert path(one, two) == path(two, one)
    assert len({path(real), path(one), path(two)}) == 3


def test_the_journal_of_a_practice_exchange_is_apart_from_those_of_accounts_that_stay() -> None:
    def path(url: str, session: str) -> Path:
        config = Config.model_validate({"regions": {"demo": [{"name": "r", "url": url}], "live": []}})
        login = Login(AccountKind.DEMO, "12", Secret(f'42["auth",{{"session":"{session}"}}]'))
        journal = journal_path(config, login)
        assert account_lock_path(config, login).parent == journal.parent
        return journal

    stays = path("wss://demo-api-eu.po.market/x", f"{SESSION_MARK}12")
    assert path("ws://127.0.0.1:8500/x", "abcdefgh") == stays
    ends = path("ws://127.0.0.1:8500/x", f"{SESSION_MARK}12")
    assert ends == stays.parent / "practice" / stays.name
