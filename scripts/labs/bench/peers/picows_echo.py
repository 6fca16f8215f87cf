"""The least that an ask can take here: picows sends a ping to the load server, and waits for the pong.

Standard input is one line, the brief, as for ``labs.bench.asking``: ``url`` and ``series``, with ``count``
and ``pause``; standard output is one line, for each series the seconds that each took, and those of the CPU.
"""

import asyncio
import json
import sys
import time

import picows

WARM_UP = 20
TIMEOUT = 10.0


class Listener(picows.WSListener):
    def __init__(self) -> None:
        self.pong: asyncio.Future[None]

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.PONG:
            self.pong.set_result(None)


async def measured(url: str, count: int, pause: float) -> tuple[list[float], float]:
    transport, listener = await picows.ws_connect(Listener, url, enable_auto_ping=False)
    taken: list[float] = []
    used = 0.0
    for number in range(WARM_UP + count):
        if number == WARM_UP:
            used = time.process_time()
        await asyncio.sleep(pause)
        began = time.perf_counter()
        listener.pong = asyncio.get_running_loop().create_future()
        transport.send_ping(b"x")
        async with asyncio.timeout(TIMEOUT):
            await listener.pong
        taken.append(time.perf_counter() - began)
    transport.disconnect()
    return taken[WARM_UP:], (time.process_time() - used) / count


def main() -> int:
    brief = json.loads(sys.stdin.readline())
    taken = [asyncio.run(measured(brief["url"], each["count"], each["pause"])) for each in brief["series"]]
    print(json.dumps(taken), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
