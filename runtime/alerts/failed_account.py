"""The notice that one of several accounts could not start or go on: its own notifier has ended with it."""

import threading
import time

from loguru import logger

from actors.errors import ConfigInvalid
from runtime.alerts.alert_book import Alert, Notice
from runtime.alerts.channels import SendFailed, configured
from runtime.alerts.conditions import Condition
from runtime.config import Config


def tell_in_background(config: Config, reason: str) -> None:
    """Send it once, in a thread, to those whom ``alerts`` of the account names. Returns at once."""
    if config.alerts.secrets:
        threading.Thread(target=_tell, args=(config, reason), name="alert", daemon=True).start()


def _tell(config: Config, reason: str) -> None:
    text = f"the account {config.name} does not run: {reason}; `tellwire ctl FILE reload` starts it again"
    notice = Notice((Alert(Condition("account", config.name, "critical", text), time.time()),))
    try:
        channels = configured(config)
    except ConfigInvalid as error:
        logger.warning("nobody is told, mend the addresses in alerts: {}", error)
        return
    for channel in channels:
        try:
            channel.send(notice)
        except SendFailed as error:
            text = "{} was not told that {} does not run, see the log for its reason: {}"
            logger.warning(text, channel.name, config.name, error)
