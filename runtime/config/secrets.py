"""The secrets of a configuration."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr

from runtime.config.types.problems import Path
from runtime.logs.scrubber import secrets_in, tokens

if TYPE_CHECKING:
    from runtime.config.models import Config


def secrets_of(configs: Iterable["Config"]) -> frozenset[str]:
    """Every value that the models mark as secret, and what is a secret by itself in it, such as a password in
    a URL: a variable of the environment may hold that alone. Of header fields no short value: it is in many
    other texts."""
    found: set[str] = set()
    for config in configs:
        sessions, headers = config.account.sessions, config.connection.secret_headers.values()
        found.update(_marked(config), sessions, secrets_in([], headers))
        found |= config.connection.credentials | config.cluster.credentials
        if not config.cluster.credentials:
            found.discard(config.cluster.engine.get_secret_value())  # which says where it is, and no more
        for text in (*sessions, *headers, *config.alerts.secrets):
            found |= tokens(text)
    return frozenset(found - {""})


def inserted_secrets(config: "Config", inserted: Mapping[Path, Iterable[str]]) -> frozenset[str]:
    """The values that references have inserted into settings that are secret, each as it is and with its
    percent-encoding undone: a variable of the environment holds such a part alone."""
    found: set[str] = set()
    for path, values in inserted.items():
        found.update(_secret_parts(*_of_duty(config, path), values))
    return frozenset(found | {unquote(value) for value in found}) - {""}


def share_secrets(configs: Iterable["Config"]) -> None:
    """Have each of ``configs`` know the secrets of all: they are of one process."""
    known = [*configs]
    secrets = frozenset[str]().union(*(each.secrets for each in known))
    for each in known:
        each.learn_secrets(secrets)


def _marked(value: object) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from _marked(getattr(value, name))
        case list():
            for each in value:
                yield from _marked(each)


def _of_duty(config: "Config", path: Path) -> tuple["Config", Path]:
    """The configuration that a setting of the file counts in, and where it is there."""
    match path:
        case (("accounts" | "feeds") as kind, int(index), *rest):
            own = config.duties[getattr(config, kind)[index].name]
            return own, ("account", "session") if rest == ["session"] else tuple(rest)
        case _:
            return config, path


def _secret_parts(config: "Config", path: Path, values: Iterable[str]) -> Iterable[str]:
    """Those of ``values``, which are parts of the setting at ``path``, that are secrets."""
    match path:
        case ("connection", "proxy"):
            proxy = config.connection.parsed_proxy
            return _parts_of(proxy.password.value or proxy.user.value, values) if proxy else ()
        case ("cluster", "engine"):
            engine = config.cluster.address
            passwords = (engine.password, engine.sentinel_password) if engine else ()
            return {value for password in passwords for value in _parts_of(password, values)}
        case ("connection", "custom_headers", name):
            return secrets_in([], values) if name in config.connection.secret_headers else ()
        case ("account", "session"):
            return secrets_in([], values)  # the flags and numbers in it are in many other texts
        case ("alerts", "apprise", int(index)):
            login = config.alerts.apprise[index].get_secret_value().partition("://")[2].rpartition("@")[0]
            user, colon, _ = login.partition(":")
            return [value for value in values if not colon or value != user]
        case _:
            return values if isinstance(_at(config, path), SecretStr) else ()


def _parts_of(password: str, values: Iterable[str]) -> Iterator[str]:
    """Those of ``values`` that are in ``password``, or have it in them; a host and a user are not."""
    for value in values:
        plain = unquote(value)
        if password and plain and (plain in password or password in plain):
            yield value


def _at(value: object, path: Path) -> object:
    for step in path:
        match value, step:
            case BaseModel(), str():
                value = getattr(value, step, None)
            case list(), int():
                value = value[step]
            case _:
                return None
    return value
