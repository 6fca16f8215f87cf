"""The table of faults: complete and explained; a mistake is answered with the right form."""

from typing import Any

import pytest

from actors.errors import RequestRefused
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.listener import AnswerStatus
from runtime.practice.faults.socket import Close, Slow
from runtime.practice.faults.table import FAULTS, explain, make_fault, read_line, show, usage


def leaves(kind: type[Fault]) -> set[type[Fault]]:
    below = kind.__subclasses__()
    return set[type[Fault]]().union(*map(leaves, below)) if below else {kind}


def test_every_fault_is_in_the_table_under_its_name() -> None:
    assert set(FAULTS.values()) == leaves(Fault)
    assert all(name == kind.__struct_config__.tag for name, kind in FAULTS.items())


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_in_a_sentence_what_it_does(name: str) -> None:
    text = explain(FAULTS[name])
    assert text.endswith(".")
    assert "\n" not in text
    assert usage(FAULTS[name]).split()[0] == name


def test_a_usage_shows_what_must_be_given_and_what_is_taken_otherwise() -> None:
    assert usage(FAULTS["slow"]) == "slow rate=NUMBER [region=TEXT] [lasts=NUMBER]"
    assert usage(FAULTS["lost_after"]) == "lost_after [drop=false] [count=1]"


@pytest.mark.parametrize(
    ("line", "words", "parameters"),
    [
        ("", [], {}),
        ("calm", ["calm"], {}),
        ("mute asset=#AAPL_otc", ["mute"], {"asset": "#AAPL_otc"}),
        ("close reason='a b=c'  code=1012", ["close"], {"reason": "a b=c", "code": "1012"}),
    ],
)
def test_a_line_has_words_and_parameters(line: str, words: list[str], parameters: dict[str, str]) -> None:
    assert read_line(line) == (words, parameters)


def test_a_quote_without_an_end_is_refused() -> None:
    with pytest.raises(RequestRefused, match="quote"):
        read_line("close reason='x")


@pytest.mark.parametrize(
    "fault",
    [
        Slow(rate=1000),
        Close(code=1012, reason="it's over", count=2),
        Close(),
        AnswerStatus(status=503, retry_after=2, date=True, region="EAST", lasts=0.5),
    ],
)
def test_what_is_shown_can_be_read_again(fault: Fault) -> None:
    [name], parameters = read_line(show(fault))
    assert make_fault(name, parameters) == fault


def test_parameters_at_their_defaults_are_not_shown() -> None:
    assert show(Slow(rate=1000)) == "slow rate=1000"
    assert show(make_fault("doubled", {"count": None})) == "doubled count=null"


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("vanish", {}, "there are refuse, hang"),
        ("slwo", {}, "did you mean slow"),
        ("slow", {}, "slow rate=NUMBER"),
        ("slow", {"rate": 0}, "> 0"),
        ("slow", {"rate": "inf"}, "rate"),
        ("slow", {"rate": 5, "speed": 1}, "speed"),
        ("clock_jump", {"seconds": "nan"}, "seconds"),
        ("close", {"code": 70_000}, "code"),
        ("close", {"reason": "x" * 31}, "reason"),
        ("answer", {"status": 101}, "status"),
        ("hang", {"count": 0}, "count"),
        ("mute", {"lasts": -1}, "lasts"),
        ("doubled", {"drop": True}, "drop"),
    ],
)
def test_a_mistake_is_refused_with_the_right_form(
    name: str, parameters: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(RequestRefused, match=complaint):
        make_fault(name, parameters)
