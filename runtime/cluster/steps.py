"""What a carrier is asked to do in threads of their own, and what has come of it. No error leaves them."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pykka
from loguru import logger
from msgspec import Struct

from actors.tenancy.tenure import Tenure
from runtime.cluster.carrier import Carrier

NO_THREAD: Final = "it has no thread"


class DutyBegun(Struct, frozen=True):
    tenure: Tenure
    problem: str


class DutyEnded(Struct, frozen=True):
    tenure: Tenure
    has_stopped: bool = True  # whether nothing of it is left


class StandbyBegun(Struct, frozen=True):
    """``problem`` is why the start has failed."""

    duty: str
    problem: str = ""


class StandbyEnded(Struct, frozen=True):
    duty: str


Step: TypeAlias = DutyBegun | DutyEnded | StandbyBegun | StandbyEnded


def begin(carrier: Carrier, tenure: Tenure, clock: Callable[[], float]) -> DutyBegun:
    return DutyBegun(tenure, _problem_of(lambda: carrier.start(tenure, clock)))


def end(carrier: Carrier, tenure: Tenure) -> DutyEnded:
    stopped = _has_stopped(lambda: carrier.stop(tenure), tenure.duty, ", its lease ends by itself")
    return DutyEnded(tenure, stopped)


def begin_standby(carrier: Carrier, duty: str) -> StandbyBegun:
    return StandbyBegun(duty, _problem_of(lambda: carrier.stand_by(duty)))


def end_standby(carrier: Carrier, duty: str) -> StandbyEnded:
    _has_stopped(lambda: carrier.stand_down(duty), duty)
    return StandbyEnded(duty)


def _problem_of(start: Callable[[], str]) -> str:
    try:
        return start()
    except Exception as error:  # noqa: BLE001  # whatever it is, another host may have more luck
        logger.opt(exception=error).critical("an unexpected error: report this with the log")
        return f"its start failed ({type(error).__name__})"


def _has_stopped(stop: Callable[[], None], duty: str, consequence: str = "") -> bool:
    try:
        stop()
    except Exception as error:  # noqa: BLE001  # whatever it is, the lease must end, and the owner goes on
        text = "{} could not be stopped{}: restart this host, and report this"
        logger.opt(exception=error).critical(text, duty, consequence)
        return False
    return True


def in_background(duty: str, work: Callable[[], Step], unable: Step, steward: pykka.ActorRef[Any]) -> None:
    """Tell ``steward`` what comes of ``work``; ``unable`` if the system has no thread for it."""

    def run() -> None:
        done = work()
        with contextlib.suppress(pykka.ActorDeadError):  # the duty has ended after the steward
            steward.tell(done)

    try:
        threading.Thread(target=run, name=duty, daemon=True).start()
    except RuntimeError as error:
        logger.error("{}: {}: raise the limit of threads", duty, error)
        steward.tell(unable)
