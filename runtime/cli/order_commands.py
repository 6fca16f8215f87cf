"""The operator's commands for orders, deals and the balance.

They read the journal beside a running runtime, and without one; they never write to it.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from actors.errors import NoRuntime, RequestError
from actors.messages.commands import GetBalance, GetClosedDeals, GetOpenedDeals, GetStatus, SettleOrder
from actors.messages.status import Status
from actors.orders.order import Order
from actors.values import Deal
from runtime.cli import arguments
from runtime.cli.answers import fail, note, print_json, print_text, say
from runtime.cli.asking import ask
from runtime.cli.exit_codes import ExitCode
from runtime.cli.order_export import check_export_path, export_orders
from runtime.cli.order_source import OrderSource, find_orders
from runtime.cli.order_tables import (
    balance_text,
    deal_summary,
    deal_table,
    deals_of,
    of_today,
    order_summary,
    order_table,
)
from runtime.control.attachment import Attachment

LISTS_TIMEOUT: Final = 5.0
"""Seconds to wait for what the venue tells after a login: its deals, the balance."""


def add_commands(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """``command`` adds a parser for a command with this name and this help."""
    orders = command("orders", "list the orders that are open, in doubt, or closed today (UTC)")
    orders.add_argument("--all", action="store_true", help="list every order that the journal has")
    actions = orders.add_subparsers(dest="action", metavar="ACTION")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON")

    def action(name: str, does: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[shared], help=does, description=does)

    settle = action("settle", "say what became of an order in doubt, as the venue's page shows it")
    settle.add_argument(
        "order", type=arguments.text, metavar="ID", help="of the order, as ctl orders shows it"
    )
    settle.add_argument("outcome", choices=("opened", "not-placed"), help="whether a deal came of it")
    settle.add_argument(
        "--reason", type=arguments.text, required=True, metavar="TEXT", help="kept in the journal"
    )
    export = action("export", "bring the finished orders into a file, which keeps what the journal loses")
    export.add_argument("file", type=_export_path, metavar="FILE", help="ends in .csv or .parquet")
    command("deals", "list the open deals, and the closed ones with their profit")
    command("balance", "show the balance of the account")


def orders(options: argparse.Namespace) -> int:
    with find_orders(options.config, options.account) as found:
        match options.action:
            case "settle":
                return _settle(found, options)
            case "export":
                return _export(found, options)
        return _list_orders(found, options)


def deals(options: argparse.Namespace) -> int:
    with find_orders(options.config, options.account) as found:
        open_deals, closed_deals, reason = _deals(found)
        if reason:
            note(reason)
    if options.json:
        origin = "journal" if reason else "runtime"
        return print_json({"from": origin, "open": open_deals, "closed": closed_deals})
    table = [deal_table(open_deals, closed_deals)] if open_deals or closed_deals else []
    return print_text("\n".join([*table, deal_summary(open_deals, closed_deals)]))


def balance(options: argparse.Namespace) -> int:
    with find_orders(options.config, options.account) as found:
        if found.attachment is None:
            return fail(f"{found.absence}; only a running runtime is told the balance", ExitCode.NOT_RUNNING)
        answer = ask(found.attachment, GetBalance(deadline=LISTS_TIMEOUT))
    return print_json(answer) if options.json else print_text(balance_text(answer))


def _list_orders(found: OrderSource, options: argparse.Namespace) -> int:
    everything = found.orders()
    running = found.attachment is not None
    shown = everything if options.all else of_today(everything, _venue_now(found.attachment))
    if options.json:
        if not running:
            note(found.described())
        return print_json({"journal": str(found.journal), "running": running, "orders": shown})
    if not running or not everything:
        note(found.described())
    table = [order_table(shown, running=running)] if shown else []
    summary = order_summary(shown, len(everything) - len(shown), running=running)
    return print_text("\n".join([*table, summary]))


def _settle(found: OrderSource, options: argparse.Namespace) -> int:
    if found.attachment is None:
        raise NoRuntime(f"{found.absence}; an order is settled by the runtime: start it first")
    opened = options.outcome == "opened"
    ask(found.attachment, SettleOrder(options.order, opened, options.reason))
    return say(f"order {options.order} is settled as {options.outcome.replace('-', ' ')}", options)


def _export(found: OrderSource, options: argparse.Namespace) -> int:
    # The orders before the retired ones: one that leaves meanwhile is in both, not in neither.
    orders = found.orders()
    retired = found.retired()
    try:
        done = export_orders(orders, retired, options.file)
    except (ValueError, OSError) as error:
        return fail(f"nothing was exported: {error}", ExitCode.REFUSED)
    if options.json:
        return print_json({"file": str(options.file), "orders": done.orders, "bare": done.bare})
    text = f"{options.file} has {done.orders} finished orders"
    if done.bare:
        text += f", {done.bare} of them by id and state alone: they had left the journal before"
    return say(text, options)


def _deals(found: OrderSource) -> tuple[list[Deal], list[Deal], str]:
    """Open and closed ones, by the runtime; otherwise by the journal, and why."""
    reason = found.absence
    if found.attachment is not None:
        try:
            return (
                ask(found.attachment, GetOpenedDeals(deadline=LISTS_TIMEOUT)),
                ask(found.attachment, GetClosedDeals(deadline=LISTS_TIMEOUT)),
                "",
            )
        except RequestError as error:
            reason = f"the runtime does not know the venue's deals ({error})"
    journaled: list[Order] = found.orders()
    return *deals_of(journaled), f"{reason}; these are the deals of the journal {found.journal}"


def _venue_now(attachment: Attachment | None) -> float:
    """By the venue's clock as far as it is known."""
    if attachment is None:
        return time.time()
    status: Status = ask(attachment, GetStatus())
    return status.now() + (status.clock_offset or 0.0)


def _export_path(text: str) -> Path:
    try:
        check_export_path(Path(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return Path(text)
