import sys
from pathlib import Path

import pytest

from actors.errors import LoginInvalid
from actors.values import AccountKind
from actors.venues import UnknownVenue, known_venues, venue
from actors.venues.base import Venue
from tests.doubles import plain_streams

MODULE = "venue_of_a_test"


@pytest.mark.parametrize("name", known_venues())
def test_every_folder_is_a_venue(name: str) -> None:
    found = venue(name)
    assert isinstance(found, Venue)
    with pytest.raises(LoginInvalid):
        found.parse_login("")
    assert found.refuse_region("wss://elsewhere.example/", AccountKind.DEMO) == ""


def test_a_dotted_name_is_a_module_of_the_users_own() -> None:
    assert venue("tests.doubles.plain_streams") is plain_streams.VENUE


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownVenue, match=r"none of .*pocketoption"):
        venue("pocketoptoin")


@pytest.mark.parametrize("name", ["nowhere.at.all", "tests.nowhere", ".", "base", ".."])
def test_what_is_no_module_is_refused(name: str) -> None:
    with pytest.raises(UnknownVenue):
        venue(name)


def test_a_module_without_a_venue_is_refused() -> None:
    with pytest.raises(UnknownVenue, match="no VENUE"):
        venue("tests.doubles.recorder")


def test_a_module_that_lacks_one_of_its_own_imports_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MODULE).mkdir()
    (tmp_path / MODULE / "__init__.py").write_text("")
    (tmp_path / MODULE / "broken.py").write_text("import not_installed\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_installed"):
        venue(f"{MODULE}.broken")
    for name in [name for name in sys.modules if name.startswith(MODULE)]:
        monkeypatch.delitem(sys.modules, name)
