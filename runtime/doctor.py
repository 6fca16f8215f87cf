"""What stands in the way of a runtime, found out before it is started or while it runs."""

import contextlib
import enum
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from actors.errors import ConfigInvalid, TellwireError
from actors.values import AccountKind, Region, Secret
from actors.wire.ssid import SessionString
from runtime.attachment import attach
from runtime.config import Config, load
from runtime.control.speech import Welcome
from runtime.ownership import own
from runtime.planning import journal_path, make_plan, regions_for
from runtime.probing import Probe, probe

CLOCK_TOLERANCE: Final = 2.0
"""Seconds; a server's Date tells whole ones."""

LITTLE_SPACE, NO_SPACE = 100 * 2**20, 10 * 2**20
"""Bytes free where the journal lies."""

DESCRIPTORS_OF_A_CONNECTION: Final = 4
DESCRIPTORS_OF_A_WORKER: Final = 4
OTHER_DESCRIPTORS: Final = 192
"""The house's own, and those of all that may be attached."""


class Level(enum.Enum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


class Finding(Struct, frozen=True):
    """One thing looked at, and how it is; never shows a secret."""

    level: Level
    subject: str
    text: str


def examine(path: Path) -> list[Finding]:
    """Everything that can be looked at from outside, nothing changed; takes as long as the slowest region."""
    try:
        config = load(path)
    except ConfigInvalid as error:
        return [Finding(Level.FAIL, "configuration", problem) for problem in error.problems]
    running = _running(config)
    return [
        Finding(Level.OK, "configuration", f"{path} is valid"),
        Finding(Level.OK, "runtime", "none is running" if running is None else f"runs as pid {running.pid}"),
        _session(config, running),
        *_regions(config, running),
        _descriptors(config),
        *_journal(config, running),
    ]


def _running(config: Config) -> Welcome | None:
    with contextlib.suppress(TellwireError), attach(config, timeout=1.0) as attachment:
        return attachment.runtime
    return None


def _session(config: Config, running: Welcome | None) -> Finding:
    session = config.account.session_string
    if session is None:
        return Finding(Level.OK, "session", "none is set: the practice exchange is used")
    used = "" if running is None or running.session != "practice" else ", but the runtime practises"
    return Finding(Level.OK, "session", f"a {session.kind.value} session, user {session.uid}{used}")


def _regions(config: Config, running: Welcome | None) -> Iterator[Finding]:
    session = config.account.session_string
    regions: tuple[Region, ...] = () if session is None else regions_for(config, session)
    if running is not None:
        regions = tuple(running.regions)
    if not regions:
        yield Finding(Level.OK, "regions", "the practice exchange opens its own when it is started")
        return
    nobody = SessionString(AccountKind.DEMO, 0, Secret(""))  # a probe does not log in
    probes = probe(regions, make_plan(config, session or nobody, regions).settings)
    # One region that is down is what the others are for.
    level = Level.FAIL if all(each.error for each in probes) else Level.WARN
    for each in probes:
        steps = _steps(each)
        if each.error:
            yield Finding(level, each.region, f"{each.error}{steps and f' (after {steps})'}")
        else:
            yield Finding(Level.OK, each.region, steps)
    if not config.connection.ssl_verify:
        yield Finding(Level.WARN, "certificates", "are not checked: connection.ssl_verify is false")
    yield from _clock(probes)


def _steps(each: Probe) -> str:
    steps = {"look-up": each.look_up, "TCP": each.connect, "TLS": each.tls, "upgrade": each.upgrade}
    return ", ".join(f"{step} {time * 1000:.1f} ms" for step, time in steps.items() if time is not None)


def _clock(probes: list[Probe]) -> Iterator[Finding]:
    offsets = [each.clock_offset for each in probes if each.clock_offset is not None]
    if not offsets:
        return
    offset = statistics.median(offsets)
    if abs(offset) <= CLOCK_TOLERANCE:
        yield Finding(Level.OK, "clock", f"within {CLOCK_TOLERANCE:g} s of the venue's")
    else:
        way = "behind" if offset > 0 else "ahead of"
        yield Finding(Level.WARN, "clock", f"about {abs(offset):.0f} s {way} the venue's")


def _descriptors(config: Config) -> Finding:
    if sys.platform == "win32":
        return Finding(Level.OK, "descriptors", "this system has no such limit")
    import resource  # noqa: PLC0415  # not there on Windows

    pool = config.pool
    need = pool.connections * DESCRIPTORS_OF_A_CONNECTION + pool.workers * DESCRIPTORS_OF_A_WORKER
    need += OTHER_DESCRIPTORS
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY or limit >= need:
        return Finding(Level.OK, "descriptors", f"{need} may be needed, and no more than the limit")
    return Finding(Level.FAIL, "descriptors", f"{need} may be needed, but the limit is {limit} (ulimit -n)")


def _journal(config: Config, running: Welcome | None) -> Iterator[Finding]:
    session = config.account.session_string
    if session is None and not config.orders.journal:
        yield Finding(Level.OK, "journal", "a passing one: the practice exchange is used")
        return
    nobody = SessionString(AccountKind.DEMO, 0, Secret(""))
    path = journal_path(config.orders, session or nobody)
    yield _folder(path.parent)
    if path.exists():
        yield _contents(path, running)
    else:
        yield Finding(Level.OK, "journal", f"{path} will be made")


def _folder(folder: Path) -> Finding:
    there = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    space = f"{free / 2**20:,.0f} MiB are free in {there}"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(Level.FAIL, "journal's folder", f"{there} cannot be written to: {error.strerror}")
    level = Level.FAIL if free < NO_SPACE else Level.WARN if free < LITTLE_SPACE else Level.OK
    return Finding(level, "journal's folder", space)


def _contents(path: Path, running: Welcome | None) -> Finding:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            orders, doubtful = db.execute(
                "SELECT count(*), coalesce(sum(finished = 0), 0) FROM orders"
            ).fetchone()
            halt = db.execute("SELECT reason FROM halt").fetchone()
        keeper = _keeper(path, running)
    except sqlite3.Error as error:
        return Finding(Level.FAIL, "journal", f"{path} cannot be read: {error}")
    text = f"{path}: {orders} orders, {doubtful} unfinished, {keeper}"
    if halt is not None:
        return Finding(Level.WARN, "journal", f"{text}; orders are halted ({halt[0]})")
    return Finding(Level.OK, "journal", text)


def _keeper(path: Path, running: Welcome | None) -> str:
    lock = own(path)
    if lock is not None:
        lock.close()
        return "kept by nobody"
    return "kept by another runtime" if running is None else f"kept by pid {running.pid}"
