"""Reads a script for another client and says, line by line, what becomes of it; it is not run."""

import ast
import importlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from runtime.compat._served import Served

LAYERS: Final = {
    "BinaryOptionsToolsV2": "runtime.compat.binaryoptionstools",
    "pocketoptionapi_async": "runtime.compat.pocketoptionapi_async",
}
"""The layer for each package that scripts may import. Its module ``methods`` has the table."""

FACTORIES: Final = ("create", "new_", "try_demo")
"""How the names of class methods begin that make a client."""

UNKNOWN = "not in the interface of the client, so it is not served: no release that was looked at has it"
PRIVATE = "an attribute with an underscore is not served: use the client's methods"


class Client(NamedTuple):
    """Another client: the package that its scripts import, the layer for it, and its table of methods."""

    package: str
    layer: str
    methods: Sequence[Served]


class Finding(NamedTuple):
    """One use of the client's interface; ``row`` is ``None`` if the table does not have it."""

    line: int
    used: str
    row: Served | None
    note: str

    @property
    def is_served(self) -> bool:
        return self.row is not None and self.row.how != "not served"


class Import(NamedTuple):
    """One line that has to change, and what it becomes."""

    line: int
    text: str
    becomes: str


class Script(NamedTuple):
    """What was found, each in the order of the lines."""

    client: Client
    imports: list[Import]
    findings: list[Finding]


def known_clients() -> list[Client]:
    """Those of ``LAYERS``."""
    return [
        Client(package, layer, importlib.import_module(f"{layer}.methods").METHODS)
        for package, layer in LAYERS.items()
    ]


def read_script(text: str | bytes, clients: Sequence[Client]) -> list[Script]:
    """One for each client that the script imports. Raises ``SyntaxError``."""
    tree = ast.parse(text)
    found = (_Reader(client, tree) for client in clients)
    return [Script(each.client, each.imports, sorted(each.findings())) for each in found if each.imports]


class _Reader:
    """One script with regard to one client."""

    def __init__(self, client: Client, tree: ast.Module) -> None:
        self.client = client
        self.imports: list[Import] = []
        self._nodes = list(ast.walk(tree))
        self._rows = {row.name: row for row in client.methods}
        self._classes = {name.partition(".")[0] for name in self._rows}
        self._names: dict[str, str] = {}
        """What a name of the script stands for: a name of the interface, or ``""`` for the package."""
        self._objects: dict[str, str] = {}
        """The class of a variable or an attribute, by its name."""
        self._shadowed = _shadowed_by_comprehensions(self._nodes)
        for node in self._nodes:
            self._learn_import(node)
        for node in self._nodes:
            self._learn_object(node)

    def findings(self) -> Iterator[Finding]:
        """Each use once for each line."""
        seen = set()
        for node in self._nodes:
            if (used := self._used(node)) and (node.lineno, used) not in seen:  # type: ignore[attr-defined]
                seen.add((node.lineno, used))  # type: ignore[attr-defined]
                yield self._finding(node.lineno, used)  # type: ignore[attr-defined]

    def _learn_import(self, node: ast.AST) -> None:
        package = self.client.package
        if isinstance(node, ast.Import):
            for alias in node.names:
                if f"{alias.name}.".startswith(f"{package}."):
                    self._names[alias.asname or package] = alias.name[len(package) + 1 :]
                    self._change(node, alias.name, alias.asname or package.rpartition(".")[2])
        elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}."):
            for alias in node.names:
                self._names[alias.asname or alias.name] = self._public(node.module or "", alias.name)
            becomes = ast.unparse(node).replace(f"from {package}", f"from {self.client.layer}", 1)
            self.imports.append(Import(node.lineno, ast.unparse(node), becomes))

    def _change(self, node: ast.Import, name: str, alias: str) -> None:
        layer = name.replace(self.client.package, self.client.layer, 1)
        self.imports.append(Import(node.lineno, ast.unparse(node), f"import {layer} as {alias}"))

    def _public(self, module: str, name: str) -> str:
        """How the table calls ``name`` of ``module``: alone, or by its module."""
        within = module[len(self.client.package) + 1 :]
        return name if name in self._classes or not within else f"{within}.{name}"

    def _learn_object(self, node: ast.AST) -> None:
        """``x = Client(...)``, ``self.x = Client(...)``, ``with Client(...) as x``, ``def f(x: Client)``."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self._learn(target, value)
            case ast.AnnAssign(target=target, annotation=annotation):
                self._learn(target, annotation)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._learn(target, value)
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                self._learn(ast.Name(name), annotation)

    def _learn(self, target: ast.expr, value: ast.expr) -> None:
        while isinstance(value, ast.Await):
            value = value.value
        made = value.func if isinstance(value, ast.Call) else value
        name = self._dotted(made) or self._maker(made)
        if name in self._classes and (variable := _last_name(target)):
            self._objects[variable] = name

    def _maker(self, made: ast.expr) -> str:
        """The class that ``Client.create(...)`` or ``client.raw_handler(...)`` gives; ``""`` if none."""
        if not isinstance(made, ast.Attribute):
            return ""
        owner = self._dotted(made.value)
        if owner in self._classes:
            return owner if made.attr.startswith(FACTORIES) else ""
        owner = self._objects.get(_last_name(made.value), "")
        there = getattr(importlib.import_module(self.client.layer), owner, None)
        hints = getattr(getattr(there, made.attr, None), "__annotations__", {})
        given = hints.get("return")
        return given if isinstance(given, str) else getattr(given, "__name__", "")

    def _dotted(self, node: ast.AST) -> str:
        """The name in the interface that an expression stands for; ``""`` if none."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value if node.value in self._classes and node.value in self._names.values() else ""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, "")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            within = self._names.get(node.value.id)
            return node.attr if within == "" else ""
        return ""

    def _used(self, node: ast.AST) -> str:
        if isinstance(node, ast.Attribute):
            owner = _last_name(node.value)
            if isinstance(node.value, ast.Name) and owner in self._shadowed.get(node.value, ()):
                return ""
            if owner in self._objects:
                return f"{self._objects[owner]}.{node.attr}"
            within = self._dotted(node.value)
            if within in self._classes and node.attr.startswith(FACTORIES):
                return f"{within}.{node.attr}"
            return self._dotted(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._names.get(node.id, "")
        return ""

    def _finding(self, line: int, used: str) -> Finding:
        parent, _, last = used.partition(".")
        row = self._rows.get(used)
        if row is None and last.startswith("_"):
            return Finding(line, used, None, PRIVATE)
        row = row or next((self._rows[name] for name in self._fallbacks(parent)), None)
        return Finding(line, used, row, UNKNOWN if row is None else row.note)

    def _fallbacks(self, parent: str) -> Iterator[str]:
        """The row of a class or a module stands for what is in it, unless that has rows of its own."""
        there = getattr(importlib.import_module(self.client.layer), parent, None)
        for name in (parent, getattr(there, "__module__", "").rpartition(".")[2]):
            if name in self._rows and not any(each.startswith(f"{name}.") for each in self._rows):
                yield name


def _shadowed_by_comprehensions(nodes: Sequence[ast.AST]) -> dict[ast.Name, set[str]]:
    """The names that a comprehension gives another meaning: ``c`` of ``c.x for c in y``."""
    shadowed: dict[ast.Name, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = {
                name.id
                for each in node.generators
                for name in ast.walk(each.target)
                if isinstance(name, ast.Name)
            }
            for name in ast.walk(node):
                if isinstance(name, ast.Name) and name.id in targets:
                    shadowed.setdefault(name, set()).update(targets)
    return shadowed


def _last_name(node: ast.AST) -> str:
    """``client`` of ``client`` and of ``self.client``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
