"""Streams that become stale while their connections stay up."""

import time

from actors.messages import ConnectionDown, ConnectionSuspect, StreamStale
from labs.faults.rig import ASSETS, FRESH, NOTICED, Violated, rig
from runtime.practice.market.listings import LISTINGS

HASTE = {"check_interval": 0.2, "stale_after": 2.0}
"""For ``health``."""

MANY = tuple(symbol for symbol, listing in LISTINGS.items() if listing.otc)[:40]


def pings_only() -> dict[str, float]:
    """The first region sends no messages, to old and new clients; pings go on."""
    with rig(*ASSETS, health=HASTE) as on:
        on.fresh(time.time())
        lost_at = time.time()
        on.exchange.fault("pings_only", region=on.exchange.regions[0].name)
        on.witness.first(ConnectionSuspect)
        noticed = time.time() - lost_at
        return {NOTICED: noticed, FRESH: on.fresh(lost_at)}


def one_mute() -> dict[str, float]:
    """One asset of forty becomes stale: the other 39 have no gap, and no connection is replaced."""
    mute, *others = MANY
    with rig(*MANY, tick_rate=5.0, health=HASTE, pool={"connections": 10, "workers": 2}) as on:
        on.fresh(time.time())
        mute_at = time.time()
        on.exchange.mute(mute)
        on.witness.first(StreamStale, asset=mute)
        figures = {NOTICED: time.time() - mute_at}
        on.witness.first(StreamStale, asset=mute, cure="move")
        spoken_at = time.time()
        on.exchange.unmute(mute)
        figures[FRESH] = on.fresh(spoken_at, [mute])
        on.fresh(time.time())
        on.audit()
        if touched := [asset for asset in others if on.gaps(asset)]:
            raise Violated(f"gaps of {touched}")
        if stale := {event.asset for event in on.witness.all(StreamStale)} - {mute}:
            raise Violated(f"{stale} were called stale")
        if lost := on.witness.all(ConnectionDown):
            raise Violated(f"lost {lost}")
        return figures


def all_mute() -> dict[str, float]:
    """Every stream becomes stale while pings go on: their connection is replaced, once."""
    with rig(*ASSETS, health=HASTE) as on:
        on.fresh(time.time())
        mute_at = time.time()
        on.exchange.mute()
        on.witness.first(ConnectionSuspect)
        spoken_at = time.time()
        on.exchange.unmute()
        fresh = on.fresh(spoken_at)
        time.sleep(2 * HASTE["stale_after"])  # a second replacement would have come by now
        restarts = sorted(connection.child.restarts for connection in on.status().connections)
        cures = {event.cure for event in on.witness.all(StreamStale)}
        if restarts != [0, 1] or cures != {"reconnect"}:
            raise Violated(f"{restarts} restarts, cures {cures}")
        return {NOTICED: spoken_at - mute_at, FRESH: fresh}
