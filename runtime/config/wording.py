"""pydantic's errors as problems, worded for an operator, with their place in the file."""

import difflib
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from runtime.config.schema import keys_at, suggestion
from runtime.config.source import BROKEN, Source
from runtime.config.types import checks
from runtime.config.types.problems import Path, Problem

_MAPPING = "must be a mapping, that is lines of `key: value`"
_TEXTS = {
    "missing": "is missing",
    "dict_type": _MAPPING,
    "list_type": "must be a list, that is lines of `- value`",
    "string_type": "must be text (put it in single quotes)",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
_KEYS_SHOWN = 6
_NO_VALUE = "has no value (remove the key, or quote the value if it begins with #)"


def problems_in(error: ValidationError, source: Source) -> Iterator[Problem]:
    """Every problem that ``error`` lists, except those that ``source`` has found already."""
    for detail in error.errors(include_url=False):
        if detail["input"] is BROKEN or detail["type"] == "default_factory_not_called":
            continue  # it follows from a problem that is listed
        path: Path = tuple(step for step in detail["loc"] if step != "[key]")
        if detail["type"] == checks.KIND:
            for below, text in detail["ctx"]["problems"]:
                yield Problem(source.marks.value(path + below), path + below, text)
        elif detail["type"] == "extra_forbidden":
            yield Problem(source.marks.key(path), path, _unknown(path))
        else:
            yield Problem(source.marks.value(path), path, _text(detail, path))


def _unknown(path: Path) -> str:
    meant = suggestion(path)
    return f"is no known key (did you mean {meant}?)" if meant else "is no known key"


def _text(detail: ErrorDetails, path: Path) -> str:
    value, context = detail["input"], detail.get("ctx", {})
    if value is None:
        return _NO_VALUE
    if detail["type"] == "value_error":
        return str(context["error"])
    if detail["type"] == "model_type":
        return _mapping(keys_at(path))
    if detail["type"] == "string_type" and isinstance(value, list | dict):
        return f"must be text, and not a {'list' if isinstance(value, list) else 'mapping'}"
    if detail["type"] == "literal_error":
        return _choice(str(value), context["expected"])
    return _TEXTS.get(detail["type"], "is not valid").format(**context)


def _mapping(keys: list[str]) -> str:
    some = ", ".join((*keys[:_KEYS_SHOWN], "...") if len(keys) > _KEYS_SHOWN else keys)
    return f"{_MAPPING}: {some}" if some else _MAPPING


def _choice(value: str, expected: str) -> str:
    names = expected.replace("'", "").replace(" or ", ", ").split(", ")
    near = difflib.get_close_matches(value.upper(), names, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"must be one of {', '.join(names)}{hint}"
