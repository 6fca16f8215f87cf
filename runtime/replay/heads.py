"""What the head of a recording says of the session: its settings, and a login of its form."""

import yaml
from pydantic import ValidationError

from actors.errors import ConfigInvalid, LoginInvalid, RequestRefused
from actors.venues import UnknownVenue, venue
from actors.venues.base import Login
from runtime.config import Config
from runtime.recording.lines import Head

_AT_ONCE = {
    "reconnect": {"reconnect_delay": "10ms", "max_delay": "10ms", "jitter": False},
    "supervision": {"max_restarts": 1000},
}
"""A connection is there before its next life begins in the recording."""


def replay_config(head: Head) -> Config:
    """The recorded settings, so that connections are there before their lives begin in the recording. Raises
    ``RequestRefused``."""
    try:
        settings = yaml.safe_load(head.settings)
        settings["pool"]["workers"] = 0
        settings["limits"]["connects"] = ["1000/s"]
        settings["account"]["session"] = ""
        for name, values in _AT_ONCE.items():
            settings[name] = settings.get(name, {}) | values
        return Config.model_validate(settings)
    except (yaml.YAMLError, ValidationError, ConfigInvalid, KeyError, TypeError) as error:
        raise RequestRefused(f"the settings in the recording cannot be used: {error}") from None


def recorded_login(head: Head) -> Login:
    """With other letters and digits than that of the session. Raises ``RequestRefused``."""
    try:
        return venue(head.venue).parse_login(head.login)
    except (UnknownVenue, LoginInvalid) as error:
        raise RequestRefused(f"the recording cannot be replayed: {error}") from None
