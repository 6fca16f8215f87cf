"""The JSON Schema against its meta-schema and against the bounds of the models, for every key."""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import annotated_types
import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from runtime.config import Config, json_schema
from runtime.config.types.fields import between

jsonschema = pytest.importorskip("jsonschema")  # an environment that is older than this test has none

SCHEMA: dict[str, Any] = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

KEYWORDS = (
    frozenset({"$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default"})
    | {
        "description",
        "enum",
        "exclusiveMinimum",
        "format",
        "items",
        "maximum",
        "minItems",
        "minimum",
        "pattern",
    }
    | {"properties", "required", "title", "type", "writeOnly"}
)
"""Those of the schema; a keyword that the draft does not know means nothing and hurts no meta-schema."""

COMPANIONS: dict[str, dict[str, Any]] = {
    "pool.standby": {"connections": 1024},
    "pool.max_connections": {"connections": 1},
    "pool.connections": {"max_connections": 0},
    "connection.inbound_linger": {"ping_timeout": 86_400},
    "reconnect.reconnect_delay": {"max_delay": 86_400},
    "reconnect.max_delay": {"reconnect_delay": 0.001},
    "supervision.heartbeat_interval": {"heartbeat_timeout": 86_400},
    "supervision.heartbeat_timeout": {"heartbeat_interval": 0.001},
    "health.check_interval": {"stale_after": 86_400, "stale_floor": 1},
    "health.stale_after": {"check_interval": 0.001, "stale_floor": 0.001},
    "health.stale_floor": {"check_interval": 0.001, "stale_after": 86_400},
    "cluster.lease": {"renew": 0.1, "margin": 0.1},
    "orders.minimum_amount": {"maximum_amount": 10**12},
    "orders.maximum_amount": {"minimum_amount": 1},
}
"""Settings that a bound is compared with, so that only the bound itself is tried."""

REFUSED_BY_ANOTHER_RULE = {
    ("cluster.renew", 86_400): "must be a third of cluster.lease at most",
    ("cluster.margin", 86_400): "must be below a half of cluster.lease",
    ("connection.keep_alive_interval", 86_400): "must be below 180s",  # the venue's limit
    ("connection.message_timeout", 0.001): "must exceed 500ms",  # a second bound, which has a test below
    ("supervision.heartbeat_interval", 86_400): "must exceed heartbeat_interval",
    ("supervision.heartbeat_timeout", 0.001): "must exceed heartbeat_interval",
    ("health.check_interval", 86_400): "must exceed check_interval",
    ("health.stale_after", 0.001): "must exceed check_interval",
    ("practice.speed", 100): "workers have no other clock",
}
"""Bounds that no file reaches, and what the model says there; the schema cannot know the other rule."""


class Bound(NamedTuple):
    """A bound of a key: ``inside`` is on it, ``outside`` just beyond it."""

    key: str
    inside: float
    outside: float


def bounds_of(key: str, annotation: Any, metadata: list[Any]) -> Iterator[Bound]:
    """The bounds that the annotation of a field has, also those of one part of a union."""
    step: float = 1 if annotation is int else 0.000_001
    for each in metadata:
        match each:
            case annotated_types.Ge(ge=float() | int() as low):
                yield Bound(key, low, low - step)
            case annotated_types.Le(le=float() | int() as high):
                yield Bound(key, high, high + step)
            case FieldInfo():
                yield from bounds_of(key, annotation, each.metadata)
            case between(low=low, high=high):
                yield Bound(key, low, low - step)
                yield Bound(key, high, high + step)
    for part in get_args(annotation):
        if get_origin(part) is Annotated:
            yield from bounds_of(key, part.__origin__, list(part.__metadata__))


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from fields_of(kind, f"{prefix}{name}.")


def all_bounds() -> list[Bound]:
    return [
        bound
        for key, field in fields_of(Config)
        for bound in bounds_of(key, field.annotation, field.metadata)
    ]


def configuration(key: str, value: Any) -> dict[str, Any]:
    """A file with nothing but this setting and what it is compared with."""
    if "." not in key:
        return {key: value}
    section, *middle, name = key.split(".")
    entry = {**COMPANIONS.get(key, {}), name: value}
    if section == "streams":
        return {section: [{"asset": "EURUSD_otc", **entry}]}
    if section == "feeds":
        return {section: [{"name": "otc", "session": "", "assets": ["EURUSD_otc"], **entry}]}
    if middle:
        host = "demo-api-eu" if middle == ["demo"] else "api-eu"
        url = f"wss://{host}.po.market/socket.io/?EIO=4&transport=websocket"
        return {section: {middle[0]: [{"name": "a", "url": url, **entry}]}}
    return {section: entry}


def refusals(settings: dict[str, Any]) -> list[str]:
    """What the model says against it."""
    try:
        Config.model_validate(settings)
    except ValidationError as error:
        return [detail["msg"] for detail in error.errors()]
    return []


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema in ``schema``, without the names of properties and definitions."""
    if isinstance(schema, list):
        for each in schema:
            yield from nodes(each)
    elif isinstance(schema, dict):
        yield schema
        for keyword, below in schema.items():
            if keyword in {"properties", "$defs"}:
                yield from nodes(list(below.values()))
            elif keyword not in {"default", "enum", "const"}:
                yield from nodes(below)


def test_the_schema_is_valid_by_its_meta_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_no_keyword_that_means_nothing() -> None:
    unknown = {keyword for node in nodes(SCHEMA) for keyword in node} - KEYWORDS
    assert not unknown


def test_every_number_of_the_schema_has_a_lower_bound() -> None:
    numbers = [node for node in nodes(SCHEMA) if node.get("type") in {"integer", "number"}]
    assert len(numbers) > 40
    assert all("minimum" in number for number in numbers)


def test_every_bounded_setting_is_found() -> None:
    keys = {bound.key for bound in all_bounds()}
    assert len(keys) == 64
    assert {"orders.daily_loss", "candles.cache_size", "streams.period", "regions.demo.priority"} <= keys


@pytest.mark.parametrize("bound", all_bounds(), ids=lambda bound: f"{bound.key} {bound.inside:g}")
def test_a_value_on_a_bound_is_accepted_and_one_outside_is_refused_by_schema_and_model(bound: Bound) -> None:
    outside = configuration(bound.key, bound.outside)
    assert not VALIDATOR.is_valid(outside)
    assert refusals(outside)
    inside = configuration(bound.key, bound.inside)
    assert VALIDATOR.is_valid(inside) or (bound.key, bound.inside) in REFUSED_BY_ANOTHER_RULE
    expected = REFUSED_BY_ANOTHER_RULE.get((bound.key, bound.inside))
    assert len(refusals(inside)) == (expected is not None)
    assert (expected or "") in "".join(refusals(inside))


@pytest.mark.parametrize(
    ("key", "accepted", "refused"),
    [
        ("connection.message_timeout", 0.500_001, 0.5),
        ("limits.connects", ["1/s"], ["0/s"]),
        ("regions.demo.name", "a", "-a"),
        ("reconnect.strategy", "linear", "lineal"),
        ("control.socket", "a.sock", "a.yaml"),
        ("config_version", 1, 2),
        ("pool.mode", "regular", "irregular"),
        ("log.level", "TRACE", "LOUD"),
    ],
)
def test_bounds_that_are_no_range_are_those_of_the_model_too(key: str, accepted: Any, refused: Any) -> None:
    for value, good in ((accepted, True), (refused, False)):
        settings = configuration(key, value)
        assert VALIDATOR.is_valid(settings) is good
        assert (not refusals(settings)) is good
