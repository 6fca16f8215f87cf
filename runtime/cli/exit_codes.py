"""The exit codes of the commands; one number means the same in each of them."""

import enum


class ExitCode(enum.IntEnum):
    """70 is ``EX_SOFTWARE`` and 74 ``EX_IOERR`` of sysexits.h, 130 is 128 and the number of SIGINT."""

    DONE = 0
    REFUSED = 1
    MISUSED = 2
    LOGIN_REFUSED = 3
    NOT_RUNNING = 4
    NO_ANSWER = 5
    OUTAGE = 6
    IN_USE = 7
    FAILED = 70
    UNWRITTEN = 74
    INTERRUPTED = 130


RUN_CODES = (
    ExitCode.DONE,
    ExitCode.MISUSED,
    ExitCode.LOGIN_REFUSED,
    ExitCode.OUTAGE,
    ExitCode.IN_USE,
    ExitCode.FAILED,
    ExitCode.UNWRITTEN,
    ExitCode.INTERRUPTED,
)

CANDLES_CODES = (
    ExitCode.DONE,
    ExitCode.MISUSED,
    ExitCode.LOGIN_REFUSED,
    ExitCode.FAILED,
    ExitCode.UNWRITTEN,
    ExitCode.INTERRUPTED,
)

TOP_CODES = (
    ExitCode.DONE,
    ExitCode.REFUSED,
    ExitCode.MISUSED,
    ExitCode.NOT_RUNNING,
    ExitCode.NO_ANSWER,
    ExitCode.UNWRITTEN,
    ExitCode.INTERRUPTED,
)

REPORT_CODES = (
    ExitCode.DONE,
    ExitCode.REFUSED,
    ExitCode.MISUSED,
    ExitCode.UNWRITTEN,
    ExitCode.INTERRUPTED,
)

CTL_CODES = (
    ExitCode.DONE,
    ExitCode.REFUSED,
    ExitCode.MISUSED,
    ExitCode.NOT_RUNNING,
    ExitCode.NO_ANSWER,
    ExitCode.OUTAGE,
    ExitCode.UNWRITTEN,
    ExitCode.INTERRUPTED,
)
"""Those of each command, in the order of its help."""

_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused (the reason is on stderr), not ready, or a FAIL of the doctor",
    ExitCode.MISUSED: "bad arguments or configuration",
    ExitCode.LOGIN_REFUSED: "login refused by the venue",
    ExitCode.NOT_RUNNING: "no runtime is running",
    ExitCode.NO_ANSWER: "a runtime is there but does not answer",
    ExitCode.OUTAGE: "no connection to the venue is up, or the engine of a cluster is away",
    ExitCode.IN_USE: "another runtime has the journal or the account",
    ExitCode.FAILED: "internal failure",
    ExitCode.UNWRITTEN: "the answer could not be written",
    ExitCode.INTERRUPTED: "interrupted",
}


def meaning(code: ExitCode) -> str:
    """What ``code`` says, in a few words."""
    return _MEANINGS[code]


def explain(*codes: ExitCode) -> str:
    """``codes`` with their meanings, for the end of a command's help."""
    return f"exit codes: {', '.join(f'{code} {meaning(code)}' for code in codes)}"
