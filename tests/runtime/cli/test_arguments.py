"""The types of command line arguments."""

import argparse

import pytest

from runtime.cli.arguments import duration, text, whole_seconds


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("250ms", 0.25), ("2m", 120.0), ("1h", 3600.0)])
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(("text", "seconds"), [("1", 1), ("1.0", 1), ("5m", 300), ("1000ms", 1)])
def test_whole_seconds_are_an_integer(text: str, seconds: int) -> None:
    result = whole_seconds(text)
    assert (result, type(result)) == (seconds, int)


@pytest.mark.parametrize("text", ["0", "1.5", "500ms", "0s"])
def test_what_is_no_whole_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=rf"'{text}' is not one or more whole seconds"):
        whole_seconds(text)


@pytest.mark.parametrize("read", [duration, whole_seconds])
def test_what_is_no_duration_is_refused_with_the_forms_that_are(read: object) -> None:
    assert callable(read)
    with pytest.raises(argparse.ArgumentTypeError, match=r"^'soon' is not a duration \(write 250ms"):
        read("soon")


@pytest.mark.parametrize(
    ("argument", "read"), [("lunch", "lunch"), ("caf\udcc3\udca9", "café"), ("caf\udce9", "caf\ufffd")]
)
def test_words_are_read_in_every_locale(argument: str, read: str) -> None:
    """Python keeps the bytes that the locale does not know as surrogates."""
    assert text(argument) == read
