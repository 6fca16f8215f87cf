import pytest
from msgspec import Raw

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import Document
from actors.venues.pocketoption.rows import RowDecoder

NUMBER = Document("number", int)


def test_a_bad_row_costs_itself_alone_and_is_counted() -> None:
    rows = RowDecoder()
    assert list(rows.each(NUMBER.read, [Raw(b"1"), Raw(b"{}"), Raw(b"3")])) == [1, 3]
    assert rows.some(NUMBER.read, [Raw(b'"x"'), Raw(b"3")]) == [3]
    assert rows.refused == 2


def test_a_list_of_nothing_but_bad_rows_is_no_empty_list() -> None:
    rows = RowDecoder()
    assert rows.some(NUMBER.read, []) == []
    with pytest.raises(RemoteProtocolError):
        rows.some(NUMBER.read, [Raw(b"{}")])
    assert rows.refused == 1
