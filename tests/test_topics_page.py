"""The page of the topics has the tree as the code has it. ``python -m tests.test_topics_page`` writes it."""

from collections.abc import Iterator
from pathlib import Path

from actors.messages.topics import TopicInfo, refusal, topic_values, topics

PAGE = Path(__file__).parent.parent / "docs" / "topics.md"
BEGIN = "## The tree\n"


def rendered() -> str:
    return "\n".join([BEGIN, *_tree(), "## Values within events\n", *_values()])


def _tree() -> Iterator[str]:
    yield "| topic | event and fields | |"
    yield "|---|---|---|"
    yield from map(_row, topics())
    yield ""


def _row(info: TopicInfo) -> str:
    fields = _listed(info.fields)
    event = f"`{info.event}`" + (f": {fields}" if fields else "")
    return f"| `{info.topic}` | {event} | {info.description.replace('``', '`')} |"


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in fields.items()).replace("|", "\\|")


def _values() -> Iterator[str]:
    yield "| value | fields |"
    yield "|---|---|"
    for value, fields in topic_values().items():
        yield f"| `{value}` | {_listed(fields)} |"
    yield ""


def test_the_page_has_the_tree_of_the_code() -> None:
    written = BEGIN + PAGE.read_text("utf-8").partition(BEGIN)[2]
    assert written == rendered(), "python -m tests.test_topics_page writes the page anew"


def test_the_topics_of_the_page_can_be_subscribed_to() -> None:
    for info in topics():
        assert refusal(info.topic) == ""


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text("utf-8").partition(BEGIN)[0] + rendered(), encoding="utf-8")
