"""The messages of the venue as text, and the texts that a client may send."""

import json

import pytest

from actors.messages.events import WireMessage
from actors.protocols.websocket.pairs import Pairs
from actors.values import Life, Secret
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.protocol import BINARY, TEXT, Message
from actors.venues.pocketoption.tap import Tap, refuse_text

LIFE = Life("c1", 3)
PHP = r"a:1:{s:10:\"session_id\";s:16:\"0123456789abcdef\";}fedcba9876543210fedcba9876543210"
AUTH = '42["auth",{"session":"%s","isDemo":0,"uid":10000001,"platform":2}]'
HEADER = b'451-["updateAssets",{"_placeholder":true,"num":0}]'
BODY = b'[[5,"#AAPL"]]'


def read(*messages: Message, session: str = "canary-canary") -> list[WireMessage]:
    return Tap(LIFE, Secret(AUTH % session)).read(messages)


def test_an_event_and_its_attachment_are_two_messages_with_one_name() -> None:
    assert read((TEXT, HEADER), (BINARY, BODY), (TEXT, b'42["updateTime",1770856131]')) == [
        WireMessage("c1", 3, "updateAssets", HEADER.decode()),
        WireMessage("c1", 3, "updateAssets", BODY.decode(), attachment=True),
        WireMessage("c1", 3, "updateTime", '42["updateTime",1770856131]'),
    ]


def test_ticks_that_are_taken_together_are_single_messages() -> None:
    bodies = [b'[["A",1,1.5]]', b'[["A",2,1.6]]']
    found = read(Pairs(bodies))
    assert [each.text for each in found] == [text.decode() for body in bodies for text in (TICK_HEADER, body)]
    assert {each.name for each in found} == {"updateStream"}
    assert [each.attachment for each in found] == [False, True, False, True]


@pytest.mark.parametrize("text", [b"2", b"3", b'0{"sid":"5Hq1"}', b'40{"sid":"c7Yx"}', b"41", b"1"])
def test_what_is_no_event_is_no_message(text: bytes) -> None:
    assert read((TEXT, text)) == []


def test_what_is_not_text_is_shown_as_far_as_it_can_be() -> None:
    (found,) = read((BINARY, b"\xff\xfe{}"))
    assert found.text.endswith("{}")
    assert found.name == ""


@pytest.mark.parametrize("session", ["canary-canary", PHP])
def test_the_session_is_nowhere_whatever_the_venue_repeats(session: str) -> None:
    auth = AUTH % session
    plain = json.loads(auth[2:])[1]["session"]
    found = read(
        (TEXT, auth.encode()),
        (TEXT, HEADER),
        (BINARY, json.dumps({"session": plain}).encode()),
        (BINARY, plain.encode()),
        session=session,
    )
    assert len(found) == 4
    for each in found:
        assert ("***" in each.text) is (each.text != HEADER.decode())
        assert "canary" not in each.text
        assert "fedcba" not in each.text


@pytest.mark.parametrize(
    "text", ['42["ps"]', '42["changeSymbol",{"asset":"A","period":60}]', '42["a", 1, 2]']
)
def test_a_client_sends_events(text: str) -> None:
    assert refuse_text(text) == ""


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "is no event of a client"),
        ("ps", "is no event of a client"),
        ("41", "is no event of a client"),
        ('["ps"]', "is no event of a client"),
        ("42[", "needs a JSON array"),
        ('42["ps"', "needs a JSON array"),
        ("42" + "[" * 100_000, "needs a JSON array"),
        ("42[]", "begins with the name"),
        ("42[7]", "begins with the name"),
        ('42["auth",{}]', "is a login"),
    ],
)
def test_another_text_is_refused_with_words(text: str, because: str) -> None:
    assert because in refuse_text(text)
