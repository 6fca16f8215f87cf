"""What a caller has given, or a sentence that says what to give instead."""

import datetime as dt

from runtime.compat.binaryoptionstools.validator import RawValidator, Validator


def seconds_of(name: str, length: dt.timedelta) -> float:
    """Raises ``TypeError`` for what is no length of time."""
    if not isinstance(length, dt.timedelta):
        raise TypeError(f"{name} has to be a timedelta, such as timedelta(seconds=5), not {length!r}")
    return length.total_seconds()


def raw_of(validator: Validator) -> RawValidator:
    """Raises ``TypeError`` for what is no validator."""
    if not isinstance(validator, Validator):
        raise TypeError(f"the validator has to be one, such as Validator.contains('text'), not {validator!r}")
    return validator.raw_validator
