"""The version of tellwire."""

import importlib.metadata
import platform

NAME = "tellwire"


def version() -> str:
    """That of the installed distribution; ``unknown`` where none is, such as in an unpacked source."""
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def environment() -> str:
    """The version with what it runs on, for a report."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{NAME} {version()}, {python}, {platform.platform()}"
