"""Lines of an exact width, and what shares them out."""

import pytest

from runtime.cli.output.cells import (
    Cell,
    GridColumn,
    Strip,
    cut,
    fit,
    grid,
    limited,
    pad,
    part,
    share,
    wrapped,
)


def plain(lines: list[Strip]) -> list[str]:
    return ["".join(each.text for each in line) for line in lines]


@pytest.mark.parametrize(
    ("room", "wants", "given"),
    [
        (20, (2, 4, 1), [2, 4, 1]),
        (9, (64, 64, 1), [4, 4, 1]),
        (1, (5, 5, 5), [1, 1, 1]),
        (10, (0, 64, 1), [0, 9, 1]),
    ],
)
def test_rows_are_shared_out_with_the_shortest_table_first(
    room: int, wants: tuple[int, ...], given: list[int]
) -> None:
    assert share(room, wants) == given


def test_a_text_is_fitted_by_the_columns_that_it_takes() -> None:
    assert [fit("abc", 5), fit("abc", 5, right=True), fit("abcdef", 4), fit("abc", 0)] == [
        "abc  ",
        "  abc",
        "abc…",
        "",
    ]
    assert fit("日本語", 5) == "日本…"
    assert fit("日本語", 4) == "日 …"


def test_a_line_is_cut_and_padded() -> None:
    line = [part("abc", "red"), part("defg")]
    assert plain([cut(line, 5), pad(line, 9), cut(line, 3)]) == ["abcd…", "abcdefg  ", "abc"]


def test_a_narrow_table_gives_up_columns_by_rank_and_cuts_the_elastic_one() -> None:
    columns = [
        GridColumn("A"),
        GridColumn("B", rank=1, right=True),
        GridColumn("C", rank=2),
        GridColumn("TEXT", elastic=True),
    ]
    text = "a long text that goes on and on"
    rows = [[Cell("one"), Cell("2"), Cell("three"), Cell(text)]]
    assert plain(grid(columns, rows, 60))[1] == f"one  2  three  {text}"
    assert plain(grid(columns, rows, 40))[1] == "one  2  three  a long text that goes on…"
    assert plain(grid(columns, rows, 36))[1] == "one  2  a long text that goes on an…"
    assert plain(grid(columns, rows, 30))[1] == "one  a long text that goes on…"
    assert plain(grid(columns, rows, 13))[1] == "one  a long …"
    assert plain(grid(columns, rows, 60))[0] == f"A    B  C      {'TEXT':<31}"


def test_a_table_counts_what_it_leaves_out() -> None:
    lines = [[part("TITLE")], *([part(str(number))] for number in range(9))]
    assert plain(limited(lines, 4, "how")) == ["TITLE", "0", "1", "7 more: how"]
    assert plain(limited(lines, 4, "how", skip=3)) == ["TITLE", "3", "4", "4 more, 3 above: how"]
    assert plain(limited(lines, 4, "how", skip=99)) == ["TITLE", "7", "8", "7 above: how"]
    assert limited(lines, 10, "how") == lines


def test_a_long_text_is_wrapped_whole() -> None:
    lines = plain(wrapped("one two three four five six", 12))
    assert "".join(lines).replace(" ", "") == "onetwothreefourfivesix"
    assert max(map(len, lines)) <= 12
