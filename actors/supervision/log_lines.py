"""The log lines of the supervisor's effects: what an operator must act on is a warning or an error."""

from actors.messages.events import ActorQuarantined, Event, OutageEnded
from actors.messages.supervision import CONNECT_AGAIN
from actors.supervision.effects import OutageLasts, Retry, WorkerIsSlow
from actors.values import LogLevel


def event_line(event: Event) -> tuple[LogLevel, str] | None:
    """The level and the text; ``None`` for an event that is logged elsewhere."""
    match event:
        case ActorQuarantined(name=name, reason=reason):
            return "ERROR", f"{name} is given up: {reason} (`tellwire ctl FILE restart {name}` tries again)"
        case OutageEnded(region="", lasted=lasted):
            return "WARNING", f"the outage of {lasted:.0f} s has ended: no connection is wanted"
        case OutageEnded(region=region, lasted=lasted):
            return "WARNING", f"the outage has ended after {lasted:.0f} s: a connection is up in {region}"
        case _:
            return None


def outage_line(outage: OutageLasts) -> str:
    """The text of an error."""
    reasons = "; ".join(outage.reasons) or "no attempt has ended yet"
    return (
        f"no connection is up for {outage.duration:.0f} s ({reasons}): nothing ticks and no order can be"
        " sent; it goes on trying, and `tellwire doctor FILE` shows which step fails"
    )


def retry_line(retry: Retry) -> tuple[LogLevel, str]:
    """One failure heals by itself as a rule. The second in a row is a warning, and so is each that doubles
    their number."""
    down = f"{retry.timer.name}{retry.where} is down ({retry.because})"
    if retry.attempt == 1 or retry.attempt.bit_count() > 1:
        return "INFO", f"{down}; next attempt {retry.when}"
    return "WARNING", f"{down}, {retry.attempt} times in a row; next attempt {retry.when}"


def disconnected_line(reason: str) -> str:
    """The text of a warning."""
    return f"all connections are disconnected ({reason}): nothing ticks and no order is sent; {CONNECT_AGAIN}"


def slow_line(slow: WorkerIsSlow) -> str:
    """The text of a warning."""
    return (
        f"{slow.name} (pid {slow.handle.pid}) does not serve {slow.waited:.0f} s after its start: the machine"
        " is busy, or the process hangs (the command Restart starts another one)"
    )
