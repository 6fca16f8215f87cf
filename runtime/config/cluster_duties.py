"""What the hosts of a cluster have in turn: the accounts and feeds of a configuration."""

import socket

from actors.tenancy.tenancy import Duty
from runtime.config.models import Config


def cluster_duties(config: Config) -> dict[str, Duty]:
    """By the name in the file."""
    keeps = config.cluster.isolated == "keep"
    accounts = {each.name: Duty(f"account:{each.name}", tuple(each.hosts), keeps) for each in config.accounts}
    feeds = {
        each.name: Duty(
            f"feed:{each.name}", tuple(each.hosts), keeps_without_lease=True, standby=each.standby
        )
        for each in config.feeds
    }
    return accounts | feeds


def host_name(config: Config) -> str:
    """That of this host in its cluster."""
    return config.cluster.host or socket.gethostname()
