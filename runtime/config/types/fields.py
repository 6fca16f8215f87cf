"""The types of single settings: what an operator may write, its limits, and how it is written back.

A validator's ``ValueError`` has a text that follows the setting's name and never repeats its value. A number
may arrive as text, since an expanded reference is text.
"""

import importlib
import operator
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from actors.network import TlsVersion
from actors.orders.order import UNSENT_MARGIN
from actors.rates import Rate
from actors.venues import UnknownVenue, venue
from actors.venues.base import Venue
from runtime.config.types import addresses, units
from runtime.config.types.paths import file_path

_REFERENCE = r"\$\{"
_NUMERIC = {"number", "integer"}
_NAME_FORM = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"
_SHORT_NAME_FORM = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
DAY = 86_400.0
EXPONENTIAL, LINEAR, CUSTOM = "exponential", "linear", "custom:"


def _whole_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    raise ValueError("is not a whole number")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise ValueError("must be true or false")


def _whole_seconds(value: object) -> int:
    seconds = units.parse_duration(value)
    if seconds != int(seconds):
        raise ValueError("must be whole seconds")
    return int(seconds)


def _tls_version(value: object) -> object:
    """As text: without quotes it is a number."""
    return str(value) if isinstance(value, float) else value


def _config_version(version: int) -> int:
    if version != 1:
        raise ValueError("must be 1 (this release reads no other version)")
    return version


def find_venue(name: str) -> Venue:
    """The venue of this name; raises ``ValueError`` for a module that is none, whatever its import raises."""
    try:
        return venue(name)
    except UnknownVenue:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an imported module may raise anything
        raise ValueError(f"names a module that cannot be imported ({type(error).__name__})") from None


def _venue_name(name: str) -> str:
    find_venue(name)
    return name


def _region_name(name: str) -> str:
    if not re.fullmatch(_NAME_FORM, name):
        raise ValueError("is not a name of letters, digits, dots, dashes and underscores")
    return name


def _duty_name(name: str) -> str:
    if not re.fullmatch(_SHORT_NAME_FORM, name):
        raise ValueError("is not a name of at most 32 letters, digits, dashes and underscores")
    return name


def _socket_path(text: str) -> str:
    if text and not text.endswith(".sock"):
        raise ValueError("must end in .sock, which tells it from a configuration")
    return file_path(text)


def _access_token(secret: SecretStr) -> SecretStr:
    """As long as one that nobody guesses, of characters that a header field can carry."""
    text = secret.get_secret_value()
    if text and not re.fullmatch(r"[!-~]{16,256}", text):
        raise ValueError(
            "must have 16 to 256 visible characters of ASCII, without blanks"
            " (python -c 'import secrets; print(secrets.token_urlsafe())' makes one)"
        )
    return secret


def _strategy(text: str) -> str:
    """Returns ``custom: module:function`` without the space; the function must exist."""
    if text in {EXPONENTIAL, LINEAR}:
        return text
    module, colon, function = text.removeprefix(CUSTOM).strip().partition(":")
    if not text.startswith(CUSTOM) or not colon:
        raise ValueError(f"must be {EXPONENTIAL}, {LINEAR} or '{CUSTOM}module:function'")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an imported module may raise anything
        raise ValueError(f"names a module that cannot be imported ({type(error).__name__})") from None
    if not callable(found):
        raise ValueError("names no function of its module")  # noqa: TRY004 - pydantic collects value errors only
    return f"{CUSTOM}{module}:{function}"


class between:  # noqa: N801 - it stands in annotations, like pydantic's functions
    """Limits of a value that is written with a unit; the error names them as an operator writes them.

    The JSON schema has them for plain numbers. No pattern of a text says what a number and a unit come to.
    """

    def __init__(self, low: float, high: float, show: Callable[[float], str] = units.show_duration) -> None:
        self.low, self.high, self._show = low, high, show

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _with_bounds(handler(core), minimum=self.low, maximum=self.high)

    def _check(self, value: float) -> float:
        if not self.low <= value <= self.high:
            raise ValueError(f"must be from {self._show(self.low)} to {self._show(self.high)}")
        return value


def _with_bounds(schema: dict[str, Any], **bounds: float) -> dict[str, Any]:
    """``schema`` with these bounds of its plain numbers."""
    kinds = [kind | bounds if kind["type"] in _NUMERIC else kind for kind in schema["anyOf"]]
    return schema | {"anyOf": kinds}


_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    ">": (operator.gt, "must exceed"),
    "<": (operator.lt, "must be below"),
    "<=": (operator.le, "must not be above"),
    ">=": (operator.ge, "must not be below"),
}


def compared(comparison: Literal[">", "<", "<=", ">="], other: str, reason: str = "") -> AfterValidator:
    """How a setting must compare with ``other``, an earlier setting of its section, unless that is invalid.

    ``reason`` follows the error's text in brackets.
    """
    holds, text = _COMPARISONS[comparison]

    def check(value: float, info: ValidationInfo) -> float:
        if other in info.data and not holds(value, info.data[other]):
            raise ValueError(f"{text} {other}{reason and f' ({reason})'}")
        return value

    return AfterValidator(check)


class _Answered:
    """The limit of a request's deadline."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return _with_bounds(handler(core), exclusiveMinimum=UNSENT_MARGIN)

    def _check(self, seconds: float) -> float:
        if seconds <= UNSENT_MARGIN:
            margin = units.show_duration(UNSENT_MARGIN)
            raise ValueError(
                f"must exceed {margin} (no order is sent in the last {margin} before its deadline)"
            )
        return seconds


def _written(form: str, number: Literal["number", "integer"] | None = "number") -> WithJsonSchema:
    """The JSON schema: the written form, a reference or, for most types, a plain number."""
    text = {"type": "string", "pattern": rf"^({form})$|{_REFERENCE}"}
    return WithJsonSchema({"anyOf": [text, {"type": number, "minimum": 0}]} if number else text)


class _From:
    """Reads a value with ``parse`` first; the JSON schema accepts ``${VAR}`` too.

    It stands behind ``Field``: pydantic writes bounds of one that follows into the JSON schema under names
    of its own, ``ge`` and ``le``, which mean nothing there.
    """

    def __init__(self, parse: Callable[[object], object]) -> None:
        self._parse = parse

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._parse, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"type": "string", "pattern": _REFERENCE}]}


WHOLE_NUMBER = _From(_whole_number)
Flag = Annotated[bool, _From(_flag)]
ConfigVersion = Annotated[int, WHOLE_NUMBER, AfterValidator(_config_version), WithJsonSchema({"const": 1})]

_AnyDuration = Annotated[
    float,
    BeforeValidator(units.parse_duration),
    PlainSerializer(units.show_duration, when_used="json"),
    _written(units.DURATION_FORM),
]
Duration = Annotated[_AnyDuration, between(0.001, DAY)]
MessageTimeout = Annotated[Duration, _Answered()]
Lifetime = Annotated[_AnyDuration, between(0, DAY)]
LeaseTime = Annotated[_AnyDuration, between(0.5, DAY)]
Retention = Annotated[_AnyDuration, between(DAY, 3650 * DAY)]
Pause = Annotated[_AnyDuration, between(0, 1)]
Period = Annotated[
    int, BeforeValidator(_whole_seconds), _written(units.DURATION_FORM, "integer"), between(1, 31 * DAY)
]
Size = Annotated[
    int,
    BeforeValidator(units.parse_size),
    PlainSerializer(units.show_size, when_used="json"),
    _written(units.SIZE_FORM, "integer"),
]
RateLimit = Annotated[
    Rate,
    PlainValidator(units.parse_rate),
    PlainSerializer(units.show_rate, when_used="json"),
    _written("(?!0+ ?/)" + units.RATE_FORM, None),
]
Frequency = Annotated[
    float,
    BeforeValidator(units.parse_frequency),
    PlainSerializer(units.show_frequency, when_used="json"),
    _written(units.FREQUENCY_FORM),
]

Instant = Annotated[
    float,
    BeforeValidator(units.parse_moment),
    PlainSerializer(units.show_moment, when_used="json"),
    _written(units.MOMENT_FORM, None),
]

VenueName = Annotated[str, AfterValidator(_venue_name)]
RegionName = Annotated[str, AfterValidator(_region_name), _written(_NAME_FORM, None)]
DutyName = Annotated[str, AfterValidator(_duty_name), _written(_SHORT_NAME_FORM, None)]
FilePath = Annotated[str, AfterValidator(file_path)]
SocketPath = Annotated[str, AfterValidator(_socket_path), _written(r"|.*\.sock", None)]
Strategy = Annotated[str, AfterValidator(_strategy), _written(f"{EXPONENTIAL}|{LINEAR}|{CUSTOM}.*:.*", None)]
WebSocketUrl = Annotated[str, AfterValidator(addresses.websocket_url)]
TlsMinimum = Annotated[
    TlsVersion,
    BeforeValidator(_tls_version),
    WithJsonSchema(
        {"anyOf": [{"enum": ["1.2", "1.3", 1.2, 1.3]}, {"type": "string", "pattern": _REFERENCE}]},
    ),
]
ProxyUrl = Annotated[SecretStr, AfterValidator(addresses.proxy)]
Origin = Annotated[str, AfterValidator(addresses.origin)]
ListenAddress = Annotated[str, AfterValidator(addresses.listen_address), _written(r"|.+:[0-9]{1,5}", None)]
AccessToken = Annotated[SecretStr, AfterValidator(_access_token)]
HostName = Annotated[str, AfterValidator(addresses.host_name)]
Headers = Annotated[dict[str, str], AfterValidator(addresses.headers), Field(repr=False)]
