"""How far a dial came, and how long each of its steps took."""

import contextlib
import enum
import time
from collections.abc import Iterator, Mapping


class DialStep(enum.Enum):
    """The steps of a dial, in their order; an error's text names them by their value."""

    LOOK_UP = "looking up the name"
    CONNECT = "connecting"
    TLS = "starting TLS"
    UPGRADE = "waiting for the upgrade"


class DialTrace:
    """Filled in by one dial, whether it opens or fails."""

    def __init__(self) -> None:
        self.step = DialStep.LOOK_UP
        """The step under way, or the last one."""
        self.seconds: dict[DialStep, float] = {}
        """Of the completed steps: CONNECT is that to the address which answered,
        or to a proxy and its tunnel; UPGRADE is complete with any
        HTTP answer, and takes a round trip and what the server needs for it."""
        self.answer: Mapping[str, str] = {}
        """The header fields of the HTTP answer, their names in lower case."""

    @contextlib.contextmanager
    def during(self, step: DialStep) -> Iterator[None]:
        """Time ``step``; an exception leaves it incomplete."""
        self.step = step
        started = time.perf_counter()
        yield
        self.seconds[step] = time.perf_counter() - started
