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

PROGRAM = """
from decimal import Decimal

from runtime import (
    Config,
    Deal,
    Direction,
    NotSent,
    OrderUnknown,
    PlaceOrder,
    Runtime,
    Status,
    StreamConfig,
    Subscribe,
    SubscribeTicks,
    Tick,
    attach,
)


def show(event: Tick) -> None:
    reveal_type(event.price)


def trade(running: Runtime) -> Deal | None:
    running.router.tell(SubscribeTicks("EURUSD_otc"))
    running.router.tell(Subscribe("tick.EURUSD_otc", to=show))
    try:
        deal = running.router.ask(PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60), timeout=15)
    except (NotSent, OrderUnknown) as error:
        print(error)
        return None
    assert isinstance(deal, Deal)
    return deal


def count(status: Status) -> int:
    return len(status.streams)


with Runtime(Config(streams=[StreamConfig(asset="EURUSD_otc")])) as here, attach(here.config) as there:
    reveal_type(there.runtime.pid)
    trade(here)
"""


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


def test_a_strict_type_checker_knows_what_a_program_imports(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(program)]
    cache = f"--cache-dir={ROOT / '.mypy_cache' / 'user'}"
    checked = subprocess.run(
        [*command, cache],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    notes = [line for line in checked.stdout.splitlines() if line.startswith("program.py")]
    assert [line.partition(" note: ")[2] for line in notes] == [
        'Revealed type is "float"',
        'Revealed type is "int"',
    ]
    assert checked.returncode == 0, checked.stdout
