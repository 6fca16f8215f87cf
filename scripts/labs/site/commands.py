"""The page of the commands: what each takes and is answered with, from the commands themselves."""

from typing import get_args

import runtime
from actors.messages.command import answer_type
from labs.site import api

_INTRODUCTION = """\
# Commands and answers

The router takes these by `tell` and `ask`. Each takes `deadline=` in seconds too; by default it is
`connection.message_timeout`. [Errors](../errors.md) says what an ask raises, and [Orders](../orders.md) what
the answers to an order mean.
"""


def page() -> str:
    """Every public command."""
    names = [name for name in runtime.__all__ if api.page_of(name) == "commands" and name != "Command"]
    rows = "\n".join(f"| [`{name}`](#{api.places()[name]}.{name}) | `{answer(name)}` |" for name in names)
    details = "\n".join(api.described(name, api.places()[name]) for name in names)
    return f"{_INTRODUCTION}\n| command | answer |\n|---|---|\n{rows}\n\n{details}"


def answer(name: str) -> str:
    """The type of the answer to the command ``name``, as a program writes it."""
    kind = answer_type(getattr(runtime, name))
    written = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    for module in sorted(
        {"typing.", *(f"{place}." for place in api.places().values())}, key=len, reverse=True
    ):
        written = written.replace(module, "")
    return written
