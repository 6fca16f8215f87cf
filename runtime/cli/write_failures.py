"""What a write to standard output that failed means for a run."""

from loguru import logger

from runtime.cli.output.stdout import OutputFailed, has_left
from runtime.cli.stop_reasons import StopReason, StopReasons


class WriteFailures:
    """Called with each write that failed; stops the run, unless its terminal was closed: that happens when a
    remote line drops, and must cost no stream."""

    def __init__(self, stop_reasons: StopReasons) -> None:
        self._stop_reasons = stop_reasons
        self.error: OutputFailed | None = None
        """Why the output is incomplete; ``None`` too if only its reader has left."""

    def __call__(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError):
            self._stop_reasons.announce(StopReason.READER_GONE)
        elif not has_left(error) and self.error is None:
            self.error = OutputFailed(f"standard output cannot be written ({error.strerror})")
            logger.error("{}", self.error)
            self._stop_reasons.announce(StopReason.UNWRITTEN)
