"""The entrants: the runtime in several forms, and the alternatives that are installed."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field, structs


class Entrant(Struct, frozen=True):
    """``module`` is its program; ``needs`` are the modules that it imports; ``speed`` is about how many ticks
    it takes in a second. ``reconnects``: it comes back by itself. ``strays``: it would try hosts of the real
    venue, so it only runs where none can be reached. ``trusts``: it can be told whose certificates to trust;
    ``pools``: it holds several connections."""

    name: str
    module: str
    speed: int
    needs: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = False
    tls: bool = False
    reconnects: bool = False
    strays: bool = False
    trusts: bool = False
    pools: bool = False
    python: str = sys.executable


def _ours(name: str, module: str = "tellwire", **options: Any) -> Entrant:
    program = f"labs.bench.peers.{module}"
    return Entrant(
        f"tellwire {name}",
        program,
        700_000,
        options=options,
        ours=True,
        reconnects=True,
        trusts=True,
        pools=True,
    )


def _peer(name: str, module: str, speed: int, *needs: str, **more: Any) -> Entrant:
    return Entrant(name, f"labs.bench.peers.{module}", speed, needs, **more)


ONE_WORKER = _ours("1 worker", workers=1)
NO_WORKER = _ours("0 workers", workers=0)
LISTS = _ours("1 worker, lists", workers=1, batch=True)
INLINE = _ours("inline, 0 workers", workers=0, inline=True)
ASYNCIO = _ours("asyncio, 1 worker", "tellwire_asyncio", workers=1)
ASYNCIO_NO_WORKER = _ours("asyncio, 0 workers", "tellwire_asyncio", workers=0)
OURS = (ONE_WORKER, NO_WORKER, LISTS, INLINE, ASYNCIO, ASYNCIO_NO_WORKER)

PICOWS = _peer("picows + orjson", "picows_orjson", 600_000, "picows", "orjson", trusts=True, pools=True)
UVLOOP = _peer(
    "picows + orjson, uvloop",
    "picows_orjson",
    600_000,
    "picows",
    "orjson",
    "uvloop",
    options={"uvloop": True},
    trusts=True,
    pools=True,
)
AIOHTTP = _peer("aiohttp + orjson", "aiohttp_orjson", 300_000, "aiohttp", "orjson", trusts=True, pools=True)
WEBSOCKET_CLIENT = _peer("websocket-client", "websocket_client", 25_000, "websocket", "orjson", trusts=True)
BINARY_OPTIONS_TOOLS = _peer(
    "BinaryOptionsToolsV2",
    "binary_options_tools",
    9_000,
    "BinaryOptionsToolsV2",
    strays=True,
    reconnects=True,
)
POCKETOPTIONAPI_ASYNC = _peer(
    "pocketoptionapi-async",
    "pocketoptionapi_async",
    12_000,
    "pocketoptionapi_async",
    "websockets.legacy",
    strays=True,
    reconnects=True,
    tls=True,
)
PEERS = (
    PICOWS,
    UVLOOP,
    AIOHTTP,
    _peer(
        "websockets + orjson",
        "websockets_orjson",
        100_000,
        "websockets.asyncio",
        "orjson",
        trusts=True,
        pools=True,
    ),
    WEBSOCKET_CLIENT,
    _peer(
        "python-socketio",
        "python_socketio",
        14_000,
        "socketio",
        "aiohttp",
        "orjson",
        reconnects=True,
        trusts=True,
    ),
    BINARY_OPTIONS_TOOLS,
    POCKETOPTIONAPI_ASYNC,
)


_VERSION = """
import sys
from importlib import metadata
name = sys.argv[1]
print(metadata.version(metadata.packages_distributions()[name][0]))
"""


class Absent(Struct, frozen=True):
    """An entrant that cannot take part, and the reason."""

    name: str
    reason: str


def muster(
    names: Sequence[str], pythons: Sequence[str], *, isolated: bool
) -> tuple[list[Entrant], list[Absent]]:
    """The entrants, or those whose name begins with one of ``names``, that can take part.

    ``pythons`` are interpreters to look for libraries in, besides our own. Unless ``isolated`` from every
    other host, those that would talk to one stay out.
    """
    present: list[Entrant] = []
    absent: list[Absent] = []
    for entrant in (*OURS, *PEERS):
        if names and not entrant.name.startswith(tuple(names)):
            continue
        home = next((each for each in (sys.executable, *pythons) if _has(each, entrant.needs)), None)
        if home is None:
            absent.append(Absent(entrant.name, "not installed"))
        elif entrant.strays and not isolated:
            absent.append(Absent(entrant.name, "left out: the way to other hosts cannot be cut off here"))
        else:
            present.append(structs.replace(entrant, python=home))
    return present, absent


def with_options(entrant: Entrant, **options: Any) -> Entrant:
    """The same entrant with more options."""
    return structs.replace(entrant, options={**entrant.options, **options})


def versions(entrants: Iterable[Entrant]) -> dict[str, str]:
    """The versions of the libraries, by name."""
    found: dict[str, str] = {}
    for entrant in entrants:
        for module in entrant.needs:
            name = module.partition(".")[0]
            if name not in found:
                answer = subprocess.run(
                    [entrant.python, "-c", _VERSION, name], capture_output=True, text=True, check=False
                )
                found[name] = answer.stdout.strip()
    return found


def _has(python: str, modules: Iterable[str]) -> bool:
    if python == sys.executable:
        return all(_found(module) for module in modules)
    program = f"import {', '.join(modules) or 'sys'}"
    return not subprocess.call([python, "-c", program], stderr=subprocess.DEVNULL)


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
