"""The venues by name. A name without a dot is a folder here; with dots it is a module of the user's own."""

import functools
import importlib
import pkgutil

from actors.venues.base import Venue


class UnknownVenue(ValueError):
    """No venue has this name; the message lists those that there are."""


@functools.cache
def venue(name: str) -> Venue:
    """The ``VENUE`` that the module of this name defines; no other venue is loaded.

    ``name`` is a folder of ``actors.venues``, or the dotted path of an importable module. Raises
    ``UnknownVenue``; an error in a user's own module passes through.
    """
    path = name if "." in name else f"{__name__}.{name}"
    if name.startswith(".") or ("." not in name and name not in known_venues()):
        raise UnknownVenue(f"is none of {', '.join(known_venues())}, and no dotted path of a module")
    try:
        found = getattr(importlib.import_module(path), "VENUE", None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{path}.".startswith(f"{error.name}."):
            raise
        raise UnknownVenue("names a module that cannot be found") from None
    if not isinstance(found, Venue):
        raise UnknownVenue("names a module that defines no VENUE")
    return found


def known_venues() -> list[str]:
    """The names of the folders."""
    return [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
