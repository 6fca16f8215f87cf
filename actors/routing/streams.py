"""The requests that begin and end a stream for an owner, and what is said of an asset without one."""

import math
from typing import Final, cast

from actors.messages.candles import HistoryRequest
from actors.messages.commands import (
    LoadCandles,
    LoadTicks,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
    VenueCommand,
)
from actors.messages.lifecycle import Tellable
from actors.messages.owners import Owner
from actors.messages.topics import pattern
from actors.messages.traffic import ReplyTo, Request
from actors.routing.waiters import Waiter

STREAM_DUE: Final = 2.0
"""Seconds from a told ``Subscribe`` until it is said that its asset is not streamed: a ``SubscribeTicks`` may
follow."""


def request_of(waiter: Waiter) -> Request:
    """The request that carries out the command of ``waiter``."""
    command, owner = waiter.command, waiter.owner
    if isinstance(command, Subscribe):
        command, owner = SubscribeTicks(pattern(command.topic).ticks_of), owner.for_subscription
    owned = isinstance(command, SubscribeTicks | UnsubscribeTicks | SendRaw)
    connection = command.connection if isinstance(command, SendRaw) else ""
    sent = cast("VenueCommand", command)
    return Request(waiter.id, sent, waiter.expires_at, connection, owner=owner if owned else None)


def load_of(waiter: Waiter, to: Tellable) -> HistoryRequest:
    """The load that answers ``to``, the router, for ``waiter``."""
    return HistoryRequest(waiter.id, cast("LoadCandles | LoadTicks", waiter.command), waiter.expires_at, to)


def release_request(asset: str, owner: Owner) -> Request:
    """The request to release the stream for ``owner``; its answer is not awaited."""
    return Request(0, UnsubscribeTicks(asset), math.inf, reply_to=ReplyTo.NONE, owner=owner)


def not_streamed(topic: str) -> str:
    """What is missing for the ticks of ``topic`` to come."""
    asset = pattern(topic).ticks_of
    return (
        f"{topic}: {asset} is not streamed; SubscribeTicks({asset!r}) starts it, and so does "
        f"Subscribe({topic!r}, ..., stream=True)"
    )
