"""The operator's commands for the hosts of a cluster. They ask its engine: no host has to run here."""

import argparse
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from actors.errors import ConfigInvalid
from runtime.cli import arguments
from runtime.cli.answers import fail, print_json, print_text, say
from runtime.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from runtime.cli.cluster_view import ClusterView

LOOKS_EVERY: Final = 0.1
"""Seconds between two looks at what has become of a command."""

Done = Callable[[], bool]


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """``command`` adds a parser for a command with this name and this help."""
    command("hosts", "show the hosts of the cluster and what each has; no runtime has to be running")
    maintenance = command(
        "maintenance", "have a host give back all accounts and feeds, and take none until --end"
    )
    maintenance.add_argument(
        "host",
        type=arguments.text,
        nargs="?",
        default="",
        metavar="HOST",
        help="default: that of the file",
    )
    maintenance.add_argument("--end", action="store_true", help="let it take accounts and feeds again")
    move = command("move", "have an account or a feed move to a host")
    move.add_argument("name", type=arguments.text, metavar="NAME", help="of the account or the feed")
    move.add_argument("host", type=arguments.text, metavar="HOST", help="as ctl hosts shows it")


def hosts(options: argparse.Namespace) -> int:
    return _with_cluster(options, _hosts)


def maintenance(options: argparse.Namespace) -> int:
    return _with_cluster(options, _maintenance)


def move(options: argparse.Namespace) -> int:
    return _with_cluster(options, _move)


def _with_cluster(
    options: argparse.Namespace, run: "Callable[[ClusterView, argparse.Namespace], int]"
) -> int:
    from runtime.cluster.address import missing_client  # noqa: PLC0415  # only these commands need it
    from runtime.config import load  # noqa: PLC0415  # only these commands read the file themselves

    config = load(options.config)
    if config.cluster.address is None:
        raise ConfigInvalid([f"{config.place(('cluster',))}cluster.engine: is not set: this host is alone"])
    if missing := missing_client():
        raise ConfigInvalid([f"{config.place(('cluster', 'engine'))}cluster.engine: {missing}"])
    from runtime.cli.cluster_view import ClusterView  # noqa: PLC0415  # an extra
    from runtime.cluster.outcomes import EngineAway  # noqa: PLC0415

    try:
        with ClusterView(config) as cluster:
            return run(cluster, options)
    except EngineAway as error:
        return fail(str(error), ExitCode.OUTAGE)


def _hosts(cluster: "ClusterView", options: argparse.Namespace) -> int:
    from runtime.cli.host_table import host_table  # noqa: PLC0415  # only this needs it

    leases = cluster.leases()
    states = cluster.states(leases)
    ownerless = [name for name, lease in leases.items() if lease is None]
    if options.json:
        return print_json({"hosts": states, "ownerless": ownerless})
    return print_text(host_table(states, ownerless))


def _maintenance(cluster: "ClusterView", options: argparse.Namespace) -> int:
    host = options.host or cluster.own_name
    if reason := cluster.unknown(host):
        return fail(reason, ExitCode.REFUSED)
    cluster.directory.rest(host, resting=not options.end)
    if options.end:
        return say(f"the maintenance of {host} has ended", options)
    if not _wait_for(lambda: not cluster.owned_by(host), cluster.patience):
        left = ", ".join(cluster.owned_by(host))
        return fail(f"{host} still has {left} after {cluster.patience:g} s: see its log", ExitCode.REFUSED)
    text = f"{host} is in maintenance and has nothing"
    if alone := cluster.without_another(host):
        text += f"; no other host is there for {', '.join(alone)}"
    return say(text, options)


def _move(cluster: "ClusterView", options: argparse.Namespace) -> int:
    name, host = options.name, options.host
    if reason := cluster.unmovable(name, host):
        return fail(reason, ExitCode.REFUSED)
    if cluster.owner(name) == host:
        return say(f"{host} has {name} already", options)
    cluster.move(name, host)
    if _wait_for(lambda: cluster.owner(name) == host, cluster.patience):
        return say(f"{host} has {name} now", options)
    has = cluster.owner(name) or "no host"
    return fail(
        f"{host} has not taken {name} within {cluster.patience:g} s, and the move has ended: {has} has it;"
        " see the log of both hosts",
        ExitCode.REFUSED,
    )


def _wait_for(holds: Done, seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    never = threading.Event()
    while not holds():
        if time.monotonic() >= give_up_at:
            return False
        never.wait(LOOKS_EVERY)
    return True
