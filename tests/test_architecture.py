"""The floors, the budgets and a few habits of the house, read from its source."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {
    "actors.values": 0,
    "actors.errors": 0,
    "actors.messages": 0,
    "actors.wire": 1,
    "actors.policy": 1,
    "actors.transport": 2,
    "actors.inbox": 2,
    "actors.listener": 2,
    "actors": 3,
    "runtime": 4,
}
ROOMS = ("actors.wire", "actors.policy", "actors.transport")
PURE = ("actors.wire", "actors.policy")
WORLD = {"asyncio", "os", "pathlib", "select", "selectors", "signal", "socket", "ssl", "subprocess", "threading", "time"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
ROOF_ONLY = {"aiohttp", "limits", "prometheus_client", "pydantic", "rich", "yaml"}


class Source(NamedTuple):
    place: str
    module: str
    package: str
    lines: int
    nodes: list[ast.AST]

    def at(self, node: ast.stmt | ast.expr | ast.ExceptHandler, what: str) -> str:
        return f"{self.place}:{node.lineno}: {what}"

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Every imported name in full, wherever in the file: ``from actors import base`` is ``actors.base``."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = resolve_name("." * node.level + (node.module or ""), self.package)
                yield from ((node, f"{origin}.{alias.name}") for alias in node.names)


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = ".".join(parts[:-1])
    module = package if parts[-1] == "__init__" else ".".join(parts)
    nodes = list(ast.walk(ast.parse(text)))
    return Source(str(path.relative_to(ROOT)), module, package, len(text.splitlines()), nodes)


SOURCES = [read(path) for top in ("actors", "runtime") for path in sorted((ROOT / top).rglob("*.py"))]


def lies_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def floor(name: str) -> int:
    return next((floor for package, floor in FLOORS.items() if lies_in(name, package)), 0)


def is_actor(name: str) -> bool:
    return floor(name) == 3 and name != "actors"
