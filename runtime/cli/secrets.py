"""The secrets of a configuration."""

from runtime import logs
from runtime.config import Config


def config_secrets(config: Config) -> set[str]:
    """What no line of a log may contain, whole or in part."""
    account, headers = config.account, config.connection.custom_headers
    login = account.login
    sessions = [] if login is None else [account.session.get_secret_value(), login.secret.value]
    token = config.status.token.get_secret_value()
    others = {*headers.values(), *config.connection.credentials, *config.alerts.secrets, token}
    return logs.secrets_in(sessions, others)
