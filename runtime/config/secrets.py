"""The secrets of a configuration."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr

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
