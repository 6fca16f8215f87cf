"""The practice exchange: a simulated PocketOption on loopback, with faults on command.

A name is loaded from the module that defines it when it is first asked for: reading the settings alone loads
no server, and ``python -m runtime.practice`` has its frame before it loads anything.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from runtime.practice.exchange import PracticeExchange
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
    from runtime.practice.settings import WALK, PracticeSettings

PRACTISED = "pocketoption"
"""The venue that the exchange simulates."""

__all__ = [
    "PRACTISED",
    "WALK",
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


_PLACES: Final = ("records", "settings", "ledger", "exchange")  # the cheapest first


if not TYPE_CHECKING:  # or a type checker would believe every name

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        modules = (importlib.import_module(f"{__name__}.{place}") for place in _PLACES)
        return vars(next(module for module in modules if name in vars(module)))[name]
