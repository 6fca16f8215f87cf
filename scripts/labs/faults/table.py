"""The table of faults: the trial, the figures and the limits of each."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from labs.faults import gate, line, load, outages, pools, processes, streams
from labs.faults.gate import ALL_UP, CPU, FIRST
from labs.faults.outages import TOGETHER
from labs.faults.processes import ENDED
from labs.faults.relay import Relay, Way
from labs.faults.rig import ASSETS, FRESH, NOTICED


class Trial(NamedTuple):
    """``run`` measures the figures that ``limits`` names, or raises; ``slow`` ones run with ``--long``."""

    run: Callable[[], Mapping[str, float]]
    limits: Mapping[str, float]
    slow: bool = False


DEADLINES = 1.0 + 1.0
"""Seconds: the ping's interval and its timeout."""

OPENING = 2.0
"""Seconds for an attempt to connect."""

MUTE_LINE = {NOTICED: DEADLINES + 1.0, FRESH: DEADLINES + 3.0}
SILENT_REGION = {NOTICED: 4.0, FRESH: 10.0}
"""The streams go to another connection of the same region first, which is given twice as long."""

PARTITION = {FRESH: 5.0}
"""An attempt that hangs for 2 s, a delay of 2 s, and a second for the streams."""

OUTAGES: Mapping[str, Callable[[int], Mapping[str, float]]] = {
    "refused": partial(outages.back_together, "refuse"),
    "restart of the exchange": partial(outages.back_together, "restart", lasts=outages.SECONDS_OUT),
    **{
        f"status {status}": partial(outages.back_together, "answer", status=status)
        for status in (200, 403, 522)
    },
    "503 with Retry-After 3": partial(outages.back_together, "answer", status=503, retry_after=3),
    "sessions refused": partial(outages.back_together, "refuse_sessions"),
    "resets": outages.back_after_resets,
}
"""By kind of outage; each takes the number of outages."""

TRIALS: Mapping[str, Trial] = {
    "reset in mid-stream": Trial(partial(line.lost, Relay.reset), {FRESH: 2.0}),
    "end of file in mid-stream": Trial(partial(line.lost, Relay.finish), {FRESH: 2.0}),
    "black hole while idle": Trial(partial(line.mute_line, Way.BOTH), MUTE_LINE),
    "black hole under load": Trial(partial(line.mute_line, Way.BOTH, *ASSETS), MUTE_LINE),
    "our direction lost": Trial(partial(line.mute_line, Way.OUT, *ASSETS), MUTE_LINE),
    "the venue's direction lost": Trial(partial(line.mute_line, Way.IN, *ASSETS), MUTE_LINE),
    "partition of 0.5 s": Trial(partial(line.partition, 0.5), PARTITION | {"attempts": 0}),
    "partition of 5 s": Trial(partial(line.partition, 5.0), PARTITION | {"attempts": 10}),
    "partition of 60 s": Trial(partial(line.partition, 60.0), PARTITION | {"attempts": 70}, slow=True),
    "one byte per segment": Trial(line.trickle, {FRESH: 5.0}),
    "bytes that are no frame": Trial(partial(line.struck, "garbage"), {FRESH: 2.0}),
    **{
        f"close with {code or 'no code'}": Trial(partial(line.struck, "close", code=code), {FRESH: 2.0})
        for code in (1000, None, 1001, 1012, 4000)
    },
    "half a frame": Trial(
        partial(line.half_dead, "half_frame"), {NOTICED: DEADLINES + 2.0, FRESH: DEADLINES + 4.0}
    ),
    "data only": Trial(partial(line.half_dead, "data_only"), MUTE_LINE),
    "region refuses": Trial(partial(gate.refused_at_first, "refuse"), {FIRST: 2.0}),
    "region hangs": Trial(partial(gate.refused_at_first, "hang"), {FIRST: OPENING + 2.0}),
    "region dribbles": Trial(partial(gate.refused_at_first, "dribble"), {FIRST: OPENING + 2.0}),
    "200 page instead of an upgrade": Trial(
        partial(gate.refused_at_first, "answer", status=200), {FIRST: 2.0}
    ),
    **{
        f"{status} with Retry-After 3": Trial(
            partial(gate.refused_at_first, "answer", 3.0, status=status, retry_after=3), {FIRST: 3.0 + 2.0}
        )
        for status in (429, 503)
    },
    "venue down for 10 s": Trial(gate.down, {CPU: 1.0, FRESH: 5.0}),
    "50 connections dropped": Trial(gate.all_dropped, {ALL_UP: 7.0, FRESH: 7.0}),
    "pool of 64": Trial(partial(pools.all_up, 64), pools.limits(64)),
    **{
        f"pool of {count:,}": Trial(partial(pools.all_up, count), pools.limits(count), slow=True)
        for count in (256, 1024)
    },
    "rolling restart": Trial(partial(gate.rolling_restart, 3, 3.0), {FRESH: 3.0}),
    "rolling restart every 30 s": Trial(partial(gate.rolling_restart, 4, 30.0), {FRESH: 3.0}, slow=True),
    **{f"2 outages: {kind}": Trial(partial(run, 2), {TOGETHER: 3.0}) for kind, run in OUTAGES.items()},
    **{
        f"20 outages: {kind}": Trial(partial(run, 20), {TOGETHER: 3.0}, slow=True)
        for kind, run in OUTAGES.items()
    },
    "pings only": Trial(streams.pings_only, SILENT_REGION),
    "one asset of 40 mute": Trial(streams.one_mute, {NOTICED: 4.0, FRESH: 2.0}),
    "all mute while pings go on": Trial(streams.all_mute, {NOTICED: 4.0, FRESH: 2.0}),
    "burst of 50,000 ticks/s for 5 s": Trial(
        load.burst, {"MiB more": 64.0, "seconds": 5.5, "not missed %": 50.0}
    ),
    "halt under load": Trial(load.halt, {"halted": 0.1, "last order": 0.1}),
    "worker killed every 3 s": Trial(processes.killed_workers, {FRESH: 3.0}),
    "worker frozen for 10 s": Trial(processes.frozen_worker, {NOTICED: 6.0, FRESH: 8.0}),
    "main process killed": Trial(processes.killed_parent, {"orphans gone": 1.0}),
    "SIGTERM under load": Trial(processes.terminated, {ENDED: 5.0, "last order": 0.1}),
    "SIGTERM during a handshake": Trial(processes.terminated_in_handshake, {ENDED: 5.0}),
    "SIGTERM twice": Trial(processes.terminated_twice, {ENDED: 1.0}),
    "64 descriptors, 64 connections": Trial(processes.few_descriptors, {"all up": 5.0}),
    "CPU at 10 % for 5 s": Trial(processes.starved, {FRESH: 2.0}),
    "reload under load": Trial(processes.reloaded, {"refused": 1.0, "taken over": 1.0}),
}
