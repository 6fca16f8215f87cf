"""What is to be restored again and again, while connections come and go, waits in the limiter only once."""

import math

from actors.messages.commands import SubscribeTicks
from actors.messages.events import ConnectionUp
from actors.messages.status import Describe, Described, LimiterStatus
from actors.messages.traffic import ReplyTo, Request
from actors.outbound.rate_limiter import RateLimiter
from actors.rates import Allowance, Rate
from tests.doubles.recorder import Recording


def test_a_stream_that_is_restored_after_each_of_fifty_losses_does_not_wait_fifty_times() -> None:
    out, sink = Recording(), Recording()
    allowance = Allowance((Rate(2, 3600.0),), 10)
    limiter = RateLimiter.start(allowance, {}, outbound=out.ref, pool=sink.ref, router=sink.ref)
    for epoch in range(1, 51):
        limiter.tell(ConnectionUp("c1", epoch, "r"))
        limiter.tell(Request(0, SubscribeTicks("A", 60), math.inf, "c1", reply_to=ReplyTo.NOBODY))
    limiter.tell(Describe(1, sink.ref))
    while not isinstance(described := sink.seen(), Described):
        pass  # its own beginning, and wishes for a connection
    assert isinstance(described.part, LimiterStatus)
    assert described.part.waiting <= 1
