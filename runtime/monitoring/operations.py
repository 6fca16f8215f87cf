"""What an operator may do to a running runtime, and what is said when it is done."""

from collections.abc import Callable
from typing import Any, NamedTuple

from actors.messages.commands import (
    Command,
    Connect,
    Disconnect,
    Halt,
    Restart,
    Resume,
    SubscribeTicks,
    UnsubscribeTicks,
)


class Operation(NamedTuple):
    """A command, and the words for its answer."""

    command: Command[Any]
    said: Callable[[Any], str]


def halt(reason: str) -> Operation:
    return Operation(Halt(reason), lambda _: "no order is sent from now on")


def resume() -> Operation:
    return Operation(
        Resume(),
        lambda was_halted: "orders are sent again" if was_halted else "orders were not halted",
    )


def restart(name: str) -> Operation:
    return Operation(Restart(name), lambda _: f"{name} restarts")


def disconnect(reason: str) -> Operation:
    return Operation(Disconnect(reason), lambda _: "all connections are closed until connect")


def connect() -> Operation:
    return Operation(
        Connect(),
        lambda was_disconnected: "it connects again" if was_disconnected else "it was not disconnected",
    )


def subscribe(asset: str, period: int) -> Operation:
    return Operation(
        SubscribeTicks(asset, period),
        lambda confirmed: f"{confirmed.asset} streams on {confirmed.connection}",
    )


def unsubscribe(asset: str) -> Operation:
    return Operation(UnsubscribeTicks(asset), lambda goes_on: goes_on or f"{asset} no longer streams")
