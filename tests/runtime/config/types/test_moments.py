"""A moment as an operator writes it."""

import pytest

from runtime.config import Config
from runtime.config.types.units import parse_moment, show_moment

NINE = 1_767_603_600.0


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T09:00Z",
        "2026-01-05T09:00",
        "2026-01-05 09:00:00",
        "2026-01-05T10:00+01:00",
    ],
)
def test_a_moment_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert parse_moment(text) == NINE
    assert parse_moment(show_moment(NINE)) == NINE


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30T09:00Z", 5, "9:00", ""])
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a moment"):
        parse_moment(value)


def test_the_start_of_the_practice_exchange_is_one() -> None:
    config = Config.model_validate({"practice": {"start": "2026-01-05T09:00Z"}})
    assert config.practice.start == NINE
    assert Config.model_validate(config.model_dump(mode="json")).practice.start == NINE
