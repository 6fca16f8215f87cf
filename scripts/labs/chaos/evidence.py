"""What a run leaves behind, so that each of its violations can be traced to its cause."""

from dataclasses import asdict
from pathlib import Path

import msgspec

from labs.chaos.score import Record
from runtime.practice.ledger import ExchangeLedger


def write_evidence(path: Path, record: Record, ledger: ExchangeLedger) -> None:
    """Write what the exchange received, executed and heard, and what the run observed, as JSON."""
    facts = {
        "orders": [order._asdict() for order in ledger.orders()],
        "deals": [deal._asdict() for deal in ledger.deals()],
        "sockets": [asdict(socket) for socket in ledger.sockets()],
        "asked": record.asked,
        "answered": record.answered,
        "blind": record.blind,
        "frozen": record.frozen,
        "suspended": record.suspended,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(facts)))
