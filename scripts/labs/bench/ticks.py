"""Tick messages as the venue frames them, built before they are sent."""

from collections.abc import Iterator, Sequence

HEADER = b'451-["updateStream",{"_placeholder":true,"num":0}]'
END = 999_999.0
"""The price of the last tick of an asset."""

CHUNK = 64 * 1024
"""About the number of bytes in one write."""

BASE_TIME = 1_732_299_372.0
VENUE_UTC_OFFSET = 7200
_TEXT, _BINARY = 0x81, 0x82


def frame(first: int, payload: bytes) -> bytes:
    """An unmasked frame (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


def text(payload: bytes) -> bytes:
    return frame(_TEXT, payload)


def event(name: str, payload: bytes) -> bytes:
    """A binary event: its header and its attachment."""
    header = b'451-["%s",{"_placeholder":true,"num":0}]' % name.encode()
    return frame(_TEXT, header) + frame(_BINARY, payload)


_TICK_HEADER = text(HEADER) + bytes((_BINARY,))


def tick(asset: str, stamp: float, price: float) -> bytes:
    """``stamp`` is venue time with microseconds, from which latencies are measured."""
    payload = f'[["{asset}",{stamp:.6f},{price:.6f}]]'.encode()
    return _TICK_HEADER + bytes((len(payload),)) + payload


def ends(assets: Sequence[str], stamp: float) -> bytes:
    """The last tick of every asset."""
    return b"".join(tick(asset, stamp, END) for asset in assets)


def chunks(assets: Sequence[str], count: int) -> Iterator[bytes]:
    """``count`` ticks, the assets in turn, each with a price of its own that is higher than the last of its
    asset; and behind them the end of every asset."""
    pieces: list[bytes] = []
    size, turns = 0, len(assets)
    for number in range(count):
        asset, step = assets[number % turns], number // turns + 1
        payload = b'[["%s",%.3f,%.5f]]' % (asset.encode(), BASE_TIME + number / 1000, 1 + step / 100_000)
        pieces += (_TICK_HEADER, bytes((len(payload),)), payload)
        size += len(payload) + len(_TICK_HEADER) + 1
        if size >= CHUNK:
            yield b"".join(pieces)
            pieces.clear()
            size = 0
    yield b"".join([*pieces, ends(assets, BASE_TIME + count / 1000)])


def template(assets: int, count: int, length: int) -> list[bytes]:
    """What ``chunks`` makes, for names of ``length`` bytes that are not known yet: see ``named``."""
    return list(chunks(_placeholders(assets, length), count))


def named(chunk: bytes, assets: Sequence[str]) -> bytes:
    """A chunk of a ``template`` for these ``assets``. HOT: 1 ms a megabyte, where making it takes a second
    for some hundred thousand ticks, in which the server would serve nobody."""
    for placeholder, asset in zip(_placeholders(len(assets), len(assets[0])), assets, strict=True):
        chunk = chunk.replace(placeholder.encode(), asset.encode())
    return chunk


def _placeholders(assets: int, length: int) -> list[str]:
    return [f"?{number}".ljust(length, "?") for number in range(assets)]
