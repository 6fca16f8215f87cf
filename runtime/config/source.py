"""A YAML file as plain values, each with its place; everything ambiguous or dangerous in it is a problem.

It reads parser events, not PyYAML's constructed objects: those take alias bombs, the last of two equal keys,
``no`` for False, ``010`` for 8, and answer deep nesting with RecursionError.
"""

import pathlib
import re
from collections.abc import Iterator
from typing import NoReturn, Protocol

import yaml

from runtime.config.expansion import expand, origins
from runtime.config.types.problems import Mark, Marks, Path, Problem, Unreadable

DEEPEST = 32

BROKEN = object()
"""Stands for a value whose problem is reported already."""

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}
_BOOLEAN_TO_SOME = {"true", "false", "yes", "no", "on", "off", "y", "n"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,20}")
_NUMBER_TO_SOME = re.compile(
    r"[-+]?(0[xob][0-9a-f_]+|[0-9][0-9_]*(:[0-5]?[0-9])+|\.?[0-9][0-9_]*\.?[0-9_]*(e[-+]?[0-9]+)?|\.(inf|nan))",
    re.IGNORECASE,
)
_LONGEST_NUMBER = 40
_TOO_LARGE = re.compile(r"[-+]?[1-9][0-9]{18,}(\.[0-9]*)?")

_COMMENT_FOR_A_VALUE = re.compile(r"[^#'\"]*[{,]\s*[A-Za-z_]+:\s+#(?=[A-Za-z0-9])")

# YAML's own list of what cannot be printed (1.2, 5.1), the breaks that editors do not count as lines, and
# what an escape in double quotes can add to it.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)",
)
_SYNTAX_WORDS = [
    (r"mapping values are not allowed here", "{0[0]} (put a value that contains ': ' in quotes)"),
    (r"found character '\\t' that cannot start any token", "{0[0]} (indent with spaces)"),
    (r"found character .* that cannot start any token", "{0[0]} (put the value in quotes)"),
    (
        r"expected <block end>, but found '(-|<block sequence start>)'",
        "this item belongs to no list (indent all items of a list alike, below their key)",
    ),
    (
        r"expected <block end>, but found '<block mapping start>'",
        "this key belongs to no mapping (indent all keys of a mapping alike)",
    ),
    (r"expected <block end>, but found '([\]}])'", "{0[1]} closes no bracket"),
    (r"expected ',' or '([\]}])', but got .*", "before this, a comma or {0[1]} is missing"),
    (r"could not find expected ':'", "the line before has no ': ' (write it as `key: value`)"),
    (r"found unexpected end of stream", "a quote is not closed"),
    (r"expected the node content, but found '<stream end>'", "a bracket is not closed"),
    (r"expected the node content, but found '(,)'", "there is no value before this comma"),
]
"""What PyYAML says, and what is said in its place; ``{0[0]}`` is all of it, ``{0[1]}`` a part."""


_TAG_HANDLE = re.compile(r"tag handle .*", re.DOTALL)  # the one thing that PyYAML repeats in full


def _syntax_words(problem: str) -> str:
    for pattern, words in _SYNTAX_WORDS:
        if found := re.fullmatch(pattern, problem):
            return words.format(found)
    return problem


class _YamlMark(Protocol):
    """PyYAML's mark, which counts from 0."""

    line: int
    column: int


class _Fatal(Exception):
    """Nothing after the last problem can be read."""


class Source:
    """``value`` is the content of the text, ``BROKEN`` if unreadable; ``problems`` are those found here.

    ``marks`` are the places of its keys and values; ``origins`` say from which variables and files values
    were taken that the text only refers to, and ``inserted`` are those values.
    """

    def __init__(self, text: str, folder: pathlib.Path) -> None:
        self.value: object = BROKEN
        self.problems: list[Problem] = []
        self._folder = folder
        self.marks = Marks()
        self.origins: dict[Path, str] = {}
        self.inserted: dict[Path, tuple[str, ...]] = {}
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        control = _CONTROL.search(text)
        if control:
            self._problem(Mark.after(text[: control.start()]), (), "has a control character here")
        else:
            self._read(text)

    def default(self, section: str, key: str, text: str) -> None:
        """Use ``text``, with its references expanded, if the file leaves out ``section.key`` and the text is
        not empty then."""
        if not isinstance(self.value, dict):
            return
        entries = self.value.get(section, {})
        if not isinstance(entries, dict) or key in entries:
            return
        try:
            value, inserted = expand(text, self._folder)
            _printable(value)
        except Unreadable as refusal:
            self._problem(self.marks.value((section,)), (section, key), str(refusal))
            return
        if value.strip():
            self.value[section] = {**entries, key: value}
            self.origins[section, key] = origins(text)
            self.inserted[section, key] = inserted

    def _read(self, text: str) -> None:
        try:
            self.value = self._document()
        except _Fatal:
            pass
        except yaml.MarkedYAMLError as error:
            what = _TAG_HANDLE.sub("tag handle", error.problem or "cannot be read")
            place = _mark(error.problem_mark or error.context_mark)
            if comment := _comment_for_a_value(text, place):
                self._problem(comment, (), "# begins a comment here (put it in quotes: asset: '#AAPL_otc')")
                return
            self._problem(place, (), f"is not valid YAML: {_syntax_words(what)}")
        except (
            yaml.YAMLError,
            ValueError,
            OverflowError,
        ):  # PyYAML lets chr() and int() fail on "\U..." and %YAML
            self._problem(
                Mark(1, 1), (), "is not valid YAML: a number in an escape or directive is out of range"
            )

    def _problem(self, mark: Mark, path: Path, text: str) -> None:
        self.problems.append(Problem(mark, path, text))

    def _fatal(self, event: yaml.Event, text: str) -> NoReturn:
        self._problem(_mark(event.start_mark), (), text)
        raise _Fatal

    def _document(self) -> object:
        value: object = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.marks.values:
                    self._fatal(event, "a second document begins here; one file holds one configuration")
                value = self._node(next(self._events), ())
        if value is None:
            self._problem(Mark(1, 1), (), "is empty")
        elif value is not BROKEN and not isinstance(value, dict):
            self._problem(self.marks.value(()), (), "must be a mapping, that is lines of `key: value`")
        return value if isinstance(value, dict) else BROKEN

    def _node(self, event: yaml.Event, path: Path) -> object:
        self.marks.values[path] = mark = _mark(event.start_mark)
        if len(path) >= DEEPEST and isinstance(event, yaml.CollectionStartEvent):
            self._fatal(event, f"is nested deeper than {DEEPEST} levels")
        refusal = _refusal(event)
        if refusal:
            self._problem(mark, path, refusal)
            self._skip(event)
            return BROKEN
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(path)
            case yaml.SequenceStartEvent():
                return self._sequence(path)
            case _:
                assert isinstance(event, yaml.ScalarEvent)
                return self._scalar(event, path)

    def _sequence(self, path: Path) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            refusal = _refusal(event) or _key_refusal(event)
            key = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if not refusal and key in entries:
                refusal = f"is a duplicate key, first on line {self.marks.keys[*path, key].line}"
            if refusal:
                self._problem(_mark(event.start_mark), (*path, key) if key else path, refusal)
                self._skip(event)
                self._skip(next(self._events))
            else:
                self.marks.keys[*path, key] = _mark(event.start_mark)
                entries[key] = self._node(next(self._events), (*path, key))
        return entries

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> object:
        try:
            if "${" in event.value:
                text, self.inserted[path] = expand(event.value, self._folder)
                value: object = _printable(text)
                self.origins[path] = origins(event.value)
            elif event.implicit[0]:
                value = resolve(event.value)
            else:
                value = _printable(event.value)
        except Unreadable as refusal:
            self._problem(_mark(event.start_mark), path, str(refusal))
            return BROKEN
        return value

    def _skip(self, event: yaml.Event) -> None:
        """Read past the node that begins with ``event``."""
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return
            if depth > DEEPEST:
                self._fatal(event, f"is nested deeper than {DEEPEST} levels")
            event = next(self._events)


def _comment_for_a_value(text: str, place: Mark) -> Mark | None:
    """The last symbol before ``place`` that YAML takes for a comment; that its ``{...}`` has no end any more
    shows only further down."""
    for number, line in reversed(list(enumerate(text.splitlines()[: place.line], start=1))):
        if found := _COMMENT_FOR_A_VALUE.match(line):
            return Mark(number, found.end())
    return None


def resolve(text: str) -> object:
    """What an unquoted scalar means; raises :class:`Unreadable` where YAML's readers disagree."""
    if text in _WORDS:
        return _WORDS[text]
    if text.lower() in _BOOLEAN_TO_SOME:
        raise Unreadable(
            "is a boolean to some and text to others (write true or false, or put text in quotes)"
        )
    if _TOO_LARGE.fullmatch(text):
        raise Unreadable("is too large a number (18 digits are the most; put text in quotes)")
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _NUMBER_TO_SOME.fullmatch(text):
        raise Unreadable("is not a plain decimal number (write 10 or 0.5, or put text in quotes)")
    return text


def _mark(mark: _YamlMark | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _printable(text: str) -> str:
    if _CONTROL.search(text):
        raise Unreadable("has a control character or a byte that is not UTF-8")
    return text


def _refusal(event: yaml.Event) -> str | None:
    """Why a node is refused, whatever its value."""
    if isinstance(event, yaml.AliasEvent):
        return "is an alias, which is not allowed (write the value out)"
    assert isinstance(event, yaml.NodeEvent)
    if event.anchor is not None:
        return "has an anchor, which is not allowed"
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        return "has a tag, which is not allowed"
    return None


def _key_refusal(event: yaml.Event) -> str | None:
    if not isinstance(event, yaml.ScalarEvent):
        return "has a key that is not plain text"
    if event.value == "<<" and event.implicit[0]:
        return "has a merge key, which is not allowed (write the keys out)"
    return None
