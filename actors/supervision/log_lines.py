"""The log lines of the supervisor's effects: what an operator must act on is a warning or an error."""

from loguru import logger

from actors.messages.events import ActorQuarantined, Event, OutageEnded
from actors.supervision.effects import OutageLasts, Retry, WorkerIsSlow


def log_event(event: Event) -> None:
    match event:
        case ActorQuarantined():
            logger.error(
                "{} is given up: {} (`tellwire ctl FILE restart {}` tries again)",
                event.name,
                event.reason,
                event.name,
            )
        case OutageEnded(region=""):
            logger.warning("the outage of {:.0f} s has ended: no connection is wanted", event.lasted)
        case OutageEnded():
            logger.warning(
                "the outage has ended after {:.0f} s: a connection is up in {}", event.lasted, event.region
            )


def log_outage(outage: OutageLasts) -> None:
    logger.error(
        "no connection is up for {:.0f} s ({}): nothing ticks and no order can be sent; it goes on trying, "
        "and `tellwire doctor FILE` shows which step fails",
        outage.duration,
        "; ".join(outage.reasons) or "no attempt has ended yet",
    )


def log_retry(retry: Retry) -> None:
    """One failure heals by itself as a rule. The second in a row is a warning, and so is each that doubles
    their number."""
    if retry.attempt > 1 and retry.attempt.bit_count() == 1:
        logger.warning(
            "{}{} is down ({}), {} times in a row; next attempt {}",
            retry.timer.name,
            retry.where,
            retry.because,
            retry.attempt,
            retry.when,
        )
    else:
        logger.info(
            "{}{} is down ({}); next attempt {}", retry.timer.name, retry.where, retry.because, retry.when
        )


def log_slow_worker(slow: WorkerIsSlow) -> None:
    logger.warning(
        "{} (pid {}) does not serve {:.0f} s after its start: the machine is busy, or the process hangs "
        "(the command Restart starts another one)",
        slow.name,
        slow.handle.pid,
        slow.waited,
    )
