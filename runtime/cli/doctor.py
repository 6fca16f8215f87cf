"""Checks everything that a runtime needs, before it starts or while it runs."""

import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import structs

from actors.errors import ConfigInvalid, Halted, NoRuntime, TellwireError
from actors.values import Region
from runtime.cli.doctor_engine import engine_findings
from runtime.cli.doctor_way import way_findings
from runtime.cli.findings import Finding, Level
from runtime.config import Config, load
from runtime.control.attachment import attach
from runtime.control.listener import NO_LISTENER
from runtime.control.path import has_control
from runtime.control.protocol import Welcome
from runtime.storage.account import JournalAccount
from runtime.storage.inspection import inspect, mark_of
from runtime.storage.lock import acquire, holder
from runtime.storage.open_files import check_links
from runtime.system.folders import temporary_folder
from runtime.system.probing import Probe, probe
from runtime.system.settings import connection_settings, journal_account, journal_path, regions_for
from runtime.workers.descriptors import need_of_a_worker, need_of_main, shortages

CLOCK_TOLERANCE: Final = 2.0
"""Seconds; a server's Date has whole ones."""

LITTLE_SPACE, NO_SPACE = 100 * 2**20, 10 * 2**20
"""Free bytes in a folder that is written to."""


def examine(path: Path, account: str = "") -> list[Finding]:
    """All checks; they change nothing and take as long as the slowest region. With several accounts, all of
    them are checked, or the one of that name.

    Raises ``ConfigInvalid`` if there is no such file or no such account.
    """
    try:
        config = load(path)
    except ConfigInvalid as error:
        if not path.is_file():
            raise
        return [Finding(Level.FAIL, "configuration", problem) for problem in error.problems]
    valid = Finding(Level.OK, "configuration", f"{path} is valid")
    if not config.duties or account:
        return [valid, *_examined(config.of(account)), *engine_findings(config), *_log_file(config)]
    found = [valid]
    for name, each in config.duties.items():
        found += [
            structs.replace(finding, subject=f"{name}: {finding.subject}") for finding in _examined(each)
        ]
    return [*found, *engine_findings(config), *_log_file(config)]


def _examined(config: Config) -> list[Finding]:
    """What one runtime needs."""
    runtime, running = _running(config)
    return [
        runtime,
        _session(config, running),
        *way_findings(config),
        *_regions(config, running),
        _descriptors(config),
        *(_journal(config, running) if config.orders_on is None else ()),
    ]


def _running(config: Config) -> tuple[Finding, Welcome | None]:
    if not has_control(config):
        return Finding(Level.OK, "runtime", "not checked: control.enabled is false"), None
    try:
        with attach(config, timeout=1.0) as attachment:
            welcome = attachment.runtime
    except NoRuntime as error:
        # No process listens. One that accepts and does not answer may be trading, so it is not called absent.
        if isinstance(error.__cause__, NO_LISTENER):
            return Finding(Level.OK, "runtime", "none is running"), None
        return Finding(Level.FAIL, "runtime", _unanswering(error)), None
    except TellwireError as error:
        return Finding(Level.FAIL, "runtime", _unanswering(error)), None
    return Finding(Level.OK, "runtime", f"runs as pid {welcome.pid}"), welcome


def _unanswering(error: TellwireError) -> str:
    return f"one is there but does not answer: {str(error).removeprefix('no runtime is running: ')}"


def _session(config: Config, running: Welcome | None) -> Finding:
    login = config.account.login
    if login is None:
        absence = "is empty" if config.name else config.account.absence
        return Finding(Level.OK, "session", f"{absence}: the practice exchange is used")
    used = "" if running is None or running.mode != "practice" else ", but the runtime practises"
    return Finding(Level.OK, "session", f"a {login.account.value} session, user {login.user}{used}")


def _regions(config: Config, running: Welcome | None) -> Iterator[Finding]:
    login = config.account.login
    regions: tuple[Region, ...] = () if login is None else regions_for(config, login)
    if running is not None:
        regions = tuple(running.regions)
    if not regions:
        yield Finding(Level.OK, "regions", "the practice exchange opens its own when it is started")
        if configured := len(config.regions.demo) + len(config.regions.live):
            # A probe is a connection to the venue, which a user of the practice exchange has not asked for.
            text = f"{configured} are configured and were not probed: that needs a session"
            yield Finding(Level.OK, "regions of the venue", text)
        return
    practises = running is not None and running.mode == "practice"
    probes = probe(regions, connection_settings(config, None if practises else login))
    # The others replace one region that is down.
    level = Level.FAIL if all(each.error for each in probes) else Level.WARN
    for each in probes:
        steps = _steps(each)
        if each.error:
            yield Finding(level, each.region, f"{each.error}{steps and f' (after {steps})'}")
        else:
            yield Finding(Level.OK, each.region, steps)
    yield from _clock(probes)


def _steps(each: Probe) -> str:
    steps = {"look-up": each.look_up, "TCP": each.connect, "TLS": each.tls, "upgrade": each.upgrade}
    return ", ".join(f"{step} {time * 1000:.1f} ms" for step, time in steps.items() if time is not None)


def _clock(probes: list[Probe]) -> Iterator[Finding]:
    offsets = [each.clock_offset for each in probes if each.clock_offset is not None]
    if not offsets:
        return
    offset = statistics.median(offsets)
    level = Level.OK if abs(offset) <= CLOCK_TOLERANCE else Level.WARN
    way = "behind" if offset > 0 else "ahead of"
    text = f"about {abs(offset):.1f} s {way} the venue's, by an HTTP date, which has whole seconds"
    yield Finding(level, "clock", text)


def _descriptors(config: Config) -> Finding:
    if sys.platform == "win32":
        return Finding(Level.OK, "descriptors", "this system has no such limit")
    pool = config.pool
    if found := shortages(pool.most, pool.workers):
        return Finding(Level.FAIL, "descriptors", "; ".join(map(str, found)))
    need = max(need_of_main(pool.most, pool.workers), need_of_a_worker(pool.most, pool.workers))
    return Finding(Level.OK, "descriptors", f"{need} may be needed, and no more than the limit")


def _journal(config: Config, running: Welcome | None) -> Iterator[Finding]:
    login = config.account.login
    if login is None and not config.orders.journal:
        yield Finding(Level.OK, "journal", "a temporary one: the practice exchange is used")
        try:
            yield _folder("temporary folder", temporary_folder())
        except ConfigInvalid as error:
            yield Finding(Level.FAIL, "temporary folder", str(error))
        return
    try:
        path = journal_path(config, login)
    except Halted as error:
        yield Finding(Level.FAIL, "journal", str(error))
        return
    try:
        check_links(path)
    except OSError as error:
        yield Finding(Level.FAIL, "journal", str(error))
        return
    yield _folder("journal's folder", path.parent)
    if path.exists():
        yield _contents(path, journal_account(config, login), running)
    elif (mark := mark_of(path)).exists():
        yield Finding(Level.FAIL, "journal", f"{path} is gone, but was there before (see {mark})")
    elif running is not None:
        yield Finding(
            Level.FAIL, "journal", f"{path} has gone while the runtime uses it: put it back, then restart"
        )
    else:
        yield Finding(Level.OK, "journal", f"{path} will be created")


def _log_file(config: Config) -> Iterator[Finding]:
    if not config.log.file:
        return
    path = config.path(config.log.file)
    yield _folder("log's folder", path.parent)
    if not os.path.lexists(path):
        return
    try:
        with path.open("ab"):  # does not change the file, nor its time
            pass
    except OSError as error:
        yield Finding(Level.FAIL, "log file", f"{path} cannot be written to: {error.strerror}")
    else:
        yield Finding(Level.OK, "log file", f"{path} can be written to")


def _folder(subject: str, folder: Path) -> Finding:
    # Not Path.exists, which raises for a folder without permission to search it.
    there = next(parent for parent in (folder, *folder.resolve().parents) if os.path.exists(parent))  # noqa: PTH110
    free = shutil.disk_usage(there).free
    space = f"{free / 2**20:,.0f} MiB are free in {there}"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(Level.FAIL, subject, f"{folder} cannot be created or written to: {error.strerror}")
    level = Level.FAIL if free < NO_SPACE else Level.WARN if free < LITTLE_SPACE else Level.OK
    return Finding(level, subject, space)


def _contents(path: Path, expected: JournalAccount, running: Welcome | None) -> Finding:
    try:
        state = inspect(path)
        user = _holder(path, running)
    except (Halted, sqlite3.Error) as error:
        return Finding(Level.FAIL, "journal", str(error))
    pending = f" ({state.pending} of them pending)" if state.pending else ""
    text = (
        f"{path}: {state.orders} orders, {state.unfinished} unfinished{pending}, {user};"
        f" version {state.version} of {state.account or 'no named account'},"
        f" {state.size / 1024:,.0f} KiB, {state.retired} retired"
    )
    if state.damage:
        return Finding(Level.FAIL, "journal", f"{text}; it is damaged: {state.damage}")
    if state.account not in (None, expected):
        return Finding(Level.FAIL, "journal", f"{text}; but this session is of {expected}")
    if state.halt is not None:
        return Finding(Level.WARN, "journal", f"{text}; orders are halted ({state.halt})")
    return Finding(Level.OK, "journal", f"{text}; every page and row is whole")


def _holder(path: Path, running: Welcome | None) -> str:
    lock = acquire(path)
    if lock is not None:
        lock.close()
        return "held by no runtime"
    return f"held by another runtime{holder(path)}" if running is None else f"held by pid {running.pid}"
