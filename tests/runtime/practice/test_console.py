"""Lines take effect; a mistake is answered with the right form."""

import pytest

from actors.errors import RequestRefused
from runtime.practice import PracticeExchange
from runtime.practice.console import Console
from runtime.practice.faults.table import FAULTS
from tests.doubles.exchange_client import Client


@pytest.fixture
def console(exchange: PracticeExchange) -> Console:
    return Console(exchange)


def test_a_line_begins_a_fault_and_calm_ends_it(exchange: PracticeExchange, console: Console) -> None:
    assert console.answer("slow rate=1000") == "ok"
    assert console.answer("mute asset=#AAPL_otc") == "ok"
    assert exchange.faults() == ["slow rate=1000", "mute asset='#AAPL_otc'"]
    assert console.answer("calm slow") == "ok"
    assert exchange.faults() == ["mute asset='#AAPL_otc'"]
    assert console.answer("calm asset=#AAPL_otc") == "ok"
    assert exchange.faults() == []


def test_the_answer_tells_how_many_sockets_were_struck(exchange: PracticeExchange, console: Console) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert console.answer("drop") == "ok, 1 sockets struck"


def test_the_status_lists_regions_sockets_and_faults(exchange: PracticeExchange, console: Console) -> None:
    first, second = exchange.regions
    with Client(second.url) as client:
        client.login(exchange.session)
        console.answer(f"hang region={first.name} count=2")
        assert console.answer("status").splitlines() == [
            f"{first.name} {first.url}: 0 sockets",
            f"{second.name} {second.url}: 1 sockets",
            f"fault hang region={first.name} count=2",
        ]


def test_help_tells_how_everything_is_written(console: Console) -> None:
    everything = console.answer("help").splitlines()
    assert [line.split()[0] for line in everything if line[0] != " "] == [*FAULTS, "calm", "status", "help"]
    assert console.answer("help slow").splitlines()[0] == "slow rate=NUMBER [region=TEXT] [lasts=NUMBER]"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("slwo", "did you mean slow?"),
        ("help slwo", "did you mean slow?"),
        ("slow", "slow rate=NUMBER"),
        ("slow 1000", "slow rate=1000"),
        ("slow rate=fast", "slow rate=NUMBER"),
        ("hang region=NOWHERE", "there are PRACTICE-1, PRACTICE-2"),
        ("calm slow mute", "at most one name"),
        ("calm rate=5", "region=TEXT"),
        ("close reason='x", "quote"),
        ("", "one name"),
    ],
)
def test_a_mistake_is_refused_with_the_right_form(
    exchange: PracticeExchange, console: Console, line: str, complaint: str
) -> None:
    answer = console.answer(line)
    assert answer.startswith("refused: ")
    assert complaint in answer
    with pytest.raises(RequestRefused):
        console.execute(line)
    assert exchange.faults() == []
