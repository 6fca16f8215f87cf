import pytest
from msgspec import Raw

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import Document, scalar


def test_a_document_that_is_not_strict_takes_numbers_in_quotes() -> None:
    assert Document("number", float, strict=False).read(b'"1.5"') == 1.5
    with pytest.raises(RemoteProtocolError):
        Document("number", float).read(b'"1.5"')


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b'"4c1e"', "4c1e"),
        (b'"\\u00e9"', "é"),
        (b"18396039", "18396039"),
        (b"1.50", "1.50"),
        (b"true", "true"),
        (b" 7 ", "7"),
        (b"null", ""),
        (b"{}", ""),
        (b"[1]", ""),
        (b"", ""),
    ],
)
def test_a_scalar_is_text_and_nothing_else_is(document: bytes, text: str) -> None:
    assert scalar(document) == scalar(Raw(document)) == text


@pytest.mark.parametrize("document", [b'"\\ud800"', b'"\xff"'])
def test_a_string_that_is_none_is_the_peers_fault(document: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        scalar(document)
