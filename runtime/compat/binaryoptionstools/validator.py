"""``Validator`` and ``RawValidator``: which raw messages are waited for."""

import re
import typing
from collections.abc import Callable, Sequence
from typing import ClassVar, Self

from loguru import logger


class RawValidator:
    """A condition on the text of a message. ``RawValidator()`` holds for every text.

    Each kind of condition is a class of its own, ``RawValidator.Contains`` and so on, which the lower-case
    makers give.
    """

    All: ClassVar[type["_All"]]
    Any: ClassVar[type["_Any"]]  # hides that of typing in this class
    Contains: ClassVar[type["_Contains"]]
    Custom: ClassVar[type["_Custom"]]
    EndsWith: ClassVar[type["_EndsWith"]]
    Not: ClassVar[type["_Not"]]
    Regex: ClassVar[type["_Regex"]]
    StartsWith: ClassVar[type["_StartsWith"]]
    __match_args__: ClassVar[tuple[str, ...]] = ("_0",)
    _0: typing.Any = None

    @staticmethod
    def new() -> "RawValidator":
        """The validator that holds for every text."""
        return RawValidator()

    @staticmethod
    def regex(pattern: str) -> "_Regex":
        """The pattern is found somewhere in the text. Raises ``ValueError`` for one that is no pattern."""
        return _Regex(pattern)

    @staticmethod
    def starts_with(pattern: str) -> "_StartsWith":
        return _StartsWith(pattern)

    @staticmethod
    def ends_with(pattern: str) -> "_EndsWith":
        return _EndsWith(pattern)

    @staticmethod
    def contains(pattern: str) -> "_Contains":
        return _Contains(pattern)

    @staticmethod
    def ne(validator: "RawValidator") -> "_Not":
        """The other one does not hold."""
        return _Not(validator)

    @staticmethod
    def all(validators: Sequence["RawValidator"]) -> "_All":
        """Every one holds; so does an empty list."""
        return _All(validators)

    @staticmethod
    def any(validators: Sequence["RawValidator"]) -> "_Any":
        """One of them holds; an empty list does not."""
        return _Any(validators)

    @staticmethod
    def custom(func: Callable[[str], object]) -> "_Custom":
        """What ``func`` returns for the text is true. If it raises, the text is not the one."""
        return _Custom(func)

    def check(self, msg: str) -> bool:
        """Whether it holds for ``msg``."""
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RawValidator) and (type(self), self._0) == (type(other), other._0)

    def __hash__(self) -> int:
        return hash((type(self), self._0))

    def __repr__(self) -> str:
        name = type(self).__name__.lstrip("_")
        return f"{name}({'' if self._0 is None else repr(self._0)})"


class _Text(RawValidator):
    """Parent of the conditions that compare with one text."""

    def __init__(self, pattern: str) -> None:
        if not isinstance(pattern, str):
            raise TypeError(f"a validator compares with a text, not with {pattern!r}")
        self._0 = pattern


class _Regex(_Text):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        try:
            self._compiled = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None

    def check(self, msg: str) -> bool:
        return self._compiled.search(msg) is not None


class _StartsWith(_Text):
    def check(self, msg: str) -> bool:
        return msg.startswith(self._0)


class _EndsWith(_Text):
    def check(self, msg: str) -> bool:
        return msg.endswith(self._0)


class _Contains(_Text):
    def check(self, msg: str) -> bool:
        return self._0 in msg


class _Not(RawValidator):
    def __init__(self, validator: RawValidator) -> None:
        self._0 = _one(validator)

    def check(self, msg: str) -> bool:
        return not self._0.check(msg)


class _All(RawValidator):
    def __init__(self, validators: Sequence[RawValidator]) -> None:
        self._0 = tuple(map(_one, validators))

    def check(self, msg: str) -> bool:
        return all(each.check(msg) for each in self._0)


class _Any(RawValidator):
    def __init__(self, validators: Sequence[RawValidator]) -> None:
        self._0 = tuple(map(_one, validators))

    def check(self, msg: str) -> bool:
        return any(each.check(msg) for each in self._0)


class _Custom(RawValidator):
    def __init__(self, func: Callable[[str], object]) -> None:
        if not callable(func):
            raise TypeError("a custom validator is a function that takes the text")
        self._0 = func

    def check(self, msg: str) -> bool:
        try:
            return bool(self._0(msg))
        except Exception as error:  # noqa: BLE001  # scripts parse every message as theirs, and rely on it
            logger.debug("a custom validator raised {}: the message is not the one", type(error).__name__)
            return False


class _None(RawValidator):
    pass


for _kind in (_All, _Any, _Contains, _Custom, _EndsWith, _Not, _Regex, _StartsWith, _None):
    setattr(RawValidator, _kind.__name__.lstrip("_"), _kind)  # one is called None, which is no identifier


def _one(validator: RawValidator) -> RawValidator:
    if not isinstance(validator, RawValidator):
        raise TypeError(f"{validator!r} is no RawValidator")
    return validator


class Validator:
    """A condition on the text of a message; see ``RawValidator``."""

    def __init__(self, raw: RawValidator | None = None) -> None:
        self._validator = RawValidator() if raw is None else _one(raw)

    @classmethod
    def regex(cls, pattern: str) -> Self:
        return cls(RawValidator.regex(pattern))

    @classmethod
    def starts_with(cls, prefix: str) -> Self:
        return cls(RawValidator.starts_with(prefix))

    @classmethod
    def ends_with(cls, suffix: str) -> Self:
        return cls(RawValidator.ends_with(suffix))

    @classmethod
    def contains(cls, substring: str) -> Self:
        return cls(RawValidator.contains(substring))

    @classmethod
    def ne(cls, validator: "Validator") -> Self:
        return cls(RawValidator.ne(validator.raw_validator))

    @classmethod
    def all(cls, validators: Sequence["Validator"]) -> Self:
        return cls(RawValidator.all([each.raw_validator for each in validators]))

    @classmethod
    def any(cls, validators: Sequence["Validator"]) -> Self:
        return cls(RawValidator.any([each.raw_validator for each in validators]))

    @classmethod
    def custom(cls, func: Callable[[str], object]) -> Self:
        """Raises ``TypeError`` for what cannot be called."""
        return cls(RawValidator.custom(func))

    def check(self, message: str) -> bool:
        """Whether it holds for ``message``."""
        return self._validator.check(message)

    @property
    def raw_validator(self) -> RawValidator:
        return self._validator

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Validator) and self._validator == other._validator

    def __hash__(self) -> int:
        return hash(self._validator)

    def __repr__(self) -> str:
        return f"Validator({self._validator!r})"
