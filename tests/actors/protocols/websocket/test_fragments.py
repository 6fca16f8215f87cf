from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.protocols.websocket.fragments import Fragments

TEXT, BINARY = 1, 2


def test_a_message_is_complete_with_the_last_byte_of_its_final_frame() -> None:
    message = Fragments(BINARY, text=False)
    message.expect(3, final=False)
    message.add(b"one")
    assert not message.complete
    message.expect(4, final=True)
    message.add(b" t")
    assert (message.missing, message.complete) == (2, False)
    message.add(b"wo")
    assert (message.missing, message.complete) == (0, True)
    assert (message.declared, message.payload()) == (7, b"one two")


@given(st.text(), st.lists(st.integers(0, 40)))
def test_a_text_may_be_cut_anywhere(text: str, cuts: list[int]) -> None:
    payload = text.encode()
    message = Fragments(TEXT, text=True)
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    for number, (start, end) in enumerate(pairwise(edges), 2):
        message.expect(end - start, final=number == len(edges))
        message.add(payload[start:end])
    assert message.payload() == payload


@pytest.mark.parametrize("pieces", [[b"\xff"], [b"a", b"\xc3", b"("], [b"a", b"\xe2\x82"]])
def test_a_text_fails_with_the_piece_that_makes_it_invalid(pieces: list[bytes]) -> None:
    message = Fragments(TEXT, text=True)
    for piece in pieces[:-1]:
        message.expect(len(piece), final=False)
        message.add(piece)
    message.expect(len(pieces[-1]), final=True)
    with pytest.raises(RemoteProtocolError, match="text is not UTF-8"):
        message.add(pieces[-1])


def test_a_binary_message_may_be_anything() -> None:
    message = Fragments(BINARY, text=False)
    message.expect(2, final=True)
    message.add(b"\xff\xc3")
    assert message.payload() == b"\xff\xc3"
