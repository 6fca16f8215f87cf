"""The secrets of a configuration."""

from runtime import logs
from runtime.config import Config


def config_secrets(config: Config) -> set[str]:
    """What no line of a log may contain, whole or in part."""
    found: set[str] = set()
    for each in (config, *config.duties.values()):
        account, headers = each.account, each.connection.custom_headers
        login = account.login
        sessions = [] if login is None else [account.session.get_secret_value(), login.secret.value]
        token = each.status.token.get_secret_value()
        others = {*headers.values(), *each.connection.credentials, *each.alerts.secrets, token}
        found |= logs.secrets_in(sessions, others)
    return found
