"""Tables of plain text."""

from runtime.cli.text_table import text_table


def test_columns_are_as_wide_as_their_widest_cell_and_no_line_ends_in_blanks() -> None:
    table = text_table(["NAME", ">STAKE", "NOTE"], [["a", "1,000.00", ""], ["longer", "2.50", "why"]])
    assert table.splitlines() == [
        "NAME       STAKE  NOTE",
        "a       1,000.00",
        "longer      2.50  why",
    ]


def test_a_table_without_rows_has_its_titles() -> None:
    assert text_table(["A", ">B"], []) == "A  B"
