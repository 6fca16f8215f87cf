"""The figures of a report for other programs: a JSON document, or a table in CSV."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from runtime.report.account_report import AccountReport, MoneyReport
from runtime.report.results import DealsTally, TallyGroup

FORM: Final = "tellwire_report"
"""The first key of the document."""

VERSION: Final = 1

COLUMNS: Final = ("account", "currency", "by", "key", *DealsTally.__struct_fields__)


def report_json(report: AccountReport, *, anonymous: bool = False) -> bytes:
    """One object; amounts are text, which keeps their decimals. ``anonymous`` leaves out what names the
    account and its orders."""
    document: dict[str, Any] = {FORM: VERSION} | msgspec.to_builtins(report)
    if anonymous:
        document["user"] = None
        for order in document["followed"]:
            order["id"] = None
        for reaction in (document["recording"] or {}).get("reactions", []):
            reaction["order"] = None
    return msgspec.json.encode(document) + b"\n"


def report_csv(report: AccountReport) -> bytes:
    """A row for each account and currency (``by`` is ``all``), day, hour, asset, duration and direction."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in report.results:
        for by, group in _groups(each):
            figures = [_cell(getattr(group.tally, name)) for name in DealsTally.__struct_fields__]
            writer.writerow([each.kind, each.currency or "", by, group.key, *figures])
    return text.getvalue().encode()


def _groups(report: MoneyReport) -> Iterator[tuple[str, TallyGroup]]:
    yield "all", TallyGroup("", report.total)
    named = {
        "day": report.days,
        "hour": report.hours,
        "asset": report.assets,
        "duration": report.durations,
        "direction": report.directions,
    }
    for by, groups in named.items():
        for group in groups:
            yield by, group


def _cell(value: int | float | Decimal | None) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
    return repr(value)
