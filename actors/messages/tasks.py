"""What is done again and again, in the background."""

from msgspec import Struct


class TaskStatus(Struct, frozen=True):
    """One periodic message of an actor: every ``interval`` seconds, ``last_run`` seconds ago (``None``
    before the first), again in ``next_run`` seconds; ``last_error`` is that of the last run."""

    owner: str
    name: str
    interval: float
    last_run: float | None
    next_run: float
    last_error: str = ""
