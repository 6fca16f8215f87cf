"""What the whole machine pays for 200 quiet streams, with the programs that use them."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from labs.bench import settings
from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median
from labs.bench.processes import Child, Failed
from labs.bench.roster import AIOHTTP, Entrant
from labs.bench.trial import LOGIN, LONGEST, SETTLE, symbols
from labs.bench.venue import SESSION
from labs.bench.words import Finished, Offer, Pace, Started

CONNECTIONS, ASSETS = 50, 4
EACH = 10.0
"""Ticks a second of each stream."""

SECONDS = 5.0
LINGERS = ("5ms", "20ms")
ATTACHED = "labs.bench.peers.tellwire_attached"


class Cast(Struct, frozen=True):
    """``programs`` that take every tick: attached to one runtime, drawn as a table or not, with this
    ``linger`` of its connections; or, with ``alone``, each with connections of its own."""

    name: str
    programs: int
    table: bool = False
    linger: str = "0s"
    alone: Entrant | None = None


class Cost(Struct, frozen=True):
    """Of a core, and of the processes' memory in bytes; ``sound`` if every program counted every tick."""

    share: float
    resident: int
    sound: bool


def machine(bench: Bench) -> None:
    """The processor time of all processes but the server's."""
    casts = [
        *(Cast(f"tellwire, {each} attached", each) for each in bench.scale.programs),
        Cast("tellwire with the table, 1 attached", 1, table=True),
        *(Cast(f"tellwire, inbound_linger {each}, 1 attached", 1, linger=each) for each in LINGERS),
    ]
    if AIOHTTP.name in {each.name for each in bench.entrants}:
        casts += [
            Cast(f"aiohttp + orjson, {each} program{'s' * (each > 1)}", each, alone=AIOHTTP)
            for each in (1, 4)
        ]
    found: dict[str, list[Cost]] = {cast.name: [] for cast in casts}
    for _ in range(bench.scale.rounds):
        for cast in casts:
            try:
                cost = _run(bench, cast)
            except Failed as failure:
                bench.failed(f"machine, {cast.name}", failure)
                continue
            if not cost.sound:
                bench.findings.problems.append(f"machine, {cast.name}: a program has not counted every tick")
            found[cast.name].append(cost)
    reference = median([cost.share for cost in found.get("aiohttp + orjson, 1 program", [])] or [0.0])
    rows: list[list[Cell]] = []
    for name, costs in found.items():
        if costs:
            share = median([cost.share for cost in costs])
            bench.findings.figures[f"machine/{name}"] = share
            memory = median([cost.resident for cost in costs]) / 1e6
            rows.append([name, share * 100, share / reference if reference else None, memory])
    bench.findings.tables.append(
        Table(
            "The whole machine",
            f"{CONNECTIONS * ASSETS} streams that tick {EACH:g} times a second, on {CONNECTIONS} connections "
            "with TLS. All processes but the server's, to handlers in all programs; tellwire is "
            "`tellwire run` with 1 worker. The ratio is to one program of aiohttp.",
            ["what", "% of one core", "x aiohttp", "memory MB"],
            rows,
        )
    )


def _run(bench: Bench, cast: Cast) -> Cost:
    assets = symbols(CONNECTIONS * ASSETS)
    rate = EACH * len(assets)
    with contextlib.ExitStack() as stack:
        bench.venue.tell(Offer(assets))
        stack.callback(bench.venue.wait_for_streams, 0, LOGIN)
        if cast.alone is None:
            children, programs = stack.enter_context(_attached(bench, cast, assets))
        else:
            brief = _brief(bench, assets)
            programs = children = [
                stack.enter_context(Child(cast.alone.module, python=cast.alone.python, brief=brief))
                for _ in range(cast.programs)
            ]
            bench.venue.wait_for_streams(len(assets) * cast.programs, LOGIN)
        time.sleep(SETTLE)
        before, began = [sum(child.cpu_seconds()) for child in children], time.monotonic()
        bench.venue.tell(Pace(assets, rate, SECONDS * min(1.0, bench.scale.seconds)))
        bench.venue.hear(Started, LONGEST)
        finished = bench.venue.hear(Finished, LONGEST)
        sent = finished.sent // (1 if cast.alone is None else cast.programs)
        reports = [program.line(LONGEST) for program in programs]
        used = sum(sum(child.cpu_seconds()) - then for child, then in zip(children, before, strict=True))
        return Cost(
            used / (time.monotonic() - began),
            sum(sum(child.resident()) for child in children),
            all(each["received"] == sent and not each["disordered"] for each in reports),
        )


@contextlib.contextmanager
def _attached(bench: Bench, cast: Cast, assets: Sequence[str]) -> Iterator[tuple[list[Child], list[Child]]]:
    with tempfile.TemporaryDirectory(prefix="tellwire-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        config = settings.write(
            folder,
            url=bench.venue.tls_url,
            session=SESSION,
            assets=assets,
            workers=1,
            connections=CONNECTIONS,
            authority=bench.venue.authority,
            linger=cast.linger,
        )
        output = "table" if cast.table else "log"
        arguments = ("runtime.main", str(config), "--output", output)
        runtime = stack.enter_context(Child(*arguments, terminal=cast.table))
        bench.venue.wait_for_streams(len(assets), LOGIN)
        brief = _brief(bench, assets, socket=str(folder / settings.SOCKET))
        programs = [stack.enter_context(Child(ATTACHED, brief=brief)) for _ in range(cast.programs)]
        for program in programs:
            program.line(LOGIN)
        yield [runtime, *programs], programs


def _brief(bench: Bench, assets: Sequence[str], **options: str) -> dict[str, object]:
    return {
        "url": bench.venue.tls_url,
        "authority": str(bench.venue.authority),
        "session": SESSION,
        "connections": [assets[at::CONNECTIONS] for at in range(CONNECTIONS)],
        "timed": False,
        "options": options,
    }
