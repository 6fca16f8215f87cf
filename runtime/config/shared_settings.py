"""What the files of all hosts must say alike: the accounts, what may be done on them, and the leases."""

import json
from hashlib import blake2b
from typing import Any

from runtime.config.models import Config


def shared_settings(config: Config) -> dict[str, str]:
    """A digest of each of them by its name, such as ``accounts.main.limits``; nothing secret goes into one.

    What may differ is the way to the venue and to the engine, paths, and all that belongs to a process.
    """
    cluster = config.cluster.model_dump(mode="json", exclude={"engine", "host"})
    found = {f"cluster.{name}": _digest(value) for name, value in cluster.items()}
    hosts = {entry.name: entry.hosts for entry in config.accounts}
    hosts |= {entry.name: entry.hosts for entry in config.feeds}
    standby = {entry.name: entry.standby for entry in config.feeds}
    for name, each in config.duties.items():
        place = f"accounts.{name}" if each.orders_on is None else f"feeds.{name}"
        settings = {
            "session": [each.account.venue] if standby.get(name) else _login(each),
            "allow_live": each.account.allow_live,
            "hosts": hosts[name],
            "streams": each.model_dump(mode="json", include={"streams"}),
        }
        if each.orders_on is None:
            settings |= {
                "limits": each.limits.model_dump(mode="json"),
                "orders": each.orders.model_dump(mode="json", exclude={"journal", "retention"}),
            }
        else:
            settings["standby"] = standby[name]
        found |= {f"{place}.{setting}": _digest(value) for setting, value in settings.items()}
    return found


def _login(config: Config) -> list[str]:
    """Which account it is at the venue: the session of one may differ from host to host."""
    login = config.account.login
    return [config.account.venue, *([] if login is None else [login.account.value, login.user])]


def _digest(value: Any) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=6).hexdigest()
