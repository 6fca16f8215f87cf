"""What a recording must not have, and that its frames stay as long as they were."""

import json

import pytest

from actors.protocols.websocket.frames import encode_many
from actors.venues.pocketoption.login import parse_login
from runtime.recording.frames import unmasked
from runtime.recording.scrubbing import LONGEST, PATIENCE, RecordingScrubber, ScrubbedReads, disguise

PHP = 'a:4:{s:10:"session_id";s:32:"0123456789abcdef0123456789abcdef";s:10:"ip_address";s:9:"192.0.2.7";}'


@pytest.mark.parametrize(
    "document",
    [
        {"session": "abcdef0123456789", "isDemo": 1, "uid": 12345678},
        {"sid": "Zk3-_x9", "pingInterval": 25000},
        {"Token": 'with "quotes" and \u00e9', "n": 1},
        {"email": "someone@example.org"},
        {"note": "write to someone@example.org"},
        {"id": "b7f1c2"},
    ],
)
def test_what_identifies_is_replaced_by_as_many_bytes_of_the_same_form(document: dict[str, object]) -> None:
    data = json.dumps(document).encode()
    scrubbed = RecordingScrubber([])(data)
    assert len(scrubbed) == len(data)
    kept = json.loads(scrubbed)
    assert kept.keys() == document.keys()
    for text in ("abcdef0123456789", "12345678", "Zk3", "quotes", "someone", "b7f1c2"):
        assert text.encode() not in scrubbed
    assert {kept.get("isDemo", 1), kept.get("n", 1)} == {1}


def test_deals_and_ticks_are_kept() -> None:
    rows = b'[{"id":"b7f1c2","asset":"EURUSD_otc","amount":5}]451-["updateStream",["EURUSD_otc",1.5,1.0831]]'
    assert RecordingScrubber([])(rows) == rows


def test_a_known_secret_is_replaced_wherever_it_stands_also_as_json_has_it() -> None:
    secret = 'pa"ss\u00e9word9'
    data = f"x {secret} y {json.dumps(secret)} z".encode()
    scrubbed = RecordingScrubber([secret])(data)
    assert len(scrubbed) == len(data)
    assert b"word9" not in scrubbed


@pytest.mark.parametrize("session", ["abcdefghij0123456789abcdef", PHP])
@pytest.mark.parametrize("demo", [0, 1])
def test_a_scrubbed_login_still_says_which_kind_of_account_it_is(session: str, demo: int) -> None:
    message = f'42["auth",{json.dumps({"session": session, "isDemo": demo, "uid": 12345678, "platform": 2})}]'
    scrubbed = RecordingScrubber([]).text(message)
    assert parse_login(scrubbed).account is parse_login(message).account
    assert parse_login(scrubbed).user != parse_login(message).user
    assert "0123456789abcdef" not in scrubbed
    assert "192" not in scrubbed


def test_a_secret_that_two_reads_share_is_replaced() -> None:
    data = b'0{"sid":"abcdefghijkl","pingInterval":25000}'
    for cut in range(1, len(data)):
        reads: ScrubbedReads[int] = ScrubbedReads(RecordingScrubber([]))
        assert reads.add(1, data[:cut], 0.0) == []
        assert reads.add(2, b"", 0.0) == []
        assert reads.add(3, data[cut:], 0.1) == []
        assert reads.settled(0.1) == []
        settled = reads.settled(0.2 + PATIENCE)
        assert [note for note, _ in settled] == [1, 2, 3]
        assert b"".join(each for _, each in settled) == data.replace(b"abcdefghijkl", b"x" * 12)


def test_reads_are_held_back_until_enough_has_followed() -> None:
    reads: ScrubbedReads[int] = ScrubbedReads(RecordingScrubber([]))
    chunk = b"." * (LONGEST // 2)
    released = [note for number in range(10) for note, _ in reads.add(number, chunk, 0.0)]
    assert released == list(range(released[-1] + 1))
    assert len(released) in {6, 7, 8}
    assert [note for note, _ in reads.settled(float("inf"))] == list(range(len(released), 10))


def test_a_disguise_keeps_escapes() -> None:
    assert disguise(rb'"a1\"b\n\u00e9 42"') == rb'"xx\"x\n\u00e9 11"'


def test_the_messages_of_a_write_are_read() -> None:
    payloads = [b"", b"a", b"b" * 126, b"c" * 70_000]
    assert list(unmasked(encode_many(1, payloads))) == [(1, payload) for payload in payloads]
