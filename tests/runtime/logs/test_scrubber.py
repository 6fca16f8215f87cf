"""Secrets, and their removal from text."""

import pytest
from hypothesis import given, strategies as st

from runtime.logs.scrubber import HIDDEN, Scrubber, secrets_in, tokens

SESSION = '42["auth",{"session":"a1b2c3d4e5f6a7b8","isDemo":1,"uid":12345678,"platform":2}]'


def test_tokens_are_the_long_runs_with_a_digit() -> None:
    assert tokens(SESSION) == {"a1b2c3d4e5f6a7b8"}
    assert tokens("12345678901 abcdefghijkl a1b2c3d4e") == {"12345678901"}


@pytest.mark.parametrize(
    "quoted", [SESSION, SESSION.replace('"', '\\"'), repr(SESSION), "x=a1b2c3d4e5f6a7b8;"]
)
def test_a_session_is_hidden_however_it_is_quoted(quoted: str) -> None:
    clean = Scrubber(secrets_in([SESSION], []))(f"before {quoted} after")
    assert "a1b2c3d4e5f6a7b8" not in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")


def test_a_header_value_is_hidden_unless_it_is_too_short_to_tell_apart() -> None:
    scrub = Scrubber(secrets_in([], ["long-enough", "short"]))
    assert scrub("long-enough is long-enough, short is short") == f"{HIDDEN} is {HIDDEN}, short is short"


def test_the_longest_of_two_secrets_is_hidden_as_a_whole() -> None:
    assert Scrubber(["abc", "abcdef"])("abcdef abc") == f"{HIDDEN} {HIDDEN}"


def test_without_a_secret_text_stays_as_it_is() -> None:
    assert Scrubber()("a.b*c") == "a.b*c"
    assert Scrubber([""])("a.b*c") == "a.b*c"


# Without a star: beside HIDDEN, which has three, the text around it could look like the secret.
@given(st.text(min_size=1, alphabet="ab.+(["), st.lists(st.text(alphabet="ab.+([x"), max_size=4))
def test_a_secret_added_later_is_in_no_text_after_that(secret: str, around: list[str]) -> None:
    scrub = Scrubber(["x" * 8])
    scrub.hide([secret])
    hidden = scrub(secret.join(around))
    assert secret not in hidden.replace(HIDDEN, "\n")
