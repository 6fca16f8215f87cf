"""Each line of the log that asks for attention says what to do, or what is done about it."""

import ast
import re
from collections.abc import Iterator

from tests.test_architecture import Source, assert_none, lies_in, sources

ATTENTION = {"warning", "error", "critical"}
PASSED_ON = {
    "{}",
    "not reloaded: {}",
    "no order is sent until the journal can be written: {}",
    "no pending order is sent until the journal can be written: {}",
    "a second runtime on {} will not be noticed: {}",
    "every order will be refused: {}",
    "the runtime has failed: {}",
}
"""The error, or the function of its own, that makes the end of these texts has the advice."""

WHAT_TO_DO = re.compile(
    r"\b(ask|attach|compare|give|let|look at|mend|put|raise the limit|remove|report this|restart|retry|see"
    r"|set|subscribe|tellwire (ctl|doctor) FILE|names another place|commands go to|has whole ones"
    r"|a restart brings)\b"
)
WHAT_IS_DONE = re.compile(
    r"\b(is|are) tried again|is written again|next try|gets the next events|nothing is to be done\b"
)


def templates(source: Source) -> Iterator[tuple[str, str]]:
    """The place and the text of each call that logs a warning or worse; a text in a variable is looked up in
    the function that logs it."""
    for function in source.nodes:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        named = {
            ast.unparse(target): node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and is_log_call(node):
                text = named.get(ast.unparse(node.args[0]), node.args[0])
                place = f"{source.place}:{node.lineno}"
                assert isinstance(text, ast.Constant), f"{place}: its text cannot be read from the source"
                yield place, str(text.value)


def is_log_call(call: ast.Call) -> bool:
    function = ast.unparse(call.func)
    return function.startswith("logger.") and function.rpartition(".")[2] in ATTENTION


def test_a_line_that_asks_for_attention_says_what_to_do_or_what_is_done() -> None:
    places = set()
    mute = []
    for source in sources():
        if lies_in(source.module, "runtime.compat"):
            continue
        for place, text in templates(source):
            places.add(place)
            if not (text in PASSED_ON or WHAT_TO_DO.search(text) or WHAT_IS_DONE.search(text)):
                mute.append(f"{place}: {text}")
    assert_none(mute)
    assert len(places) > 40
