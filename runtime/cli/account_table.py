"""The accounts and feeds of a process as a table."""

from collections.abc import Sequence

from msgspec.structs import replace

from actors.errors import RequestError
from actors.messages.commands import GetBalance, GetStatus
from runtime.cli.asking import ask
from runtime.cli.text_table import text_table
from runtime.control.attachment import Attachment
from runtime.control.host_desk import with_status
from runtime.control.protocol import AccountState, GetAccounts
from runtime.logs import printable

BALANCE_TIMEOUT = 1.0
"""Seconds for a balance, which comes with the login."""

_TITLES = (
    *("ACCOUNT", "SESSION", "STATE", ">BALANCE", ">UP", ">STREAMS", ">OPEN", ">IN FLIGHT", ">IN DOUBT"),
    "REASON",
)


def all_accounts(attachment: Attachment) -> list[AccountState]:
    """Those of a process; of a runtime of one account that one, without a name."""
    if attachment.runtime.accounts:
        states: list[AccountState] = ask(attachment, GetAccounts())
        return states
    state = AccountState("", "account", attachment.runtime.mode, "connecting")
    state = with_status(state, ask(attachment, GetStatus()))
    try:
        balance = ask(attachment, GetBalance(deadline=BALANCE_TIMEOUT))
    except RequestError:  # no login yet, or a venue without balances
        return [state]
    return [replace(state, balance=balance.amount, currency=balance.currency)]


def account_table(states: Sequence[AccountState]) -> str:
    """A line for each; ``-`` for what it has not told, or does not have."""
    return text_table(_TITLES, [_row(state) for state in states])


def _row(state: AccountState) -> list[str]:
    counts = (state.open_deals, state.in_flight, state.in_doubt)
    return [
        state.title or "-",
        state.mode,
        state.state,
        "-" if state.balance is None else f"{state.balance:,.2f} {state.currency or ''}".rstrip(),
        f"{state.up}/{state.connections}",
        str(state.streams),
        *("-" if count is None else str(count) for count in counts),
        printable(state.remark),
    ]
