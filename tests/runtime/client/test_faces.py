"""Both faces of the client come from one description. ``python -m tests.runtime.client.test_faces`` makes the
one for asyncio of the other."""

import ast
import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

from actors.messages.commands import (
    COMMANDS,
    CheckTopic,
    Subscribe,
    Unsubscribe,
    UnsubscribeCandles,
)
from runtime.aio.async_client import AsyncClient
from runtime.client import Client

ROOT = Path(__file__).parent.parent.parent.parent
DESCRIPTION = ROOT / "runtime" / "client" / "client.py"
MADE = ROOT / "runtime" / "aio" / "async_client.py"
COMMAND = "python -m tests.runtime.client.test_faces"
A_WAIT = re.compile(r"return (self\._ask|self\._router\.(?:ask|subscribe|unsubscribe))\(")
RENAMED = {
    "class Client:": "class AsyncClient:",
    "from runtime.client.event_iterator import EventIterator\n": "",
    "runtime.client.bar_iterator import BarIterator": "runtime.aio.bar_stream import BarStream",
    "runtime.client.blocking_router import BlockingRouter": "runtime.aio.event_stream import EventStream",
    "BarIterator": "BarStream",
    "EventIterator": "EventStream",
    "router: BlockingRouter": 'router: "AsyncRouter"',
    "for a loop": "for an ``async for``",
}


def made() -> str:
    """The face for asyncio: what asks is awaited, and what iterates does so in the loop."""
    head, *methods = re.split(r"(?<=\n)(?=    def )", DESCRIPTION.read_text("utf-8"))
    text = head + "".join(map(_awaiting, methods))
    text = text.partition('"""\n')[2]
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    docstring = (
        '"""``AsyncClient``: each method builds one command and asks the router.\n\n'
        f'Made of ``runtime/client/client.py`` by ``{COMMAND}``: change that one.\n"""\n'
        "# ruff: noqa: ASYNC109  # a timeout is the deadline of the command too\n"
    )
    only_for_types = "\nif TYPE_CHECKING:\n    from runtime.aio.async_router import AsyncRouter\n"
    text = text.replace("from typing import ", "from typing import TYPE_CHECKING, ")
    text = text.replace('\nA = TypeVar("A")', only_for_types + '\nA = TypeVar("A")')
    return _ruff("format", _ruff("check", docstring + text, "--fix", "--select", "I"))


def _awaiting(method: str) -> str:
    if not A_WAIT.search(method):
        return method
    return A_WAIT.sub(r"return await \1(", method).replace("    def ", "    async def ", 1)


def _ruff(command: str, text: str, *options: str) -> str:
    arguments = [sys.executable, "-m", "ruff", command, "-q", *options, f"--stdin-filename={MADE}", "-"]
    done = subprocess.run(
        arguments, cwd=ROOT, input=text, capture_output=True, encoding="utf-8", timeout=30, check=True
    )
    return done.stdout


def methods(face: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(method)
        for name, method in vars(face).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


def test_the_face_for_asyncio_is_made_of_the_other() -> None:
    assert MADE.read_text("utf-8") == made(), f"{COMMAND} makes it anew"


def test_both_faces_have_the_same_methods_parameters_and_docs() -> None:
    blocking, awaited = methods(Client), methods(AsyncClient)
    assert list(blocking) == list(awaited)
    for name, signature in blocking.items():
        assert awaited[name].parameters == signature.parameters, name
        doc = inspect.getdoc(getattr(Client, name))
        assert doc
        assert inspect.getdoc(getattr(AsyncClient, name)) == doc.replace("for a loop", "for an ``async for``")
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name)) is (
            name not in {"ticks", "bars", "events"}
        )


def test_every_parameter_and_answer_has_a_type() -> None:
    for face in (Client, AsyncClient):
        for name, signature in methods(face).items():
            assert signature.return_annotation is not inspect.Signature.empty, name
            untyped = [each.name for each in signature.parameters.values() if each.annotation is each.empty]
            assert untyped == ["self"], name


def test_every_command_is_reachable() -> None:
    built = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(DESCRIPTION.read_text("utf-8")))
        if isinstance(node, ast.Call)
    }
    by_the_router = {Subscribe, Unsubscribe, CheckTopic, UnsubscribeCandles}
    missing = {kind.__name__ for kind in COMMANDS - by_the_router} - built
    assert not missing, f"a method of {DESCRIPTION.name} has to build each of these; then {COMMAND}"


@pytest.mark.parametrize("face", [Client, AsyncClient])
def test_help_shows_what_a_method_takes(face: type) -> None:
    page = re.sub(".\x08", "", pydoc.render_doc(face))  # without its bold type
    assert re.search(r"buy\(\W*self,\W*asset: str,\W*amount:", page)  # Python 3.14 breaks long lines
    assert "minutes: float | None = None" in page
    assert "the answer is the open deal" in page


if __name__ == "__main__":
    MADE.write_text(made(), encoding="utf-8")
