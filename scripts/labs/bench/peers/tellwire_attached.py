"""A program that attaches to a running runtime: ``attach``, ``Subscribe``, a handler of ticks.

Option: ``socket``, the control socket of the runtime.
"""

from loguru import logger

from actors.messages import Subscribe
from labs.bench.peer import Peer
from labs.bench.peers.tellwire import Sightings
from labs.bench.trial import EVERYTHING
from runtime import attach

TIMEOUT = 10.0


def main(peer: Peer) -> None:
    seen = Sightings(peer.assets)
    with attach(peer.options["socket"], timeout=TIMEOUT) as attachment:
        attachment.router.ask(Subscribe(EVERYTHING, to=seen.counting()), timeout=TIMEOUT)
        peer.say_ready()
        seen.ended.wait()
        peer.report(seen.report(0))


if __name__ == "__main__":
    logger.remove()
    main(Peer.briefed())
