"""The practice exchange: a simulated PocketOption on loopback, with faults on command.

The first use of ``PracticeExchange`` loads the server, so reading the settings alone costs no start time.
"""

from typing import TYPE_CHECKING

from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import (
    BalanceChange,
    ExecutedDeal,
    FaultRecord,
    ReceivedEvent,
    ReceivedOrder,
    SentTick,
    SocketRecord,
    UnsentTick,
)
from runtime.practice.settings import PracticeSettings

if TYPE_CHECKING:
    from runtime.practice.exchange import PracticeExchange

PRACTISED = "pocketoption"
"""The venue that the exchange simulates."""

__all__ = [
    "PRACTISED",
    "BalanceChange",
    "ExchangeLedger",
    "ExecutedDeal",
    "FaultRecord",
    "PracticeExchange",
    "PracticeSettings",
    "ReceivedEvent",
    "ReceivedOrder",
    "SentTick",
    "SocketRecord",
    "UnsentTick",
]


def __getattr__(name: str) -> object:
    if name != "PracticeExchange":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runtime.practice.exchange import PracticeExchange  # noqa: PLC0415

    return PracticeExchange
