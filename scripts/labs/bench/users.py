"""What most users have: TLS, four assets on each connection in turn, and ticks that come alone."""

from labs.bench.bench import Bench
from labs.bench.contest import Setup, pace_all, saturate_all

ASSETS = 4
"""The venue's own page streams no more on a connection."""


def _setup(connections: int) -> Setup:
    what = "one connection" if connections == 1 else f"{connections} connections"
    return Setup(
        f"users {connections}, ", f"{what} with TLS, {ASSETS} assets on each", connections, ASSETS, tls=True
    )


def saturated(bench: Bench) -> None:
    for connections in bench.scale.pools:
        saturate_all(bench, _setup(connections))


def paced(bench: Bench) -> None:
    """One tick to a record of TLS: at each rate on one connection, at the middle one on the most of them."""
    first, *more = bench.scale.pools
    for rate in bench.scale.user_rates:
        pace_all(bench, _setup(first), rate)
    middle = bench.scale.user_rates[len(bench.scale.user_rates) // 2]
    for connections in more[-1:]:
        pace_all(bench, _setup(connections), middle)
