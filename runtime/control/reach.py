"""Attaching by an engine: which duty, and whether a host answers for it."""

import contextlib
import time
from collections.abc import Sequence
from typing import Final

from actors.errors import ConfigInvalid, NoRuntime, RequestRefused
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.cluster.outcomes import EngineAway
from runtime.control.engine_line import EngineLine
from runtime.control.protocol import VERSION, FromGateway, Hello, HelloRefused, Welcome

ANSWERS_WITHIN: Final = 1.0
"""Seconds that the engine may take for one answer."""


def reach(url: str, account: str, timeout: float, *, operates: bool) -> tuple[EngineLine, Welcome]:
    """A line to the host that has the account or feed of this name, and what it says of itself.

    Raises ``ConfigInvalid`` for what is no URL of an engine, ``NoRuntime`` if no host answers within
    ``timeout`` seconds, ``RequestRefused``.
    """
    try:
        address = parse_address(url)
    except ValueError as error:
        raise ConfigInvalid([str(error)]) from None
    engine = Engine(address, min(timeout, ANSWERS_WITHIN))
    with contextlib.ExitStack() as abandoned:
        abandoned.callback(engine.close)
        try:
            duty = _duty(engine, account)
            line = EngineLine(engine, duty)
            abandoned.callback(line.close)
            welcome = _greet(line, Hello(VERSION, "", operates), time.monotonic() + timeout)
        except EngineAway as error:
            raise NoRuntime(str(error)) from None
        if welcome is None:
            raise NoRuntime(f"no host answers for {account}: none has it now, or it hangs")
        abandoned.pop_all()
    return line, welcome


def _duty(engine: Engine, account: str) -> str:
    for kind in ("account", "feed"):
        if engine.newest_epoch(f"{kind}:{account}"):
            return f"{kind}:{account}"
    raise NoRuntime(f"no host has ever had an account or a feed {account!r} by this engine")


def _greet(line: EngineLine, hello: Hello, give_up_at: float) -> Welcome | None:
    messages: Sequence[FromGateway] = line.send(hello)
    while True:
        for message in messages:
            match message:
                case Welcome():
                    return message
                case HelloRefused(reason=reason):
                    raise RequestRefused(f"the host of the account refuses this process: {reason}")
        if (left := give_up_at - time.monotonic()) <= 0:
            return None
        messages = line.receive() if line.comes_within(min(left, line.tends_every)) else line.tend()
