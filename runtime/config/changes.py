"""The differences between two configurations, and whether a running runtime can apply them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from actors.errors import ConfigInvalid
from runtime.config.models import Config
from runtime.config.types.problems import Path, dotted

LIVE: Final[tuple[Path, ...]] = (
    ("regions",),
    ("limits",),
    ("batching",),
    *(
        ("orders", name)
        for name in (
            "minimum_amount",
            "maximum_amount",
            "maximum_duration",
            "maximum_open",
            "daily_loss",
            "daily_orders",
            "minimum_payout",
        )
    ),
    ("health", "stale_after"),
    ("health", "stale_floor"),
    ("health", "reconnects_per_hour"),
    ("health", "outage_after"),
    ("streams",),
    ("log", "level"),
)
"""The settings that a running runtime applies; every other one needs a restart."""

NEEDS_RESTART: Final = "cannot be changed without a restart, so nothing was changed"


def changes(old: Config, new: Config) -> list[str]:
    """The dotted names of the settings that differ; a list is one setting.

    Raises ``ConfigInvalid`` if some of them cannot be changed without a restart: a problem for each, with its
    place in the file.
    """
    found = list(differing(old, new))
    if fixed := [path for path in found if not is_live(path)]:
        raise ConfigInvalid([new.place(path) + f"{dotted(path)}: {NEEDS_RESTART}" for path in fixed])
    return [dotted(path) for path in found]


def differing(old: Config, new: Config, without: Collection[str] = ()) -> Iterator[Path]:
    """The settings that differ, except for those of the sections ``without``."""
    left_out = set(without)
    return _differing(old.model_dump(exclude=left_out), new.model_dump(exclude=left_out), ())


def is_live(path: Path) -> bool:
    """Whether a running runtime applies a change of this setting."""
    return any(path[: len(live)] == live for live in LIVE)


def _differing(old: dict[str, Any], new: dict[str, Any], path: Sequence[str | int]) -> Iterator[Path]:
    for key, value in new.items():
        before, here = old.get(key), (*path, key)
        if isinstance(value, dict) and isinstance(before, dict) and path == ():
            yield from _differing(before, value, here)
        elif value != before:
            yield here
