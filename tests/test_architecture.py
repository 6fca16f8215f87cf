"""The floors, the budgets and a few habits of the house, read from its source."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {  # the first that fits
    "actors.values": 0,
    "actors.errors": 0,
    "actors.messages": 0,
    "actors.wire": 1,
    "actors.policy": 1,
    "actors.transport": 2,
    "actors.books": 2,
    "actors.inbox": 2,
    "actors.dispatcher": 2,
    "actors.bells": 2,
    "actors.signals": 2,
    "actors.links": 2,
    "actors.listener": 2,
    "actors": 3,
    "runtime": 4,
}
ACTORS = 3
ROOMS = ("actors.wire", "actors.policy", "actors.transport")
PURE = ("actors.wire", "actors.policy")
WORLD = {"asyncio", "os", "pathlib", "selectors", "socket", "ssl", "subprocess", "threading", "time"}
SERVICES = {"logging", "loguru", "pykka"}
MASKS = "actors.wire.frames"
ROOF_ONLY = {"aiohttp", "limits", "prometheus_client", "pydantic", "rich", "yaml"}
IDLE = {"pass", "continue", "..."}
LONGEST_FILE, LONGEST_ACTOR, LONGEST_FUNCTION = 300, 200, 40


class Source(NamedTuple):
    place: str
    module: str
    lines: int
    nodes: list[ast.AST]


class Import(NamedTuple):
    module: str
    name: str
    """In full: ``base`` of ``from actors import base`` is ``actors.base``."""
    place: str


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(ROOT)
    module = ".".join(place.with_suffix("").parts)
    return Source(place.as_posix(), module, len(text.splitlines()), list(ast.walk(ast.parse(text))))


def imports(source: Source) -> Iterator[Import]:
    for node in source.nodes:
        if isinstance(node, ast.Import):
            prefix = ""
        elif isinstance(node, ast.ImportFrom):
            package = source.module.rpartition(".")[0]
            prefix = resolve_name("." * node.level + (node.module or ""), package) + "."
        else:
            continue
        for alias in node.names:
            yield Import(source.module, prefix + alias.name, f"{source.place}:{node.lineno}")


SOURCES = [read(path) for top in ("actors", "runtime") for path in sorted((ROOT / top).rglob("*.py"))]
IMPORTS = [found for source in SOURCES for found in imports(source)]


def lies_in(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def floor(name: str) -> int:
    return next((floor for package, floor in FLOORS.items() if lies_in(name, package)), 0)


def assert_none(*offenders: Iterable[str]) -> None:
    if found := list(chain(*offenders)):
        pytest.fail("\n".join(found), pytrace=False)


def nodes_of(*packages: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node in the source of ``packages``, after the place of its file."""
    for source in SOURCES:
        if lies_in(source.module, *packages):
            yield from ((source.place, node) for node in source.nodes)


def swallows(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return catches_all(handler.type) and all(ast.unparse(step) in IDLE for step in handler.body)


def catches_all(errors: ast.expr) -> bool:
    return any(ast.unparse(node) in {"Exception", "BaseException"} for node in ast.walk(errors))


def test_a_file_imports_its_own_floor_or_a_lower_one() -> None:
    assert_none(f"{i.place}: {i.name}" for i in IMPORTS if floor(i.name) > floor(i.module))


def test_wire_policy_and_transport_do_not_know_one_another() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        for room in ROOMS
        if lies_in(i.module, room) and lies_in(i.name, *ROOMS) and not lies_in(i.name, room)
    )


def test_an_actor_imports_no_other_actor() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if floor(i.module) == ACTORS == floor(i.name) and not lies_in(i.name, "actors.base")
    )


def test_wire_and_policy_touch_nothing_of_the_world() -> None:
    """But for the entropy that RFC 6455 (5.3) demands of masks."""
    assert_none(
        (
            f"{i.place}: {i.name}"
            for i in IMPORTS
            if lies_in(i.module, *PURE) and i.name.partition(".")[0] in WORLD | SERVICES
            if (i.module, i.name) != (MASKS, "os")
        ),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(MASKS)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr != "urandom"
        ),
    )


def test_wire_and_policy_read_no_clock() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of(*PURE)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"now", "utcnow", "today", "time"}
    )


def test_one_file_alone_knows_websocket_client() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if lies_in(i.name, "websocket") and i.module != "actors.transport.websocket"
    )


def test_a_file_is_short_and_an_actor_shorter() -> None:
    assert_none(
        f"{source.place}:1: {source.lines} lines"
        for source in SOURCES
        if source.lines > (LONGEST_ACTOR if floor(source.module) == ACTORS else LONGEST_FILE)
    )


def test_a_function_is_short() -> None:
    assert_none(
        f"{place}:{node.lineno}: {node.name} has {length} lines"
        for place, node in nodes_of("actors", "runtime")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    )


def test_no_error_is_swallowed_unseen() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of("actors", "runtime")
        if (isinstance(node, ast.ExceptHandler) and swallows(node))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and catches_all(node))
    )


def test_nobody_sleeps() -> None:
    assert_none(
        (f"{i.place}: {i.name}" for i in IMPORTS if i.name == "time.sleep"),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of("actors", "runtime")
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep"
        ),
    )


def test_a_worker_process_loads_nothing_of_the_roofs() -> None:
    program = f"import runtime.worker, sys; print(*sys.modules.keys() & {ROOF_ONLY})"
    command = [sys.executable, "-c", program]
    worker = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert worker.stdout.split() == []
