"""Validators: what holds for which text."""

import json

import pytest

from runtime.compat.binaryoptionstools import RawValidator, Validator

TEXT = '42["order",{"id":7}]'


@pytest.mark.parametrize(
    ("validator", "holds"),
    [
        (Validator(), True),
        (Validator.regex(r'"id":\d'), True),
        (Validator.regex(r"^order"), False),
        (Validator.starts_with("42["), True),
        (Validator.starts_with("43["), False),
        (Validator.ends_with("}]"), True),
        (Validator.ends_with("]]"), False),
        (Validator.contains("order"), True),
        (Validator.contains("deal"), False),
        (Validator.ne(Validator.contains("deal")), True),
        (Validator.all([Validator.contains("order"), Validator.contains("7")]), True),
        (Validator.all([Validator.contains("order"), Validator.contains("8")]), False),
        (Validator.all([]), True),
        (Validator.any([Validator.contains("deal"), Validator.contains("7")]), True),
        (Validator.any([]), False),
        (Validator.custom(lambda text: len(text) == len(TEXT)), True),
        (Validator.custom(lambda text: json.loads(text)["id"] == 7), False),  # it raises
    ],
)
def test_a_validator_holds_for_a_text_or_not(validator: Validator, holds: bool) -> None:
    assert validator.check(TEXT) is holds
    assert validator.raw_validator.check(TEXT) is holds


def test_a_pattern_and_a_function_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        Validator.regex("(")
    with pytest.raises(TypeError, match="function"):
        Validator.custom(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no RawValidator"):
        RawValidator.ne(7)  # type: ignore[arg-type]


def test_each_kind_is_a_class_that_can_be_matched() -> None:
    kinds = ["All", "Any", "Contains", "Custom", "EndsWith", "None", "Not", "Regex", "StartsWith"]
    assert all(issubclass(getattr(RawValidator, kind), RawValidator) for kind in kinds)
    match RawValidator.contains("x"):
        case RawValidator.Contains(text):
            assert text == "x"
        case _:
            pytest.fail("it is a Contains")
    assert RawValidator.All([RawValidator.new(), RawValidator.Contains("x")]).check("xy")
    assert getattr(RawValidator, "None")().check("")


def test_validators_of_equal_content_are_equal() -> None:
    assert Validator.contains("a") == Validator.contains("a")
    assert Validator.contains("a") != Validator.contains("b")
    assert Validator.contains("a") != Validator.starts_with("a")
    assert Validator.any([Validator.contains("a")]) != "a"
    assert len({Validator.contains("a"), Validator.contains("a")}) == 1
    assert repr(Validator.ne(Validator.contains("a"))) == "Validator(Not(Contains('a')))"
