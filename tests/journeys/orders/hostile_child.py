"""A program in which another library has changed every setting of the process that it can, and that trades.

Prints what came of one order of 1,234.56 as a line of JSON.
"""

import decimal
import json
import locale
import signal
import socket
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pykka

from actors.messages import AwaitResult, Command, Direction, GetBalance, GetStatus, PlaceOrder
from runtime import Runtime, attach
from runtime.config import Config

TIMEOUT = 20.0


def spoil() -> None:
    for context in (decimal.DefaultContext, decimal.getcontext()):
        context.prec = 2
        context.rounding = decimal.ROUND_UP
        for trap in (decimal.Inexact, decimal.Rounded, decimal.Subnormal, decimal.FloatOperation):
            context.traps[trap] = True
    socket.setdefaulttimeout(0.001)
    for name in ("de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
            break
        except locale.Error:
            continue  # this machine does not have it
    for number in ("SIGPIPE", "SIGCHLD", "SIGALRM"):
        if hasattr(signal, number):
            signal.signal(getattr(signal, number), signal.SIG_DFL)


def ask(router: pykka.ActorRef[Any], command: Command) -> Any:
    return router.ask(command, timeout=TIMEOUT)


def trade(folder: Path) -> dict[str, str]:
    control = str(folder / "control.sock")
    settings = {
        "account": {"session": ""},
        "pool": {"workers": 1, "connections": 1},
        "orders": {"journal": str(folder / "orders.sqlite"), "daily_loss": 40_000},
        "control": {"socket": control},
    }
    order = PlaceOrder("EURUSD_otc", Decimal("1234.56"), Direction.CALL, 5, deadline=TIMEOUT)
    with Runtime(Config.model_validate(settings)) as runtime, attach(control, timeout=TIMEOUT) as attached:
        before = ask(runtime.router, GetBalance())
        deal = ask(attached.router, order)
        closed = ask(attached.router, AwaitResult(deal.id))
        after = ask(runtime.router, GetBalance())
        [loss] = [
            limit.used
            for limit in ask(runtime.router, GetStatus()).desk.limits
            if limit.name == "orders.daily_loss"
        ]
    return {
        "amount": str(closed.amount),
        "payout": str(closed.payout),
        "profit": str(closed.profit),
        "before": str(before.amount),
        "after": str(after.amount),
        "loss": str(loss),
    }


if __name__ == "__main__":
    spoil()
    with tempfile.TemporaryDirectory() as temporary:
        sys.stdout.write(json.dumps(trade(Path(temporary))) + "\n")
