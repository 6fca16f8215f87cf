"""Starts the actor that sends alerts."""

from typing import Any

import pykka

from runtime.alerts.alert_book import AlertBook
from runtime.alerts.channels import configured
from runtime.alerts.conditions import TARGET
from runtime.alerts.notifier import Notifier
from runtime.config import Config
from runtime.system.guardian import Guardian, OnFailure


def start_notifier(config: Config, guardian: Guardian) -> pykka.ActorRef[Any]:
    """Raises ``ConfigInvalid`` for a service that cannot be told."""
    book = AlertBook(config.alerts.group_for, config.alerts.repeat_after)
    target = f"{TARGET} --account {config.name}" if config.name else TARGET
    return guardian.start(Notifier, book, configured(config), target, on_failure=OnFailure.LOG)
