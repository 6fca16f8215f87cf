"""What holds for every value and every message."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import get_args

import msgspec
import pytest

import actors.messages
import actors.values
from actors.messages import events
from actors.messages.commands import SubscribeTicks
from actors.values import Life, Tick


def structs(package: ModuleType) -> Iterator[type[msgspec.Struct]]:
    modules = [package]
    if hasattr(package, "__path__"):
        names = [module.name for module in pkgutil.iter_modules(package.__path__)]
        modules += [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct:
                yield value


ALL_STRUCTS = sorted({*structs(actors.values), *structs(actors.messages)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ALL_STRUCTS, ids=lambda kind: kind.__name__)
def test_every_value_and_message_is_frozen(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize(
    "kind",
    [kind for kind in ALL_STRUCTS if kind.__struct_config__.gc is False],
    ids=lambda kind: kind.__name__,
)
def test_a_struct_without_garbage_collection_holds_nothing_that_could_be_a_cycle(
    kind: type[msgspec.Struct],
) -> None:
    plain = {int, float, str, bool, type(None)}
    for field in msgspec.structs.fields(kind):
        assert {field.type, *get_args(field.type)} & plain
        assert set(get_args(field.type)) <= plain


def test_a_message_with_a_connection_and_an_epoch_has_a_life() -> None:
    named = {kind for kind in ALL_STRUCTS if {"connection", "epoch"} <= {*kind.__struct_fields__}}

    assert {kind for kind in ALL_STRUCTS if hasattr(kind, "life")} == named
    assert events.ConnectionUp("c1", 2, "EU").life == Life("c1", 2)
    assert events.StreamMoves("EURUSD_otc", "c1", 2, "c2", 1, True).target_life == Life("c2", 1)


def test_equal_values_are_equal_and_others_are_not() -> None:
    assert Tick("A", 1.0, 2.0, 3.0) == Tick("A", 1.0, 2.0, 3.0) != Tick("B", 1.0, 2.0, 3.0)
    assert SubscribeTicks("A", 60, deadline=1.0) != SubscribeTicks("A", 60, deadline=2.0)
    assert len({SubscribeTicks("A"), SubscribeTicks("A"), SubscribeTicks("A", 300)}) == 2
