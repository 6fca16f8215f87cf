"""The target: a session with a venue that sends anything; only errors of actors.errors may be raised."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from actors.errors import TellwireError, TransportClosed
from actors.messages import LoadCandles, PlaceOrder, PlacePendingOrder, SubscribeTicks
from actors.messages.commands import VenueCommand
from actors.messages.traffic import EventBatch, Item, Request, Uplink
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.values import Direction, Region, Secret
from actors.venues.pocketoption.session import PocketOptionSession
from runtime.workers.framing import Framer, Unframer
from tests.doubles import venue_dialogue as dialogue, venue_payloads as quotations

BETWEEN: Final = b"\n~\n"
"""The separator of messages: a length would be broken by every mutation."""

BINARY: Final = b"\x04"
"""The first byte of a binary message."""

RAW: Final = 0x80
"""The bit in the first byte of an input for raw bytes instead of messages."""

_CONNECTED: Final = (dialogue.OPEN.encode(), b'40{"sid":"kP9"}')
SAID: Final = (*_CONNECTED, dialogue.SUCCESS.encode(), BINARY + b'{"id":"kP9"}')
STAGES: Final = (0, 1, 2, 4)
"""The messages of the venue before an input; its first byte selects the stage."""

TALKATIVE: Final = 8
"""The number of reads after which the session also sends; with more, sending would take all the time."""

UTC: Final = 1_770_848_931.5
START: Final = StartConnection(
    "c1",
    1,
    Region("EU", "wss://eu.example/", 1),
    ConnectionSettings(
        "pocketoption", Secret(dialogue.AUTH), "", {}, True, 10.0, 2.0, 20.0, 10.0, 20.0, 0.0, 1024 * 1024
    ),
)
COMMANDS: Final[tuple[VenueCommand, ...]] = (
    SubscribeTicks("EURUSD_otc"),
    LoadCandles("EURUSD_otc", period=60, count=10),
    PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60),
    PlacePendingOrder("EURUSD_otc", Decimal(1), Direction.PUT, 60, open_price=1.2),
)

EVENTS: Final = {
    "updateStream": b'[["EURUSD_otc",1770856130.8,1.19535]]',
    "updateHistory": dialogue.HISTORY,
    "updateHistoryNewFast": dialogue.HISTORY,
    "loadHistoryPeriodFast": b'{"asset":"EURUSD_otc","index":1,"data":[[1770856080,1,2,3,1]],"period":60}',
    "updateAssets": dialogue.ASSETS,
    "successupdateBalance": b'{"isDemo":1,"balance":9993.50,"uid":1}',
    "successopenOrder": quotations.ACCEPTED,
    "failopenOrder": b'{"error":"notEnoughMoney","amount":1,"asset":"EURUSD_otc"}',
    "successcloseOrder": quotations.CLOSING,
    "updateOpenedDeals": quotations.OPEN_LIST,
    "updateClosedDeals": quotations.CLOSED_LIST,
    "successopenPendingOrder": b'{"data":%s}' % quotations.PENDING_ROW,
    "failopenPendingOrder": b'{"data":{"data":%s,"error":"OPEN_TIME"}}' % quotations.REFUSED_PENDING_ROW,
    "successcancelPendingOrder": b'{"ticket":"8924b0f1-83a0-4050-937c-e8483af4f3f7"}',
    "successupdatePending": b"[%s]" % quotations.PENDING_PRICE_ROW,
    "anything": b"{}",
}
WORDS: Final = (
    *('42["NotAuthorized"]', "41", "2", "3", "1", "6", '44{"message":"no"}', "452-[", "451-[", "42["),
    *('{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}', "NaN", "Infinity", "-1e999", "null"),
    *("1e400", "9" * 400, "-0.0", "\\ud800", "[[[[[[[[", '{"":', '"index":1', '"asset":"EURUSD_otc"'),
    *('"requestId":"1"', '"error":"', "1770856130.8", BETWEEN.decode(), (BETWEEN + BINARY).decode()),
)


def one_input(data: bytes) -> list[Item]:
    """Play one input to its end. Returns the items; raises what must not be raised."""
    session = PocketOptionSession(START)
    items: list[Item] = []
    for number, chunk in enumerate(_reads(data)):
        now = 100.0 + number
        items += session.receive(chunk, now, UTC + number)
        if number < TALKATIVE:
            items += _speak(session, now)
        session.data_to_send()
        if session.failure is not None:
            break
    failure = session.failure
    assert failure is None or isinstance(failure, TellwireError), failure
    session.leave()
    session.data_to_send()
    items.append(session.report(UTC, ()))
    # An item that cannot be encoded or decoded would end a worker or the main process.
    Unframer[EventBatch](Uplink)(Framer()(EventBatch("c1", items, 1, 1)))
    return items


def seeds() -> Iterator[bytes]:
    """Inputs of a regular session, and some that are nested too deeply."""
    ready = bytes([len(STAGES) - 1, 0])
    for stage in range(len(STAGES)):
        yield bytes([stage, 0]) + BETWEEN.join(SAID)
        yield bytes([RAW | stage, 7]) + b"".join(map(_framed, SAID))
    for name, payload in EVENTS.items():
        header = b'451-["%s",{"_placeholder":true,"num":0}]' % name.encode()
        yield ready + BETWEEN.join([header, BINARY + payload] * 2)
        yield ready + b'42["%s",%s]' % (name.encode(), payload)
        yield ready + BETWEEN.join([header, BINARY + payload.replace(b":", b':{"a":[') * 2])
    yield ready + b'42["x",' + b"[" * 3000
    yield ready + BETWEEN.join(
        [b'451-["updateAssets",{"_placeholder":true,"num":0}]', BINARY + b'[{"a":' * 1000]
    )


def _reads(data: bytes) -> Iterator[bytes]:
    """The bytes of each read; the second byte of the input is the size of a read, 0 for all at once."""
    how, step, rest = data[0] if data else 0, data[1] if data[1:] else 0, data[2:]
    yield b"".join(map(_framed, SAID[: STAGES[how % len(STAGES)]]))
    stream = rest if how & RAW else b"".join(map(_framed, rest.split(BETWEEN)))
    step = step or len(stream) or 1
    yield from (stream[at : at + step] for at in range(0, len(stream), step))


def _speak(session: PocketOptionSession, now: float) -> list[Item]:
    """Send requests that messages of the venue may answer."""
    items: list[Item] = []
    if session.ready:
        numbered = enumerate(COMMANDS, start=1)
        requests = [Request(number, each, now + 10, order=str(number)) for number, each in numbered]
        items += session.send(requests, UTC)
        session.keep_alive()
    session.ping(now)
    with contextlib.suppress(TransportClosed):  # its error for a venue that does not answer
        session.check(now)
    return items


def _framed(message: bytes) -> bytes:
    """A message in one frame, as a server sends it: unmasked (RFC 6455, 5.2)."""
    opcode, payload = (2, message[1:]) if message.startswith(BINARY) else (1, message)
    size = len(payload)
    if size < 126:
        return bytes([0x80 | opcode, size]) + payload
    return bytes([0x80 | opcode, 126]) + size.to_bytes(2) + payload
