"""The table of faults: how each is tried, what is measured, and how much of it is allowed."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import faults_line as line
from faults_line import FRESH, NOTICED
from faults_relay import Relay, Way
from faults_scene import ASSETS


class Trial(NamedTuple):
    """``run`` measures what ``limits`` names, or raises; ``slow`` ones are for those who have time."""

    run: Callable[[], Mapping[str, float]]
    limits: Mapping[str, float]
    slow: bool = False


DEADLINES = 1.0 + 1.0
"""Seconds: the ping's interval and its timeout."""

MUTE_LINE = {NOTICED: DEADLINES + 1.0, FRESH: DEADLINES + 3.0}
PARTITION = {FRESH: 5.0}
"""An attempt that hangs for 2 s, a delay of 2 s, and a second for the streams."""

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
}
