"""What a changed configuration means for each account and each feed of a process."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from actors.errors import ConfigInvalid
from runtime.config import Config
from runtime.config.changes import NEEDS_RESTART, differing, is_live
from runtime.config.duties import KINDS
from runtime.config.types.problems import dotted

_OF_ALL: Final = {"account", *KINDS}
"""What the sections at the top do not show: which accounts there are, and what they have of their own."""


class DutySteps(NamedTuple):
    """What to do, by name. ``told`` says it in the words of a reload."""

    removed: list[str]
    changed: list[str]
    restarted: list[str]
    added: list[str]
    told: list[str]


def plan(old: Mapping[str, Config], old_whole: Config, new: Config) -> DutySteps:
    """From the configurations in force to those of ``new``.

    A setting of one account that a running one cannot take over restarts this account. Raises
    ``ConfigInvalid`` if it is a setting for all of them, or of the process: nothing is to be done then.
    """
    if not new.duties:
        raise ConfigInvalid(
            [f"{new.place(('accounts',))}accounts: {NEEDS_RESTART} (there are none any more)"]
        )
    common = list(differing(old_whole, new, _OF_ALL))
    if fixed := [path for path in common if not is_live(path)]:
        raise ConfigInvalid([new.place(path) + f"{dotted(path)}: {NEEDS_RESTART}" for path in fixed])
    steps = DutySteps([], [], [], [], [dotted(path) for path in common])
    shared = {path[0] for path in common}
    for name, config in old.items():
        if name not in new.duties:
            steps.removed.append(name)
            steps.told.append(f"{name} removed")
            continue
        found = list(differing(config, new.duties[name], set(KINDS)))
        if (config.orders_on is None) != (new.duties[name].orders_on is None):
            found.append(("account",))  # an account has become a feed, or a feed an account
        own = [path for path in found if path[0] not in shared]
        if all(map(is_live, found)):
            if found:
                steps.changed.append(name)
            steps.told.extend(f"{name}.{dotted(path)}" for path in own)
        else:
            steps.restarted.append(name)
            steps.told.append(f"{name} restarted ({', '.join(map(dotted, found))})")
    for name in new.duties:
        if name not in old:
            steps.added.append(name)
            steps.told.append(f"{name} added")
    return steps
