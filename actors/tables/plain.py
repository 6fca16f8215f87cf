"""Values, events and statuses for ``json.dumps``."""

import enum
from decimal import Decimal
from typing import Any

from msgspec import Struct, structs

from actors.values import Secret


def json_default(value: Any) -> Any:
    """For ``json.dumps(..., default=json_default)``: a value, an event, a status, or anything that has some.

    Each becomes an object of its fields. An amount becomes a text, since a number would not be exact; a
    time stays in Unix seconds. Raises ``TypeError`` for what it does not know.
    """
    match value:
        case Secret():
            return str(value)
        case Struct():
            return structs.asdict(value)
        case enum.Enum():
            return value.value
        case Decimal():
            return f"{value:f}"
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} is no value that JSON has a form for")
