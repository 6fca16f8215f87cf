"""The line of the log about an account that could not be started."""

from loguru import logger

from actors.errors import TellwireError


def log_failed_start(name: str, error: Exception) -> None:
    with logger.contextualize(account=name):
        if isinstance(error, TellwireError | OSError):
            logger.error("{}", error)
        else:
            logger.opt(exception=error).critical("an unexpected error: report this with the log")
