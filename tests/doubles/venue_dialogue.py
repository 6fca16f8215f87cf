"""The venue's side of a dialogue, and sessions that have come so far in theirs."""

from collections.abc import Sequence

from actors.messages import CandlesLoaded, StreamConfirmed, SubscribeTicks
from actors.messages.commands import VenueCommand
from actors.messages.traffic import Item, ReplyTo, Request
from actors.values import Asset, Candle, Secret
from actors.venues.pocketoption.protocol import Message, Protocol

NOW = 1770848931.5
TOKEN = "n1p5ah5u8t9438rbunpgrq0hlq"  # a made-up one
AUTH = f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2}}]'
LIVE_AUTH = AUTH.replace('"isDemo":1', '"isDemo":0')
OPEN = '0{"sid":"aB3","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
SUCCESS = '451-["successauth",{"_placeholder":true,"num":0}]'
TICK_HEADER = '451-["updateStream",{"_placeholder":true,"num":0}]'
OTHER_TICK_HEADER = '451-["updateStream", {"_placeholder":true,"num":0}]'
ASSETS = (
    b'[[66,"EURUSD_otc","EUR/USD OTC","currency",5,92,60,30,3,1,0,1,[],1750896000,true,[{"time":60}],0,5,-1]]'
)
EURUSD_OTC = Asset(66, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 5, (60,))
HISTORY = (
    b'{"asset":"EURUSD_otc","period":60,"history":[[1770856130.8,1.19535]],'
    b'"candles":[[1770856080,1.1953,1.19534,1.19541,1.19522]]}'
)
CANDLES = CandlesLoaded("EURUSD_otc", 60, [Candle(1770848880, 1.1953, 1.19541, 1.19522, 1.19535)])
CONFIRMED = StreamConfirmed("EURUSD_otc", 60, "c1", 3)


def said(*parts: str | bytes) -> list[Message]:
    """Texts as ``str``, attachments as ``bytes``."""
    return [(1, part.encode()) if isinstance(part, str) else (2, part) for part in parts]


def event(name: str, attachment: bytes) -> list[Message]:
    return said(f'451-["{name}",{{"_placeholder":true,"num":0}}]', attachment)


def request(number: int, command: VenueCommand, order: str = "") -> Request:
    """Awaited by the router unless ``number`` is 0."""
    reply_to = ReplyTo.ROUTER if number else ReplyTo.NONE
    return Request(number, command, expires_at=0.0, order=order, reply_to=reply_to)


def opening(auth: str = AUTH) -> Protocol:
    return Protocol(connection="c1", epoch=3, region="EUROPA", auth=Secret(auth))


def authenticating(auth: str = AUTH) -> Protocol:
    session = opening(auth)
    assert session.receive(said(OPEN, '40{"sid":"kP9"}'), NOW) == []
    session.texts_to_send()
    return session


def ready(*assets: str, auth: str = AUTH) -> Protocol:
    session = authenticating(auth)
    session.receive(said(SUCCESS, b'{"id":"kP9"}'), NOW)
    session.send([request(0, SubscribeTicks(asset=asset)) for asset in assets], NOW)
    session.texts_to_send()
    return session


def texts(session: Protocol) -> list[str]:
    return [text.decode() for text in session.texts_to_send()]


def receive(session: Protocol, messages: Sequence[Message]) -> list[Item]:
    return session.receive(messages, NOW)
