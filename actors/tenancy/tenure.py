"""The lease of one duty, as its owner sees it."""


class Tenure:
    """``epoch`` is the fencing token. All times are by the owner's clock, which does not step.

    One thread extends it, others look at it.
    """

    __slots__ = ("confirmed", "duty", "epoch", "lost", "safe_until")

    def __init__(self, duty: str, epoch: int, safe_until: float) -> None:
        self.duty = duty
        self.epoch = epoch
        self.safe_until = safe_until
        """Until then no other host can own the duty, and nothing that was begun before arrives after another
        one has it."""
        self.confirmed = True
        """Whether no failover of the engine can lose it: until then its owner sends no order."""
        self.lost = ""
        """Why it is over before that; ``""`` while it is not."""

    def __repr__(self) -> str:
        return (
            f"<Tenure {self.epoch} of {self.duty}, safe until {self.safe_until:.3f}{self.lost and ', lost'}>"
        )

    def safe(self, now: float) -> bool:
        """Whether its owner may act on it."""
        return not self.lost and now < self.safe_until
