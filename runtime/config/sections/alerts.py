"""The addresses of alerts."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from runtime.config.types import addresses, fields
from runtime.config.types.section import Section


class AlertsConfig(Section):
    """The addresses that are told of an outage, an order in doubt, a halt, a part that was given up, a stale
    stream, and the daily loss. Without one, nothing is told."""

    webhook: Annotated[SecretStr, AfterValidator(addresses.webhook)] = SecretStr("")
    """A URL that a notice is posted to, as JSON. It is a secret."""
    apprise: list[SecretStr] = []
    """URLs of services that Apprise knows, such as tgram://TOKEN/CHAT. They are secrets."""
    group_for: fields.Lifetime = 10.0
    """What begins or ends within this time is one notice."""
    repeat_after: fields.Duration = 3600.0
    """What still lasts is told again after this time."""

    @property
    def secrets(self) -> list[str]:
        """No log may contain them."""
        return [each.get_secret_value() for each in (self.webhook, *self.apprise) if each.get_secret_value()]
