"""The figures as JSON and CSV: exact, and the same as those of the report."""

import csv
import io
import json
from decimal import Decimal

from runtime.report.figures import report_csv, report_json
from tests.doubles.reported_orders import closed
from tests.runtime.report.test_account_report import report_of

FOUND = [closed("1", "0.925", amount="1.5"), closed("2", "-1", asset="#AAPL_otc", at=1_770_010_000.0)]


def test_a_document_keeps_every_decimal() -> None:
    document = json.loads(report_json(report_of(FOUND)[0]))
    [money] = document["results"]
    assert document["tellwire_report"] == 1
    assert (money["kind"], money["currency"], money["total"]["profit"]) == ("demo", "USD", "-0.075")
    assert [point["profit"] for point in money["equity"]] == ["0.925", "-0.075"]
    assert document["user"] == "123"


def test_an_anonymous_document_names_neither_the_account_nor_an_order() -> None:
    text = report_json(report_of(FOUND)[0], anonymous=True).decode()
    assert json.loads(text)["user"] is None
    assert "deal-1" not in text


def test_a_table_has_the_whole_and_each_group() -> None:
    report, _ = report_of(FOUND)
    rows = list(csv.DictReader(io.StringIO(report_csv(report).decode())))
    assert [(row["by"], row["key"]) for row in rows][:3] == [
        ("all", ""),
        ("day", "2026-02-02"),
        ("hour", "2"),
    ]
    by = {(row["by"], row["key"]): row for row in rows}
    assert by["all", ""]["profit"] == "-0.075"
    assert by["asset", "#AAPL_otc"]["profit"] == "-1"
    assert by["direction", "call"]["deals"] == "2"
    for name in ("day", "hour", "asset", "duration", "direction"):
        assert sum(Decimal(row["profit"]) for row in rows if row["by"] == name) == Decimal("-0.075")
