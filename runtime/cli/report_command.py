"""The command that makes a report of an account: a page, and its figures for other programs."""

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from loguru import logger

from actors.errors import ConfigInvalid, TellwireError
from runtime.cli.answers import fail, note, print_text
from runtime.cli.arguments import add_account
from runtime.cli.exit_codes import REPORT_CODES, ExitCode, explain
from runtime.cli.export import replace_file
from runtime.cli.report_source import read_source
from runtime.report.account_report import AccountReport, ReportPeriod, ReportSource, account_report
from runtime.report.figures import COLUMNS, FORM, report_csv, report_json
from runtime.report.page.document import GENERATOR, report_page
from runtime.report.page.texts import MoneyForm, count
from runtime.report.recorded import RecordedSession
from runtime.report.results import DealResult
from runtime.report.zone import ReportZone
from runtime.version import NAME, version

DEFAULT_PAGE: Final = Path("tellwire-report.html")

_SIGNS: Final = {
    "html": f'name="generator" content="{GENERATOR}"',
    "json": f'{{"{FORM}":',
    "csv": ",".join(COLUMNS),
}
"""What a file has near its beginning that an earlier report has left, by the name of its form."""

_BEGINNING: Final = 4096

_SUFFIXES: Final = {"html": (".html", ".htm"), "json": (".json",), "csv": (".csv",)}


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Make the report; returns one of ``REPORT_CODES``."""
    options = _parse(argv, prog)
    logger.remove()  # this command says everything itself
    try:
        return _make(options)
    except ConfigInvalid as error:
        return fail("\n".join(error.problems), ExitCode.MISUSED)
    except TellwireError as error:
        return fail(f"no report was made: {error}", ExitCode.REFUSED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        type=Path,
        metavar="CONFIG|JOURNAL|EXPORT",
        help="the YAML file, whose journal is read; or a journal (.sqlite); or what ctl orders export wrote",
    )
    parser.add_argument(
        "--html",
        type=_output("html"),
        metavar="FILE",
        help=f"write the page there; {DEFAULT_PAGE} if no other output is asked for",
    )
    parser.add_argument(
        "--json", type=_output("json"), metavar="FILE", help="write the figures; - prints them"
    )
    parser.add_argument(
        "--csv", type=_output("csv"), metavar="FILE", help="write the groups as a table; - prints it"
    )
    parser.add_argument(
        "--archive",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="take the orders of an export too, which have left the journal; may be repeated",
    )
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="FILE|FOLDER",
        help="add reaction times, silences and outages from a recording (record.folder)",
    )
    add_account(parser)
    parser.add_argument("--since", type=_date, metavar="DATE", help="the first day, such as 2026-11-30")
    parser.add_argument("--until", type=_date, metavar="DATE", help="the last day")
    parser.add_argument("--utc", action="store_true", help="days and times in UTC, not in local time")
    parser.add_argument(
        "--anonymous", action="store_true", help="leave out the account's number, and ids of orders and deals"
    )


def _parse(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Makes a report of an account from its journal: one HTML file with results by day, asset,"
        " duration and hour, the equity curve, and what became of every order. Nothing is changed; a runtime"
        " may run.",
        epilog=explain(*REPORT_CODES),
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    if options.since and options.until and options.since > options.until:
        parser.error("--since is after --until")
    return options


def _make(options: argparse.Namespace) -> int:
    source = read_source(options.source, options.archive, options.account)
    report, deals = account_report(
        source,
        zone := ReportZone(utc=options.utc),
        period=_period(options, zone),
        made_at=time.time(),
        program=f"{NAME} {version()}",
        recording=_recording(options.recording, source),
    )
    return _write(options, report, deals, zone)


def _recording(path: Path | None, source: ReportSource) -> RecordedSession | None:
    if path is None:
        return None
    from runtime.report.recording_reader import recorded_session  # noqa: PLC0415  # loads all actors

    session = recorded_session(path)
    known = {order.id for order in source.orders}
    if session.reactions and not any(each.order in known for each in session.reactions):
        note(f"no order of the recording {path} is in {source.name}: is it of another account?")
    return session


def _write(
    options: argparse.Namespace, report: AccountReport, deals: Sequence[DealResult], zone: ReportZone
) -> int:
    makers: dict[str, Callable[[], bytes]] = {
        "html": lambda: report_page(report, deals, zone, anonymous=options.anonymous).encode(),
        "json": lambda: report_json(report, anonymous=options.anonymous),
        "csv": lambda: report_csv(report),
    }
    wanted: dict[str, Path] = {form: path for form in makers if (path := getattr(options, form))}
    wanted = wanted or {"html": DEFAULT_PAGE}
    printed = [form for form, path in wanted.items() if _is_stdout(path)]
    if len(printed) > 1:
        return fail("only one of --html, --json and --csv can be printed", ExitCode.MISUSED)
    for form, path in wanted.items():
        if form not in printed:
            try:
                _check_place(form, path)
                replace_file(path, makers[form]())
            except OSError as error:
                return fail(f"{path} cannot be written: {error.strerror or error}", ExitCode.REFUSED)
            except ValueError as error:
                return fail(str(error), ExitCode.REFUSED)
    if printed:
        return print_text(makers[printed[0]]().decode().removesuffix("\n"))
    return print_text(f"{', '.join(map(str, wanted.values()))}: {_summary(report)}")


def _summary(report: AccountReport) -> str:
    if not report.results:
        return f"{count(report.orders, 'order')}, no deal with a result"
    parts = []
    for each in report.results:
        total = MoneyForm([each.total.profit], each.currency).named(each.total.profit)
        parts.append(f"{count(each.total.deals, 'deal')} with a result, {total.replace(chr(0x2212), '-')}")
        parts[-1] += f" ({each.kind})"
    return f"{count(report.orders, 'order')}, {'; '.join(parts)}"


def _check_place(form: str, path: Path) -> None:
    """Raises ``ValueError`` if there is something else than an earlier report."""
    if not path.exists():
        return
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING).decode("utf-8", "replace")
    if _SIGNS[form] not in beginning:
        raise ValueError(f"{path} is there and is no report of {NAME}: name another file")


def _period(options: argparse.Namespace, zone: ReportZone) -> ReportPeriod:
    until = options.until and options.until + timedelta(days=1)
    return ReportPeriod(*(each and zone.seconds(each) for each in (options.since, until)))


def _output(form: str) -> Callable[[str], Path]:
    def check(text: str) -> Path:
        path = Path(text)
        if not _is_stdout(path) and path.suffix.lower() not in _SUFFIXES[form]:
            raise argparse.ArgumentTypeError(f"{text!r} must end in {' or '.join(_SUFFIXES[form])}")
        return path

    return check


def _is_stdout(path: Path) -> bool:
    return str(path) == "-"


def _date(text: str) -> datetime:
    """Its midnight, in no zone yet."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  # the zone is another option
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-30") from None
