"""The layers, the features, the names and a few habits of the code, read from its source."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from actors.venues import known_venues

ROOT = Path(__file__).parent.parent

FLOORS = {  # the first that fits
    "actors.values": 0,
    "actors.errors": 0,
    "actors.messages": 0,
    "actors.rates": 0,
    "actors.lives": 0,
    "actors.arithmetic": 0,
    "actors.transport": 1,
    "actors.protocols": 1,
    "actors.engine": 1,
    "actors.venues": 2,
    "actors": 3,
    "runtime.config": 4,
    "runtime.logs": 4,
    "runtime.storage": 4,
    "runtime.practice": 4,
    "runtime.workers": 5,
    "runtime.system": 5,
    "runtime.control": 6,
    "runtime.runtime": 7,
    "runtime.cli": 8,
    "runtime": 9,
}
FEATURES = 3
ENGINE = "actors.engine"
ACTOR_BASE = "RuntimeActor"
VENUES = "actors.venues"
ERRORS = "actors.errors"
A_VENUES_PROTOCOL = re.compile(r"\bprotocol [0-9]+\.[0-9]")
NUMBERS_OF_A_VENUE = {150, 180, 43_200}
"""Those of the profiles that are unlikely to mean anything else."""
SIDE_BY_SIDE = ("actors.transport", "actors.protocols", "actors.engine")
WORLD = {"asyncio", "os", "pathlib", "selectors", "socket", "ssl", "subprocess", "threading", "time"}
SERVICES = {"logging", "loguru", "pykka"}
MASKS = "actors.protocols.websocket.frames"
HEAVY = {"aiohttp", "rich", "tenacity", "watchdog", "websocket"}
"""Libraries of the main process that an operator's command works without."""
ENTRANCES = {"actors", "runtime", "runtime.practice"}
"""Folders whose own modules are entrances or shared vocabulary: each stands for itself."""
MAIN_PROCESS_ONLY = {"aiohttp", "limits", "prometheus_client", "pydantic", "rich", "yaml"}
PRACTICE_MAY_IMPORT = ("actors.values", "actors.errors", "runtime.practice")
IDLE = {"pass", "continue", "..."}
LONGEST_FILE, LONGEST_FUNCTION = 400, 40
"""Lines. A file that comes near this has two nouns, and a function two steps."""


class Source(NamedTuple):
    place: str
    module: str
    text: str
    nodes: list[ast.AST]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def package(self) -> str:
        return self.module if self.place.endswith("__init__.py") else self.module.rpartition(".")[0]

    @property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @property
    def defines_an_actor(self) -> bool:
        return any(ast.unparse(base) == ACTOR_BASE for found in self.classes for base in found.bases)


class Import(NamedTuple):
    module: str
    name: str
    """In full: ``base`` of ``from actors import base`` is ``actors.base``."""
    place: str


def read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(ROOT)
    module = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
    return Source(place.as_posix(), module, text, list(ast.walk(ast.parse(text))))


def imports(source: Source) -> Iterator[Import]:
    for node in source.nodes:
        if isinstance(node, ast.Import):
            prefix = ""
        elif isinstance(node, ast.ImportFrom):
            prefix = resolve_name("." * node.level + (node.module or ""), source.package) + "."
        else:
            continue
        for alias in node.names:
            yield Import(source.module, prefix + alias.name, f"{source.place}:{node.lineno}")


SOURCES = [read(path) for top in ("actors", "runtime") for path in sorted((ROOT / top).rglob("*.py"))]
IMPORTS = [found for source in SOURCES for found in imports(source)]
ACTORS = {source.module for source in SOURCES if source.defines_an_actor}


def lies_in(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def floor(name: str) -> int:
    return next((floor for package, floor in FLOORS.items() if lies_in(name, package)), 0)


def feature(name: str) -> str:
    """The folder of ``actors`` that ``name`` lies in, if that is a feature."""
    return ".".join(name.split(".")[:2]) if floor(name) == FEATURES else ""


def is_pure(source: Source) -> bool:
    """Whether it decides or decodes, and leaves doing to others."""
    if source.module in ACTORS:
        return False
    return lies_in(source.module, "actors.protocols", VENUES) or bool(feature(source.module))


def assert_none(*offenders: Iterable[str]) -> None:
    if found := list(chain(*offenders)):
        pytest.fail("\n".join(found), pytrace=False)


def nodes_of(*sources: Source) -> Iterator[tuple[str, ast.AST]]:
    """Every node of ``sources``, after the place of its file."""
    for source in sources:
        yield from ((source.place, node) for node in source.nodes)


def swallows(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return catches_all(handler.type) and all(ast.unparse(step) in IDLE for step in handler.body)


def catches_all(errors: ast.expr) -> bool:
    return any(ast.unparse(node) in {"Exception", "BaseException"} for node in ast.walk(errors))


def test_a_file_imports_its_own_floor_or_a_lower_one() -> None:
    assert_none(f"{i.place}: {i.name}" for i in IMPORTS if floor(i.name) > floor(i.module))


def test_no_feature_imports_another() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if feature(i.module) and feature(i.name) and feature(i.module) != feature(i.name)
    )


def test_transport_protocols_and_engine_do_not_know_one_another() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        for folder in SIDE_BY_SIDE
        if lies_in(i.module, folder) and lies_in(i.name, *SIDE_BY_SIDE) and not lies_in(i.name, folder)
    )


def test_an_actor_imports_no_other_actor() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if i.module in ACTORS and feature(i.module) and i.name.rpartition(".")[0] in ACTORS - {i.module}
    )


def test_in_a_feature_only_files_that_define_an_actor_import_the_engine() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if feature(i.module) and lies_in(i.name, ENGINE) and i.module not in ACTORS
    )


def test_a_venue_is_imported_by_its_own_folder_alone() -> None:
    """Everything else finds it by the name in the configuration."""
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        for venue in known_venues()
        if lies_in(i.name, f"{VENUES}.{venue}") and not lies_in(i.module, f"{VENUES}.{venue}")
    )


def test_a_venue_is_named_in_its_own_folder_alone() -> None:
    """In code, texts and comments; but for the default of the configuration, and the venue that practice
    simulates. A section of a venue's protocol is cited by that venue only."""
    for venue in known_venues():
        spelling = re.compile("_?".join(venue), re.IGNORECASE)
        named = [
            f"{source.place}:{number}: {line.strip()}"
            for source in SOURCES
            if not lies_in(source.module, f"{VENUES}.{venue}", "runtime.practice")
            for number, line in enumerate(source.text.splitlines(), start=1)
            if spelling.search(line) or A_VENUES_PROTOCOL.search(line)
        ]
        assert_none(line for line in named if not line.endswith(f'DEFAULT_VENUE: Final = "{venue}"'))


def test_the_numbers_of_a_venue_stand_in_its_profile_alone() -> None:
    assert_none(
        f"{place}:{node.lineno}: {node.value}"
        for place, node in nodes_of(*(s for s in SOURCES if not lies_in(s.module, "runtime.practice")))
        if isinstance(node, ast.Constant) and type(node.value) in {int, float}
        if node.value in NUMBERS_OF_A_VENUE and not place.endswith("/profile.py")
    )


def test_no_circle_of_folders_imports_one_another() -> None:
    modules = {source.module: source for source in SOURCES}

    def folder(name: str) -> str:
        while name not in modules:
            name = name.rpartition(".")[0]
        package = modules[name].package
        return name if package in ENTRANCES else package

    arrows = defaultdict(set)
    for found in IMPORTS:
        if lies_in(found.name, *ENTRANCES) and folder(found.module) != folder(found.name):
            arrows[folder(found.module)].add(folder(found.name))

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = [start]
        while left:
            new = arrows[left.pop()] - seen
            seen |= new
            left += new
        return seen

    reach = {start: reached(start) for start in list(arrows)}
    assert_none(
        f"{start} <-> {', '.join(sorted(end for end in ends if start in reach.get(end, ())))}"
        for start, ends in sorted(reach.items())
        if start in ends
    )


def test_the_practice_exchange_shares_no_protocol_code_with_the_client() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if lies_in(i.module, "runtime.practice") and lies_in(i.name, "actors", "runtime")
        if not lies_in(i.name, *PRACTICE_MAY_IMPORT)
    )


def test_a_public_class_name_stands_in_one_module() -> None:
    """The practice exchange excepted: it simulates what the client names."""
    places = defaultdict(list)
    for source in SOURCES:
        if not lies_in(source.module, "runtime.practice"):
            for found in source.classes:
                places[found.name].append(f"{source.place}:{found.lineno}")
    assert_none(
        f"{name}: {', '.join(found)}"
        for name, found in places.items()
        if len(found) > 1 and not name.startswith("_")
    )


def test_what_decides_and_what_decodes_touch_nothing_of_the_world() -> None:
    """But for the entropy that RFC 6455 (5.3) demands of masks."""
    pure = {source.module for source in SOURCES if is_pure(source)}
    assert_none(
        (
            f"{i.place}: {i.name}"
            for i in IMPORTS
            if i.module in pure and i.name.partition(".")[0] in WORLD | SERVICES
            if (i.module, i.name) != (MASKS, "os")
        ),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(*(source for source in SOURCES if source.module == MASKS))
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr != "urandom"
        ),
    )


def test_what_decides_and_what_decodes_read_no_clock() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of(*filter(is_pure, SOURCES))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"now", "utcnow", "today", "time"}
    )


def test_one_file_alone_knows_websocket_client() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if lies_in(i.name, "websocket") and i.module != "actors.transport.websocket"
    )


def test_one_file_alone_knows_the_private_parts_of_pykka() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in IMPORTS
        if lies_in(i.name, "pykka") and "._" in i.name and i.module != "actors.engine.pykka_internals"
    )


def test_a_file_is_short() -> None:
    assert_none(
        f"{source.place}:1: {source.lines} lines" for source in SOURCES if source.lines > LONGEST_FILE
    )


def test_a_function_is_short() -> None:
    assert_none(
        f"{place}:{node.lineno}: {node.name} has {length} lines"
        for place, node in nodes_of(*SOURCES)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    )


def test_an_error_of_the_tree_is_defined_in_its_one_module() -> None:
    (tree,) = (source for source in SOURCES if source.module == ERRORS)
    kinds = {found.name for found in tree.classes}
    assert_none(
        f"{source.place}:{found.lineno}: {found.name}"
        for source in SOURCES
        if source is not tree
        for found in source.classes
        if kinds & {ast.unparse(base).rpartition(".")[2] for base in found.bases}
    )


def test_no_error_is_swallowed_unseen() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of(*SOURCES)
        if (isinstance(node, ast.ExceptHandler) and swallows(node))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and catches_all(node))
    )


def test_nobody_sleeps() -> None:
    assert_none(
        (f"{i.place}: {i.name}" for i in IMPORTS if i.name == "time.sleep"),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(*SOURCES)
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep"
        ),
    )


def loaded_by(module: str) -> set[str]:
    """What Python has loaded once ``module`` is imported: top-level names and full ones."""
    program = f"import {module}, sys; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return set(done.stdout.split())


def test_a_worker_loads_nothing_that_only_the_main_process_needs() -> None:
    assert loaded_by("runtime.workers.main") & MAIN_PROCESS_ONLY == set()


def test_an_operators_command_loads_no_heavy_library_and_no_system_of_actors() -> None:
    loaded = loaded_by("runtime.ctl")
    assert loaded & HEAVY == set()
    assert loaded & {"runtime.runtime", "runtime.system.actor_system", "runtime.system.reloader"} == set()


@pytest.mark.parametrize("own", [*known_venues(), "tests.doubles.plain_streams"])
def test_a_worker_loads_the_venue_that_it_is_told_and_no_other(own: str) -> None:
    program = f"""
import runtime.workers.main, sys
from actors.venues import known_venues, venue
loaded = lambda: {{name for name in known_venues() if f"{VENUES}.{{name}}" in sys.modules}}
before = loaded()
venue({own!r})
print(*before, "|", *loaded())
"""
    command = [sys.executable, "-c", program]
    worker = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    before, _, after = worker.stdout.partition("|")
    assert before.split() == []
    assert after.split() == [name for name in known_venues() if name == own]
