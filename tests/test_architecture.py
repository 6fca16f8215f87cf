"""The layers, the features, the names and a few habits of the code, read from its source."""

import ast
import functools
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import resolve_name
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec import Struct

from actors.venues import known_venues, venue

ROOT = Path(__file__).parent.parent

FLOORS = {  # the first that fits
    "actors.values": 0,
    "actors.errors": 0,
    "actors.messages": 0,
    "actors.rates": 0,
    "actors.lives": 0,
    "actors.arithmetic": 0,
    "actors.symbols": 0,
    "actors.tables": 0,
    "actors.distribution": 0,
    "actors.network": 0,
    "actors.transport": 1,
    "actors.protocols": 1,
    "actors.engine": 1,
    "actors.venues": 2,
    "actors": 3,
    "runtime.config": 4,
    "runtime.logs": 4,
    "runtime.storage": 4,
    "runtime.client": 4,
    "runtime.recording": 4,
    "runtime.cluster": 4,
    "runtime.version": 4,
    "runtime.practice.__main__": 9,  # an entrance, as those of the other commands
    "runtime.practice": 4,
    "runtime.workers": 5,
    "runtime.system": 5,
    "runtime.control": 6,
    "runtime.raw_requests": 6,  # of a router, wherever it is
    "runtime.aio": 6,
    "runtime.monitoring": 6,
    "runtime.alerts": 6,
    "runtime.replay": 6,
    "runtime.report": 6,
    "runtime.runtime": 7,
    "runtime.async_runtime": 8,
    "runtime.host": 8,
    "runtime.membership": 8,
    "runtime.cli": 8,
    "runtime.testing": 8,  # starts runtimes, as a program of a user does
    "runtime": 9,
}
FEATURES = 3
ENGINE = "actors.engine"
ACTOR_BASES = {"RuntimeActor", "Desk"}
SHARED_BASE = "actors.orders.desk"
"""What two actors have in common, and no actor itself."""
TRANSPORT = "actors.transport"
VENUES = "actors.venues"
COMPAT = "runtime.compat"
"""Interfaces of other clients of a venue: their names, keys and hosts are those of these clients."""
ERRORS = "actors.errors"
A_VENUES_PROTOCOL = re.compile(r"\bprotocol\W+(section\W+)?[0-9]+\.[0-9]", re.IGNORECASE)
A_HOST = re.compile(r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|market|net|io)\b")
A_VENUES_EVENT = re.compile(r"\b[a-z]+(?:[A-Z][a-z]+)+\b")
"""The form of the names of events and fields on the wire of a venue; no name of our own has it."""
LEAST_DISTINCTIVE = 100
MULTIPLES = (1, 10)
"""A number of a profile, and ten times that, is unlikely to mean anything else from 100 on."""
OTHER_MEANINGS = {"gc.set_threshold"}
"""Calls whose arguments are never a number of a venue."""
SIDE_BY_SIDE = ("actors.transport", "actors.protocols", "actors.engine")
WORLD = {
    "asyncio",
    "concurrent",
    "http",
    "importlib",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}
EFFECTFUL_CALLS = {"open", "io.open", "input", "print", "exec", "eval"}
FINDS_VENUES = "actors.venues"
"""The module that imports a venue by its name, by ``importlib``."""
ENGINE_WITHOUT_ACTORS = ("runtime.system", "runtime.workers", "runtime.replay")
"""Folders that start the actors and their dispatchers."""
FOR_EVERY_CALLER = {"actors.engine.pykka_internals.Envelope", "actors.engine.router_ref.RouterRef"}
"""The types of the engine that a caller or a receiver needs which is no actor."""
SERVICES = {"logging", "loguru", "pykka"}
MASKS = "actors.protocols.websocket.frames"
KNOW_THE_ENGINES_CLIENT = {"runtime.cluster.engine", "runtime.cluster.connections"}
HEAVY = {"aiohttp", "rich", "tenacity", "watchdog", "websocket"}
"""Libraries of the main process that an operator's command works without."""
ENTRANCES = {"actors", "runtime", "runtime.practice"}
"""Folders whose own modules are entrances or shared vocabulary: each stands for itself."""
FRAMES = {"numpy", "pandas", "polars", "pyarrow"}
MAIN_PROCESS_ONLY = FRAMES | {"aiohttp", "limits", "prometheus_client", "pydantic", "rich", "yaml"}
PRACTICE_MAY_IMPORT = ("actors.values", "actors.errors", "runtime.practice")
A_TYPE = re.compile(r"[A-Z]\w*[a-z]\w*")
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
        return any(ast.unparse(base) in ACTOR_BASES for found in self.classes for base in found.bases)


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


def imported_by_call(call: ast.Call) -> str:
    """The module that a call of ``import_module`` or ``__import__`` names, if it is a literal."""
    function = ast.unparse(call.func).rpartition(".")[2]
    match call.args:
        case [ast.Constant(value=str() as name), *_] if function in {"import_module", "__import__"}:
            return name
    return ""


def imports(source: Source) -> Iterator[Import]:
    for node in source.nodes:
        if isinstance(node, ast.Import):
            prefix = ""
        elif isinstance(node, ast.ImportFrom):
            prefix = resolve_name("." * node.level + (node.module or ""), source.package) + "."
        elif isinstance(node, ast.Call) and imported_by_call(node):
            yield Import(source.module, imported_by_call(node), f"{source.place}:{node.lineno}")
            continue
        else:
            continue
        for alias in node.names:
            yield Import(source.module, prefix + alias.name, f"{source.place}:{node.lineno}")


@functools.cache
def sources() -> list[Source]:
    """All of them, once they are asked for: each process of a run imports this module, and one runs it."""
    return [read(path) for top in ("actors", "runtime") for path in sorted((ROOT / top).rglob("*.py"))]


@functools.cache
def all_imports() -> list[Import]:
    return [found for source in sources() for found in imports(source)]


@functools.cache
def actor_modules() -> set[str]:
    return {source.module for source in sources() if source.defines_an_actor}


def lies_in(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def floor(name: str) -> int:
    return next((floor for package, floor in FLOORS.items() if lies_in(name, package)), 0)


def feature(name: str) -> str:
    """The folder of ``actors`` that ``name`` lies in, if that is a feature."""
    return ".".join(name.split(".")[:2]) if floor(name) == FEATURES else ""


def is_pure(source: Source) -> bool:
    """Whether it decides or decodes, and leaves doing to others."""
    if source.module in actor_modules():
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
    """Whether it catches everything, and does not log, raise, or pass the error on."""
    if handler.type is None:
        return True
    return catches_all(handler.type) and not any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Name) and node.id == handler.name)
        or (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("logger."))
        for step in handler.body
        for node in ast.walk(step)
    )


def catches_all(errors: ast.expr) -> bool:
    return any(ast.unparse(node) in {"Exception", "BaseException"} for node in ast.walk(errors))


def test_a_file_imports_its_own_floor_or_a_lower_one() -> None:
    assert_none(f"{i.place}: {i.name}" for i in all_imports() if floor(i.name) > floor(i.module))


def test_no_feature_imports_another() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if feature(i.module) and feature(i.name) and feature(i.module) != feature(i.name)
    )


def test_transport_protocols_and_engine_do_not_know_one_another() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        for folder in SIDE_BY_SIDE
        if lies_in(i.module, folder) and lies_in(i.name, *SIDE_BY_SIDE) and not lies_in(i.name, folder)
    )


def test_an_actor_imports_no_other_actor() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if i.module in actor_modules() and feature(i.module)
        if {i.name, i.name.rpartition(".")[0]} & (actor_modules() - {i.module, SHARED_BASE})
    )


def test_in_a_feature_only_files_that_define_an_actor_import_the_engine() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if feature(i.module) and lies_in(i.name, ENGINE) and i.module not in actor_modules()
    )


def test_in_the_runtime_only_actors_and_what_starts_them_import_the_engine() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if lies_in(i.module, "runtime") and not lies_in(i.module, *ENGINE_WITHOUT_ACTORS)
        if lies_in(i.name, ENGINE) and i.name not in FOR_EVERY_CALLER and i.module not in actor_modules()
    )


def test_a_venue_is_imported_by_its_own_folder_alone() -> None:
    """Everything else finds it by the name in the configuration."""
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        for name in known_venues()
        if lies_in(i.name, f"{VENUES}.{name}") and not lies_in(i.module, f"{VENUES}.{name}")
    )


def test_a_venue_is_named_in_its_own_folder_alone() -> None:
    """In code, texts and comments; but for the default of the configuration, the venue that practice
    simulates, and the clients whose interfaces are kept. A section of a venue's protocol is cited by that
    venue only."""
    for name in known_venues():
        spelling = re.compile(r"[\W_]?".join(name), re.IGNORECASE)
        named = [
            f"{source.place}:{number}: {line.strip()}"
            for source in sources()
            if not lies_in(source.module, f"{VENUES}.{name}", "runtime.practice", COMPAT)
            for number, line in enumerate(source.text.splitlines(), start=1)
            if spelling.search(line) or A_VENUES_PROTOCOL.search(line)
        ]
        assert_none(line for line in named if not line.endswith(f'DEFAULT_VENUE: Final = "{name}"'))


def vocabulary_of(venue_name: str, form: re.Pattern[str]) -> set[str]:
    """All that has ``form`` in the texts of the venue's folder."""
    its = [source for source in sources() if lies_in(source.module, f"{VENUES}.{venue_name}")]
    return {found for _, node in nodes_of(*its) for found in form.findall(text_of(node))}


def text_of(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=bytes() as data):
            return data.decode("latin-1")
    return ""


def test_the_hosts_and_the_events_of_a_venue_stand_in_its_own_folder_alone() -> None:
    """In texts and in bytes; but for the venue that practice simulates, and interfaces of its clients."""
    for venue_name in known_venues():
        hosts, events = vocabulary_of(venue_name, A_HOST), vocabulary_of(venue_name, A_VENUES_EVENT)
        assert hosts
        assert events
        own = (f"{VENUES}.{venue_name}", "runtime.practice", COMPAT)
        others = (s for s in sources() if not lies_in(s.module, *own))
        for place, node in nodes_of(*others):
            text = text_of(node)
            found = {host for host in hosts if host in text} | (events & set(A_VENUES_EVENT.findall(text)))
            assert_none(f"{place}:{node.lineno}: {name}" for name in sorted(found))  # type: ignore[attr-defined]


def numbers_in(value: object) -> Iterator[float]:
    """All numbers of a profile, however deep."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from numbers_in(getattr(value, name))
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(numbers_in, value.values()))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def test_the_numbers_of_a_venue_stand_in_its_profile_alone() -> None:
    own = {number for name in known_venues() for number in numbers_in(venue(name).profile)}
    distinctive = {number * times for number in own if number >= LEAST_DISTINCTIVE for times in MULTIPLES}
    assert distinctive
    client = [source for source in sources() if not lies_in(source.module, "runtime.practice", COMPAT)]
    elsewhere = {
        id(argument)
        for _, node in nodes_of(*client)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in OTHER_MEANINGS
        for argument in node.args
    }
    assert_none(
        f"{place}:{node.lineno}: {node.value}"
        for place, node in nodes_of(*client)
        if isinstance(node, ast.Constant) and type(node.value) in {int, float}
        if node.value in distinctive and id(node) not in elsewhere and not place.endswith("/profile.py")
    )


def test_no_circle_of_folders_imports_one_another() -> None:
    modules = {source.module: source for source in sources()}

    def folder(name: str) -> str:
        while name not in modules:
            name = name.rpartition(".")[0]
        package = modules[name].package
        return name if package in ENTRANCES else package

    arrows = defaultdict(set)
    for found in all_imports():
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
        for i in all_imports()
        if lies_in(i.module, "runtime.practice") and i.module != "runtime.practice.__main__"
        if lies_in(i.name, "actors", "runtime")
        if not lies_in(i.name, *PRACTICE_MAY_IMPORT)
    )


def names_of_types(source: Source) -> Iterator[str]:
    """The classes, the aliases and the enumerations of ``source``, however they are made."""
    for node in source.nodes:
        match node:
            case ast.ClassDef(name=name):
                found = [name]
            case ast.Assign(targets=targets):
                found = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                found = [name]
            case _ if type(node).__name__ == "TypeAlias":  # from Python 3.12 on
                found = [ast.unparse(node).split()[1]]
            case _:
                continue
        yield from filter(A_TYPE.fullmatch, found)


def test_a_type_has_a_name_of_its_own() -> None:
    """Whether a class, an alias or an enumeration: the practice exchange's too. The interface of another
    client has that client's names, each once in its own package."""
    places = defaultdict(set)
    for source in sources():
        client = ".".join(source.module.split(".")[:3]) if lies_in(source.module, COMPAT) else ""
        for name in names_of_types(source):
            places[f"{client} {name}"].add(source.place)
    assert_none(f"{name}: {', '.join(sorted(found))}" for name, found in places.items() if len(found) > 1)


def reaches_a_socket(found: Import) -> bool:
    return lies_in(found.name, TRANSPORT) and not lies_in(found.module, TRANSPORT)


def test_what_decides_and_what_decodes_touch_nothing_of_the_world() -> None:
    """But for the entropy that RFC 6455 (5.3) demands of masks."""
    pure = {source.module for source in sources() if is_pure(source)}
    assert_none(
        (
            f"{i.place}: {i.name}"
            for i in all_imports()
            if i.module in pure and (lies_in(i.name, *WORLD, *SERVICES) or reaches_a_socket(i))
            if (i.module, i.name) not in {(MASKS, "os"), (FINDS_VENUES, "importlib")}
        ),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(*filter(is_pure, sources()))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in EFFECTFUL_CALLS
        ),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(*(source for source in sources() if source.module == MASKS))
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os" and node.attr != "urandom"
        ),
    )


def test_what_decides_and_what_decodes_read_no_clock() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of(*filter(is_pure, sources()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"now", "utcnow", "today", "time"}
    )


def test_one_file_alone_knows_websocket_client() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if lies_in(i.name, "websocket") and i.module != "actors.transport.websocket"
    )


def test_two_files_alone_know_the_client_of_the_engine() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if lies_in(i.name, "valkey") and i.module not in KNOW_THE_ENGINES_CLIENT
    )


def test_one_file_alone_knows_the_private_parts_of_pykka() -> None:
    assert_none(
        f"{i.place}: {i.name}"
        for i in all_imports()
        if lies_in(i.name, "pykka") and "._" in i.name and i.module != "actors.engine.pykka_internals"
    )


def test_a_file_is_short() -> None:
    assert_none(
        f"{source.place}:1: {source.lines} lines" for source in sources() if source.lines > LONGEST_FILE
    )


def test_a_function_is_short() -> None:
    assert_none(
        f"{place}:{node.lineno}: {node.name} has {length} lines"
        for place, node in nodes_of(*sources())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    )


def test_an_error_of_the_tree_is_defined_in_its_one_module() -> None:
    (tree,) = (source for source in sources() if source.module == ERRORS)
    kinds = {found.name for found in tree.classes}
    assert_none(
        f"{source.place}:{found.lineno}: {found.name}"
        for source in sources()
        if source is not tree
        for found in source.classes
        if kinds & {ast.unparse(base).rpartition(".")[2] for base in found.bases}
    )


def test_no_error_is_swallowed_unseen() -> None:
    assert_none(
        f"{place}:{node.lineno}: {ast.unparse(node)}"
        for place, node in nodes_of(*sources())
        if (isinstance(node, ast.ExceptHandler) and swallows(node))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and catches_all(node))
    )


def test_nobody_sleeps() -> None:
    assert_none(
        (f"{i.place}: {i.name}" for i in all_imports() if i.name == "time.sleep"),
        (
            f"{place}:{node.lineno}: {ast.unparse(node)}"
            for place, node in nodes_of(*sources())
            if isinstance(node, ast.Attribute) and node.attr == "sleep"
            if ast.unparse(node) != "asyncio.sleep"
        ),
    )


def loaded_by(module: str) -> set[str]:
    """What Python has loaded once ``module`` is imported: top-level names and full ones."""
    program = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return set(done.stdout.split())


def test_a_worker_loads_nothing_that_only_the_main_process_needs() -> None:
    loaded = loaded_by("runtime.workers.main")
    assert loaded & MAIN_PROCESS_ONLY == set()
    assert not any(lies_in(name, "runtime.aio") for name in loaded)


def test_a_program_without_an_event_loop_loads_nothing_that_is_for_one() -> None:
    loaded = loaded_by("runtime; runtime.Runtime, runtime.attach")
    assert not any(lies_in(name, "runtime.aio") for name in loaded)
    assert loaded & FRAMES == set()


def test_a_run_loads_the_live_table_if_it_shows_one() -> None:
    assert loaded_by("runtime.cli.run") & {"aiohttp", "rich"} == set()


def test_nothing_of_a_cluster_is_loaded_before_a_configuration_has_one() -> None:
    for module in ("runtime.cli.run", "runtime.workers.main", "runtime.host"):
        loaded = loaded_by(module)
        assert not any(lies_in(name, "runtime.cluster", "valkey") for name in loaded)


def test_an_operators_command_loads_no_heavy_library_and_no_system_of_actors() -> None:
    loaded = loaded_by("runtime.cli.ctl_command")
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
