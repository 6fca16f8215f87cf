"""The one import of a user's program."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import actors.errors
import actors.messages
import actors.values
import runtime
import runtime.config
from actors.errors import TellwireError
from actors.messages.events import EVENTS

ROOT = Path(runtime.__file__).parent.parent


def static_imports() -> dict[str, str]:
    """The module that each name comes from, as a type checker sees it."""
    (block,) = (
        node
        for node in ast.parse(Path(runtime.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def loaded_by(program: str) -> set[str]:
    command = [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return set(done.stdout.split())


def test_a_name_is_the_object_of_the_module_that_a_type_checker_is_told() -> None:
    found = static_imports()
    assert sorted(found) == sorted(runtime.__all__)
    for name, module in found.items():
        assert getattr(runtime, name) is getattr(importlib.import_module(module), name)


def test_every_public_message_value_and_error_is_handed_on() -> None:
    places = (actors.messages, actors.errors, actors.values)
    kinds = {name: kind for place in places for name, kind in vars(place).items() if isinstance(kind, type)}
    public = {
        name
        for name, kind in kinds.items()
        if kind.__module__.startswith(("actors.messages", "actors.values")) or issubclass(kind, TellwireError)
    }
    assert public
    assert public <= set(runtime.__all__)


def test_every_event_is_public_unless_it_is_internal() -> None:
    public = {kind for kind in EVENTS if kind.__name__ in runtime.__all__}
    assert public == {kind for kind in EVENTS if not kind.internal}


def test_every_section_of_the_configuration_is_handed_on() -> None:
    sections = {name for name in runtime.config.__all__ if name[0].isupper()}
    assert sections
    assert sections <= set(runtime.__all__)


def test_a_message_is_had_without_the_configuration_and_the_runtime() -> None:
    loaded = loaded_by("from runtime import NotSent, PlaceOrder")
    assert "actors.messages" in loaded
    assert not loaded & {"pydantic", "runtime.config", "runtime.runtime"}


def test_a_name_that_there_is_not_is_refused_and_loads_nothing() -> None:
    with pytest.raises(AttributeError, match="module 'runtime' has no attribute 'Walrus'"):
        _ = runtime.Walrus  # type: ignore[attr-defined]
    loaded = loaded_by("import runtime\nassert not hasattr(runtime, 'Walrus')")
    assert not {name for name in loaded if name.startswith(("actors.", "pydantic"))}
