"""Where a link to a file of the source leads in the site: a page in the repository links to what is there."""

import posixpath
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]

COPIED: Final = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
"""Pages of the site whose file lies outside of docs/."""

SHOWN: Final = {
    "README.md": "index.md",
    "actors/errors.py": "errors.md",
    "actors/messages/commands.py": "reference/commands.md",
    "configs/pocketoption.yaml": "reference/configuration.md",
    "examples": "howto/examples.md",
    "runtime/cli/exit_codes.py": "reference/exit-codes.md",
    "runtime/program.py": "reference/command-line.md",
}
"""Files and folders of the source, and the page that has what a reader looks for in them."""

_LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(?=[)#])")
_FENCE: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def lead(text: str, page: str) -> str:
    """``text``, whose links are relative to ``page``, a path in the site, with links within the site.

    Links of a page that was copied out of the root of the source are relative to that.
    """
    folder = "." if page in COPIED.values() else posixpath.dirname(posixpath.join("docs", page))
    parts = _FENCE.split(text)  # those with an odd index are blocks of code
    parts[::2] = [_LINK.sub(lambda link: _within(link[1], folder, page), part) for part in parts[::2]]
    return "".join(parts)


def _within(link: str, folder: str, page: str) -> str:
    target = posixpath.normpath(posixpath.join(folder, link))
    place = {**COPIED, **SHOWN}.get(target)
    if place is None and target.startswith("examples/"):
        place = SHOWN["examples"]
    if place is None and target.startswith("docs/"):
        place = target.removeprefix("docs/")
    return link if place is None else posixpath.relpath(place, posixpath.dirname(page) or ".")
