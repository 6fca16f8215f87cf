"""Finds our packages ``actors`` and ``runtime``, whatever else has these names."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("actors", "runtime")

_FOLDER = Path(__file__).resolve().parent
_MARK = Path("runtime", "py.typed")


def root() -> Path | None:
    """The folder that has our packages: that of this package where it is installed, otherwise the checkout.

    ``None`` where they are in no folder: in a frozen application or in an archive, there is no other place.
    """
    return next((folder for folder in _FOLDER.parents[:2] if (folder / _MARK).exists()), None)


def shadows() -> list[Path]:
    """The files or folders of other projects that Python finds, or has loaded, under the names of ours."""
    folder = root()
    return [] if folder is None else list(_shadows(folder))


def prefer_own() -> list[Path]:
    """Load our packages, also where Python would find others first; the answer is that of ``shadows``.

    For the program ``tellwire``, which imports no other project's.
    """
    found, folder = shadows(), root()
    if found and folder is not None:
        kept = sys.path[:]
        sys.path.insert(0, str(folder))
        try:
            for name in NAMES:
                sys.modules.pop(name, None)
                importlib.import_module(name)
        finally:
            sys.path[:] = kept
    return found


def require_own() -> None:
    """Raises ``ImportError`` that names what stands in the way, and what to do, if anything does."""
    if found := shadows():
        places = " and ".join(map(str, found))
        raise ImportError(
            f"tellwire needs its packages actors and runtime, but Python finds {places} first: rename that,"
            " or move it into a package of yours (the command tellwire works beside it)"
        )


def _shadows(folder: Path) -> Iterator[Path]:
    for name in NAMES:
        place = _place(name)
        if place is not None and place.resolve() != (folder / name).resolve():
            yield place


def _place(name: str) -> Path | None:
    """The folder of the package, or the file of a module that is no package; ``None`` if there is neither."""
    module = sys.modules.get(name)
    try:
        spec = importlib.util.find_spec(name) if module is None else module.__spec__
    except ValueError:  # a module that was made by hand
        spec = None
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]) if folders else Path(spec.origin) if spec.origin else None
