"""Keys: from what a terminal sends to what a key does."""

import pytest

from actors.messages.status import DeskStatus
from runtime.cli.output.keyboard import keys
from runtime.cli.output.view import PAGE, KeyState, Panel, Sort, Wish
from tests.doubles.status_samples import status

RUNS = status()
HALTED = status(desk=DeskStatus("lunch", 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("sent", "pressed"),
    [
        ("q", ["q"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1b", ["escape"]),
        ("\x1b[5~x", ["pageup", "x"]),
        ("\r\n", ["enter", "enter"]),
        ("\x1b[15~\x1b[1;5Cz", ["z"]),
        ("\x1b[", []),
        ("\x00\x7fü", ["backspace", "ü"]),
        ("\x0c", ["redraw"]),
    ],
)
def test_what_a_terminal_sends_becomes_keys_and_what_is_unknown_none(sent: str, pressed: list[str]) -> None:
    assert keys(sent) == pressed


def test_q_asks_nothing() -> None:
    assert KeyState().press("q", None, 0.0) is Wish.QUIT


@pytest.mark.parametrize(
    ("pressed", "wish"),
    [
        ("Hy", Wish.HALT),
        ("HY", Wish.HALT),
        ("Hn", None),
        ("HH", None),
        ("Hq", None),
        ("h", None),
        ("y", None),
    ],
)
def test_only_a_second_key_halts(pressed: str, wish: Wish | None) -> None:
    view = KeyState()
    for key in pressed[:-1]:
        assert view.press(key, RUNS, 0.0) is None
        assert view.question().startswith("HALT: send no order")
    assert view.press(pressed[-1], RUNS, 0.0) is wish
    assert view.question() == ""


def test_what_is_so_already_is_not_asked() -> None:
    view = KeyState()
    view.press("R", RUNS, 10.0)
    assert (view.question(), view.message(12.0)) == ("", "orders are not halted")
    assert view.message(17.0) == ""
    view.press("H", HALTED, 20.0)
    assert view.message(21.0) == "orders are halted already; R resumes"
    view.press("R", HALTED, 22.0)
    assert view.question().startswith("RESUME: send orders again?")
    assert view.press("y", HALTED, 23.0) is Wish.RESUME


def test_a_filter_is_typed_and_no_key_of_it_does_anything_else() -> None:
    view = KeyState()
    for key in ["/", "q", "H", "x", "backspace", "up", "p"]:
        assert view.press(key, RUNS, 0.0) is None
    assert (view.filter, view.typing, view.paused) == ("qHp", True, False)
    assert view.matches("aQHpb")
    assert not view.matches("ab")
    view.press("enter", RUNS, 0.0)
    assert (view.filter, view.typing) == ("qHp", False)
    view.press("/", RUNS, 0.0)
    view.press("escape", RUNS, 0.0)
    assert (view.filter, view.typing) == ("", False)


def test_panels_are_enlarged_and_left_again() -> None:
    view = KeyState()
    seen = []
    for key in ("3", "4", "4", "?", "escape"):
        view.press(key, RUNS, 0.0)
        seen.append(view.panel)
    assert seen == [Panel.CONNECTIONS, Panel.LOG, Panel.ALL, Panel.HELP, Panel.ALL]


def test_a_scroll_ends_at_the_top_and_with_the_panel() -> None:
    view = KeyState()
    skips = []
    for key in ("up", "pagedown", "down", "up", "4"):
        view.press(key, RUNS, 0.0)
        skips.append(view.skip)
    assert skips == [0, PAGE, PAGE + 1, PAGE, 0]


def test_every_order_of_the_streams_comes_round() -> None:
    view = KeyState()
    seen = []
    for _ in Sort:
        seen.append(view.sort)
        view.press("s", RUNS, 0.0)
    assert seen == list(Sort)
    assert view.sort is Sort.STATE
