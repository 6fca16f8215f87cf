"""Faults of the line between the runtime and the venue."""

import time
from collections.abc import Callable

from actors.messages import ConnectionDown
from labs.faults.relay import Relay, Way
from labs.faults.rig import ASSETS, CLOCKS, FRESH, NOTICED, Rig, Violated, rig

QUIET = {"ping_interval": 20.0, "ping_timeout": 20.0}
"""For ``connection``: faults are noticed without pings."""


def lost(act: Callable[[Relay], None]) -> dict[str, float]:
    """The line is lost, and TCP reports it."""
    with rig(*ASSETS, relay=True) as on:
        on.fresh(time.time())
        lost_at = time.time()
        act(on.relay)
        return {FRESH: on.fresh(lost_at)}


def mute_line(ways: Way, *assets: str) -> dict[str, float]:
    """Bytes vanish without a report by TCP."""
    with rig(*assets, relay=True) as on:
        on.up()
        on.fresh(time.time())
        lost_at = time.time()
        on.relay.hold(ways, new=False)
        figures = {NOTICED: _noticed(on, lost_at)}
        on.up(life=2)
        back_at = _risen_at(on)
        return figures | {FRESH: on.fresh(back_at) + back_at - lost_at}


def partition(seconds: float) -> dict[str, float]:
    """No byte passes for ``seconds``, on old and new connections."""
    with rig(*ASSETS, relay=True) as on:
        on.fresh(time.time())
        before = on.relay.accepted
        on.relay.hold()
        time.sleep(seconds)
        attempts = on.relay.accepted - before
        back_at = time.time()
        on.relay.release()
        figures = {FRESH: on.fresh(back_at)}
        on.audit()
        if torn := {asset: count for asset in ASSETS if (count := len(on.gaps(asset))) > 1}:
            raise Violated(f"more than one gap each: {torn}")
        return figures | {"attempts": attempts}


def trickle() -> dict[str, float]:
    """All bytes of the venue arrive in segments of one byte.

    A pong waits behind the asset table, 2 s of it on a slow machine: that is no death.
    """
    with rig(
        *ASSETS, tick_rate=5.0, relay=True, connection={"open_timeout": 10.0, "ping_timeout": 5.0}
    ) as on:
        on.fresh()
        on.relay.trickle()
        before, torn_at = on.relay.accepted, time.time()
        on.relay.reset()
        fresh = on.fresh(torn_at)
        on.fresh(time.time() + 2.0)
        if on.relay.accepted > before + 2:
            raise Violated("a connection was given up")
        return {FRESH: fresh}


def struck(name: str, **parameters: object) -> dict[str, float]:
    """A fault of the exchange ends both connections."""
    with rig(*ASSETS, connection=QUIET) as on:
        on.fresh(time.time())
        lost_at = time.time()
        on.exchange.fault(name, **parameters)
        return {FRESH: on.fresh(lost_at)}


def half_dead(name: str) -> dict[str, float]:
    """A fault after which connections stay open, but send no whole frame or answer no ping."""
    with rig(*ASSETS, connection=CLOCKS, health={"stale_after": 10.0}) as on:
        on.fresh(time.time())
        lost_at = time.time()
        on.exchange.fault(name, region=on.exchange.regions[0].name)
        figures = {NOTICED: _noticed(on, lost_at)}
        on.up(life=2)
        back_at = _risen_at(on)
        return figures | {FRESH: on.fresh(back_at) + back_at - lost_at}


def _noticed(on: Rig, lost_at: float) -> float:
    """Seconds until both connections were replaced."""
    noticed: dict[str, float] = {}

    def both() -> bool:
        for down in on.witness.all(ConnectionDown):
            noticed.setdefault(down.connection, time.time())
        return len(noticed) == 2

    on.witness.wait(both, "both connections given up")
    return max(noticed.values()) - lost_at


def _risen_at(on: Rig) -> float:
    """The time of the last login."""
    return on.exchange.ledger.received("auth")[-1].at
