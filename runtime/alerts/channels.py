"""The ways out of a notice. Each blocks while it sends, and raises ``SendFailed`` without a secret in it."""

import json
import time
import urllib.error
import urllib.request
import warnings
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from msgspec import structs

from actors.errors import ConfigInvalid
from runtime.alerts.alert_book import Alert, Notice
from runtime.config import Config

TIMEOUT: Final = 10.0
"""Seconds that a receiver may take."""


class SendFailed(Exception):
    """The notice has not arrived, as far as one can tell."""


class Channel(Protocol):
    @property
    def name(self) -> str:
        """Where it leads, without a secret."""

    def send(self, notice: Notice) -> None: ...


class Webhook:
    """Posts JSON to a URL; no answer but 2xx counts."""

    def __init__(self, url: str, runtime: str) -> None:
        """``runtime`` is the name under which the receiver knows this one."""
        self._url = url
        self._runtime = runtime
        self.name = f"the webhook at {urlsplit(url).hostname}"

    def send(self, notice: Notice) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "tellwire"}
        request = urllib.request.Request(self._url, self._body(notice), headers, method="POST")  # noqa: S310  # https, as the setting has it
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            raise SendFailed(f"it answers {error.code}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise SendFailed(str(getattr(reason, "strerror", None) or type(reason).__name__)) from None

    def _body(self, notice: Notice) -> bytes:
        body = {
            "version": 1,
            "runtime": self._runtime,
            "time": time.time(),
            "title": notice.title,
            "text": f"{notice.title} ({self._runtime})\n{notice.text}",
            "again": notice.again,
            "firing": [_as_dict(alert) for alert in notice.firing],
            "resolved": [_as_dict(alert) for alert in notice.resolved],
        }
        return json.dumps(body).encode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would hand the notice to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


class AppriseChannel:
    """One service that Apprise knows, by its URL."""

    def __init__(self, url: str, runtime: str) -> None:
        """Raises ``ValueError`` for a URL that Apprise does not know, ``ImportError`` without Apprise."""
        with warnings.catch_warnings():  # what its modules import is deprecated in Python 3.11
            warnings.simplefilter("ignore", DeprecationWarning)
            import apprise  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # an extra

            self._apprise = apprise.Apprise()
            known = self._apprise.add(url)

        scheme = url.partition(":")[0]
        if not known:
            raise ValueError(f"Apprise knows no such URL ({scheme}:...)")
        self.name = f"{scheme} by Apprise"
        self._runtime = runtime

    def send(self, notice: Notice) -> None:
        try:
            sent = self._apprise.notify(title=f"{notice.title} ({self._runtime})", body=notice.text)
        except Exception as error:  # noqa: BLE001  # a plugin of Apprise may raise anything
            raise SendFailed(type(error).__name__) from None
        if not sent:
            raise SendFailed("it was not delivered")


def _as_dict(alert: Alert) -> dict[str, Any]:
    return {**structs.asdict(alert.condition), "since": alert.since}


def configured(config: Config) -> list[Channel]:
    """Those of ``alerts``. Raises ``ConfigInvalid`` for a service that cannot be told."""
    runtime = "tellwire" if config.file is None else config.file.stem
    if config.name:
        runtime = f"{runtime}, {config.name}"
    webhook = config.alerts.webhook.get_secret_value()
    found: list[Channel] = [Webhook(webhook, runtime)] if webhook else []
    place = config.place(("alerts", "apprise"))
    for secret in config.alerts.apprise:
        try:
            found.append(AppriseChannel(secret.get_secret_value(), runtime))
        except ImportError:
            text = "needs Apprise: pip install 'tellwire[alerts]'"
            raise ConfigInvalid([f"{place}alerts.apprise: {text}"]) from None
        except ValueError as error:
            raise ConfigInvalid([f"{place}alerts.apprise: {error}"]) from None
    return found
