"""picows and orjson, the handler called directly; with the option ``uvloop``, on that loop."""

import asyncio
import functools
from collections.abc import Sequence

import orjson
import picows

from labs.bench.peer import TICKS, Peer

_TICKS = TICKS.encode()


class Listener(picows.WSListener):
    def __init__(self, peer: Peer, assets: Sequence[str], ended: asyncio.Event) -> None:
        self._peer = peer
        self._assets = assets
        self._handle = peer.handle
        self._ended = ended
        self._ticks_follow = False

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.BINARY:
            if self._ticks_follow:
                for asset, stamp, price in orjson.loads(frame.get_payload_as_memoryview()):
                    self._handle(asset, stamp, price)
                if self._peer.ended.is_set():
                    self._ended.set()
        elif frame.msg_type == picows.WSMsgType.TEXT:
            self._ticks_follow = frame.get_payload_as_bytes() == _TICKS
            if not self._ticks_follow:
                for answer in self._peer.answers(frame.get_payload_as_utf8_text(), self._assets):
                    transport.send(picows.WSMsgType.TEXT, answer.encode())


async def main(peer: Peer) -> None:
    ended, tls = asyncio.Event(), peer.tls()
    for assets in peer.connections:
        await picows.ws_connect(functools.partial(Listener, peer, assets, ended), peer.url, ssl_context=tls)
    await ended.wait()
    peer.report()


if __name__ == "__main__":
    briefed = Peer.briefed()
    if briefed.options.get("uvloop"):
        import uvloop

        uvloop.run(main(briefed))
    else:
        asyncio.run(main(briefed))
