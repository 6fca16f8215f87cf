"""The connections of an engine's client. With sentinels each one asks them first where the primary is."""

import socket
import time
from typing import Any, Final, NamedTuple

import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry

from runtime.cluster.address import CERTIFICATES, EngineAddress, Place
from runtime.cluster.forms import ms

LEAST_PATIENCE: Final = 0.1
"""Seconds that one sentinel gets at least: a connection over some distance takes two round trips."""


class NoPrimary(valkey.ConnectionError):
    """No sentinel names a primary that can be used. Its text is one of ours, without secrets."""


class SentinelReport(NamedTuple):
    """What the sentinel at ``place`` knows; ``problem`` is why it knows nothing, ``""`` if it does.
    ``down_after`` is how long the primary may be silent, in seconds."""

    place: Place
    problem: str
    primary: str = ""
    down_after: float = 0.0


class Sentinels:
    """Any thread may ask. Nothing is remembered but which one has answered last: it is asked first."""

    def __init__(self, address: EngineAddress, timeout: float) -> None:
        """``timeout`` is for all of them together."""
        self._name = address.name
        self._all = address.places
        self._places = list(address.places)
        self._timeout = timeout
        self._settings = _settings(address, timeout) | {
            "db": 0,
            "username": None,
            "password": address.sentinel_password or None,
        }
        self._kind = _kind(address)

    def primary(self) -> Place:
        """Raises ``NoPrimary`` with what each one has said."""
        give_up_at = time.monotonic() + self._timeout
        places, said = list(self._places), []
        for tried, place in enumerate(places):
            left = (give_up_at - time.monotonic()) / (len(places) - tried)
            try:
                found = self._ask(place, "GET-MASTER-ADDR-BY-NAME", left)
            except (valkey.ValkeyError, OSError) as error:
                said.append(f"{place}: {reason_of(error)}")
                continue
            if found is not None:
                self._places = [place, *(each for each in places if each != place)]
                return Place(found[0].decode(), int(found[1]))
            said.append(f"{place}: it knows no {self._name}")
        raise NoPrimary(f"no sentinel names its primary ({'; '.join(said)})")

    def reports(self) -> list[SentinelReport]:
        """That of each, in their order in the URL."""
        return [self._report(place) for place in self._all]

    def _report(self, place: Place) -> SentinelReport:
        try:
            words = self._ask(place, "MASTER", self._timeout / len(self._all))
        except valkey.ResponseError:
            return SentinelReport(place, f"it knows no {self._name}")
        except (valkey.ValkeyError, OSError) as error:
            return SentinelReport(place, reason_of(error))
        facts = {name.decode(): value.decode() for name, value in zip(words[::2], words[1::2], strict=True)}
        primary = Place(facts["ip"], int(facts["port"]))
        return SentinelReport(place, "", str(primary), int(facts["down-after-milliseconds"]) / 1000)

    def _ask(self, place: Place, question: str, patience: float) -> Any:
        """The answer of the one at ``place``. Raises errors of the client."""
        patience = max(patience, LEAST_PATIENCE)
        times = {"socket_timeout": patience, "socket_connect_timeout": patience}
        connection: Any = self._kind(**{**self._settings, **times, "host": place.host, "port": place.port})
        try:
            connection.connect()
            connection.send_command("SENTINEL", question, self._name)
            return connection.read_response()
        finally:
            connection.disconnect()


class _ToThePrimary:
    """Mixed into a connection of the client: where it goes is asked anew for each connect."""

    _sock: Any

    def __init__(self, sentinels: Sentinels, **settings: Any) -> None:
        self._sentinels = sentinels
        super().__init__(**settings)

    def connect(self) -> None:
        connection: Any = super()
        if self._sock is not None:
            return
        self.host, self.port = place = self._sentinels.primary()
        try:
            connection.connect()
            connection.send_command("ROLE")
            role = connection.read_response()[0]
        except (valkey.ValkeyError, OSError) as error:
            connection.disconnect()
            raise NoPrimary(f"the primary that its sentinels name, {place}: {reason_of(error)}") from None
        if role != b"master":  # the sentinel has not heard of a failover
            connection.disconnect()
            raise NoPrimary(f"{place} is a replica, though its sentinels name it as the primary")


class _Plain(_ToThePrimary, valkey.Connection):
    pass


class _Tls(_ToThePrimary, valkey.SSLConnection):
    pass


def pool_of(address: EngineAddress, timeout: float) -> valkey.ConnectionPool:
    """``timeout`` is the longest time for a connection, for all sentinels together, and for an answer."""
    settings = _settings(address, timeout)
    if not address.name:
        (place,) = address.places
        return valkey.ConnectionPool(_kind(address), host=place.host, port=place.port, **settings)
    kind = _Tls if address.tls else _Plain
    return valkey.ConnectionPool(kind, sentinels=Sentinels(address, timeout), **settings)


def reason_of(error: Exception) -> str:
    """In words of our own: those of the client may quote what was sent, or a password."""
    if isinstance(error, NoPrimary):
        return str(error)
    if isinstance(error, valkey.TimeoutError):
        return "it did not answer in time"
    if isinstance(error, valkey.BusyLoadingError):
        return "it is still loading its data"
    if isinstance(error, valkey.AuthenticationError):
        return "it refuses the user or the password"
    cause = error if isinstance(error, OSError) else error.__context__
    said = cause.strerror if isinstance(cause, OSError) else None
    if isinstance(cause, FileNotFoundError | IsADirectoryError) or getattr(cause, "library", "") == "X509":
        return f"the file of {CERTIFICATES} cannot be used: {said}"
    return f"no connection: {said}" if said else "no connection"


def _kind(address: EngineAddress) -> Any:
    return valkey.SSLConnection if address.tls else valkey.Connection


def _settings(address: EngineAddress, timeout: float) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "db": address.database,
        "username": address.user or None,
        "password": address.password or None,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_timeout": False,
        "lib_name": None,
        "lib_version": None,
    }
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        settings["socket_keepalive"] = True
        settings["socket_keepalive_options"] = {socket.TCP_USER_TIMEOUT: ms(timeout)}
    if address.tls:
        settings["ssl_check_hostname"] = True  # else any certificate of a known authority would do
        if address.certificates:
            settings["ssl_ca_certs"] = address.certificates
    return settings
