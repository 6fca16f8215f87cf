"""websocket-client's ``WebSocketApp`` as its README shows it, and orjson."""

import orjson
import websocket

from labs.bench.peer import TICKS, Peer


class Client:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._ticks_follow = False

    def take(self, app: websocket.WebSocketApp, message: str | bytes) -> None:
        if isinstance(message, bytes):
            if self._ticks_follow:
                for asset, stamp, price in orjson.loads(message):
                    self._peer.handle(asset, stamp, price)
                if self._peer.ended.is_set():
                    self._peer.report()
                    app.close()
            return
        self._ticks_follow = message == TICKS
        if not self._ticks_follow:
            for answer in self._peer.answers(message):
                app.send(answer)


if __name__ == "__main__":
    briefed = Peer.briefed()
    websocket.WebSocketApp(briefed.url, on_message=Client(briefed).take).run_forever(
        sslopt={"ca_certs": briefed.authority} if briefed.authority else {}
    )
