"""The pages of the API: every public name, described from its docstring by mkdocstrings."""

import functools
import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import runtime
import runtime.practice

_PAGE_OF: Final = (  # the first whose module begins so
    ("actors.errors", "errors"),
    ("actors.values", "values"),
    ("actors.rates", "configuration"),
    ("actors.lives", "values"),
    ("actors.messages.status", "status"),
    ("actors.messages.tasks", "status"),
    ("actors.messages.commands", "commands"),
    ("actors.messages.order_commands", "commands"),
    ("actors.messages.command", "commands"),
    ("actors.messages", "events"),
    ("runtime.config", "configuration"),
    ("runtime", "runtime"),
    ("actors", "values"),
)
"""On which page a name stands, by the module that defines it. Errors and commands have pages of their own."""

_HEADS: Final = {
    "runtime": "# Runtime and attachments\n\nWhat a program starts or joins.",
    "events": "# Events\n\nWhat handlers get."
    " [Topics](../../topics.md) has the tree that they are subscribed to by.",
    "values": "# Values\n\nWhat answers and events are made of."
    " Times are UTC in Unix seconds, money is `Decimal`.",
    "status": "# Status\n\nThe answer to `GetStatus`, and its parts.",
    "configuration": "# Configuration\n\nThe sections of a configuration that is built in Python."
    " What each setting means in a file: [configuration](../configuration.md).",
}

ELSEWHERE: Final = frozenset({"errors", "commands"})
"""Of these two the site has pages that say more."""


@functools.cache
def places() -> dict[str, str]:
    """The module that defines each public name."""
    return {name: _defined_in(name) for name in runtime.__all__}


def page_of(name: str) -> str:
    """The page that has the public name ``name``."""
    module = places()[name] + "."
    return next(page for beginning, page in _PAGE_OF if module.startswith(beginning + "."))


def described(name: str, module: str) -> str:
    """The directive by which mkdocstrings describes a name."""
    return f"::: {module}.{name}\n"


def index() -> str:
    """The list of all public names."""
    rows = "\n".join(f"| `{name}` | {_link(name)} |" for name in runtime.__all__)
    return (
        "# API\n\nEvery name that `tellwire` has, and the page that describes it."
        f" [Python](../../python.md) is the tour.\n\n| name | described in |\n|---|---|\n{rows}\n"
    )


def _defined_in(name: str) -> str:
    module = getattr(getattr(runtime, name), "__module__", "")
    if module and hasattr(importlib.import_module(module), name):
        return str(module)
    for place in runtime._PLACES:  # noqa: SLF001  # an alias or a constant does not know its module
        if name in vars(importlib.import_module(place)):
            return place
    raise LookupError(f"{name} is defined nowhere that runtime looks")


def _link(name: str) -> str:
    page = page_of(name)
    return {
        "errors": "[errors](../../errors.md)",
        "commands": "[commands](../commands.md)",
    }.get(page, f"[{page}]({page}.md)")


def _page(name: str) -> str:
    names = [public for public in runtime.__all__ if page_of(public) == name]
    return _HEADS[name] + "\n\n" + "\n".join(described(public, places()[public]) for public in names)


def _practice_page() -> str:
    names: Iterable[str] = runtime.practice.__all__
    modules: dict[str, list[str]] = defaultdict(list)
    for name in names:
        module = getattr(getattr(runtime.practice, name), "__module__", "")
        modules[module].append(name)
    text = "# The practice exchange\n\n`runtime.practice`, for tests. [How to use it](../../practice.md).\n\n"
    return text + "\n".join(
        described(name, module) for module, found in modules.items() if module for name in found
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "index": index,
    **{name: functools.partial(_page, name) for name in _HEADS},
    "practice": _practice_page,
}
