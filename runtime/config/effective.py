"""The configuration as YAML, with every default and without secrets."""

import re
from typing import Any

import yaml

from runtime.config.duties import KINDS, OWN
from runtime.config.models import RULES, Config
from runtime.config.sections.account import AccountConfig, session_unless_written
from runtime.config.sections.accounts import AccountEntry, FeedEntry
from runtime.config.sections.connection import ConnectionConfig
from runtime.config.source import resolve
from runtime.config.types.problems import Unreadable
from runtime.config.types.units import show_duration

_HIDDEN = "***"
_ENGINE_PASSWORDS = "${TELLWIRE_ENGINE_PASSWORD:-}", "${TELLWIRE_SENTINEL_PASSWORD:-}"
"""Variables that would have that of the engine, and that of its sentinels."""


class _Dumper(yaml.SafeDumper):
    """Quotes a text that ``resolve`` would read as another value."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        plain = resolve(text) == text
    except Unreadable:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "'")


_Dumper.add_representer(str, _text)


def effective_yaml(config: Config) -> str:
    """``config`` as a file that loads to the same values, except for the secrets."""
    settings = _settings(config)
    if config.duties:
        settings["account"] = {"venue": config.account.venue}
        for kind in KINDS:
            listed = getattr(config, kind)
            settings[kind] = [_entry(kind, entry, config.duties[entry.name]) for entry in listed]
    return yaml.dump(settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _settings(config: Config) -> dict[str, Any]:
    """All settings of a configuration without accounts, or of one of them."""
    settings = config.model_dump(mode="json", exclude=set(KINDS))
    settings["account"]["session"] = _session(config.account)
    connection = config.connection
    settings["connection"]["custom_headers"] |= dict.fromkeys(connection.secret_headers, _HIDDEN)
    settings["connection"]["proxy"] = _proxy(connection)
    settings["connection"]["client_key_password"] = _HIDDEN if connection.client_key_password else ""
    alerts = settings["alerts"]
    alerts["webhook"] = _HIDDEN if alerts["webhook"] else ""
    alerts["apprise"] = [_HIDDEN] * len(alerts["apprise"])
    settings["status"]["token"] = _HIDDEN if config.status.token.get_secret_value() else ""
    engine = config.cluster.address
    settings["cluster"]["engine"] = "" if engine is None else engine.url(*_ENGINE_PASSWORDS)
    if config.account.profile.trading is None:
        for name in RULES - config.orders.model_fields_set:  # nothing that the venue says
            del settings["orders"][name]
    return {"config_version": settings.pop("config_version"), "account": settings.pop("account")} | (
        {kind: [] for kind in KINDS} | settings
    )


def _entry(kind: str, entry: AccountEntry | FeedEntry, alone: Config) -> dict[str, Any]:
    """What it has of its own, as it counts; a session by the name of a variable that would have it."""
    settings = _settings(alone)
    shown: dict[str, Any] = {"name": entry.name, "venue": alone.account.venue}
    if isinstance(entry, FeedEntry):
        shown |= {"assets": entry.assets, "period": show_duration(entry.period)}
    else:
        shown["allow_live"] = entry.allow_live
    if isinstance(entry, FeedEntry) and entry.accounts:
        shown["accounts"] = entry.accounts
    else:
        shown["session"] = f"${{{re.sub('[^A-Z0-9]', '_', entry.name.upper())}_SSID:-}}"
    if entry.hosts:
        shown["hosts"] = entry.hosts
    own = sorted(OWN[kind] & entry.model_fields_set)
    return shown | {section: settings[section] for section in own}


def _proxy(connection: ConnectionConfig) -> str:
    proxy = connection.parsed_proxy
    if proxy is None or not proxy.user.value:
        return str(proxy or "")
    return str(proxy).replace("://", f"://{_HIDDEN}@")


def _session(account: AccountConfig) -> str:
    """Empty only if the file says so: then the environment does not end the practice."""
    written_empty = "session" in account.model_fields_set and account.login is None
    return "" if written_empty else session_unless_written(account.profile)
