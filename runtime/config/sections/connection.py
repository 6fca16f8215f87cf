"""How one WebSocket behaves."""

import pathlib
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, ValidationInfo, model_validator

from actors.messages.workers import credentials_in
from actors.network import Proxy
from actors.transport.address import parse_proxy
from runtime.config.sections.account import DEFAULTS
from runtime.config.types import fields, pem, units
from runtime.config.types.checks import found
from runtime.config.types.fields import Duration, Flag, between, compared
from runtime.config.types.paths import expanded
from runtime.config.types.section import Section

_MIB = 1024 * 1024
_HARMLESS_HEADERS = {"user-agent", "accept-language", "cache-control", "pragma"}


def _place(text: str, info: ValidationInfo) -> pathlib.Path:
    """A relative path begins at the configuration's folder, or else at the current one."""
    return (info.context if isinstance(info.context, pathlib.Path) else pathlib.Path()) / expanded(text)


def _certificates(text: str, info: ValidationInfo) -> str:
    """Read now, as each connection reads it later."""
    if text and (problem := pem.problem_of_certificates(_place(text, info))):
        raise ValueError(problem)
    return text


def _private_key(text: str, info: ValidationInfo) -> str:
    if text and (problem := pem.problem_of_key(_place(text, info))):
        raise ValueError(problem)
    return text


_CertificateFile = Annotated[fields.FilePath, AfterValidator(_certificates)]
_KeyFile = Annotated[fields.FilePath, AfterValidator(_private_key)]


class ConnectionConfig(Section):
    """How one WebSocket behaves."""

    open_timeout: Duration = 10.0
    """For connect, TLS, handshake and login together."""
    ping_interval: Duration = 20.0
    """A WebSocket ping is sent when nothing has arrived for this long."""
    ping_timeout: Duration = 10.0
    """A connection whose ping is unanswered for this long is closed."""
    close_timeout: Duration = 2.0
    """How long a close waits for the venue's close frame."""
    keep_alive_interval: Duration = DEFAULTS.keep_alive_interval
    """Between the venue's own keep-alive messages; the venue hangs up on a client that sends none."""
    inbound_linger: Annotated[fields.Pause, compared("<", "ping_timeout", "pongs would be read too late")] = (
        0.0
    )
    """The least time between two reads of a socket. What arrives meanwhile is read at once, at a fraction of
    the cost. Not delayed are the first read after a pause, the login, and the answers to requests."""
    message_timeout: fields.MessageTimeout = 30.0
    """How long a request waits for its answer, unless the request has a deadline of its own."""
    proxy: fields.ProxyUrl = SecretStr("")
    """What connections to the venue go through: http://, https:// or socks5:// with host and port, and with
    user:password@ before the host if it asks for them. The proxy looks up the venue's name. Empty: none; the
    variables HTTP_PROXY, HTTPS_PROXY and ALL_PROXY are not used."""
    ssl_verify: Flag = True
    """Whether the venue's certificate is checked; if not, anyone on the network path can read the session."""
    ca_file: _CertificateFile = ""
    """A PEM file with the certificate authorities that count, and no others, relative to the configuration's
    folder. Empty: the system's, or those of the variables SSL_CERT_FILE and SSL_CERT_DIR."""
    ssl_minimum: fields.TlsMinimum = "1.2"
    """The oldest version of TLS that is spoken."""
    client_cert: _CertificateFile = ""
    """A PEM file with the certificate that is shown to a server that asks for one. Empty: none."""
    client_key: _KeyFile = ""
    """A PEM file with the key of client_cert. Empty: it is in the same file."""
    client_key_password: SecretStr = SecretStr("")
    """The password of the key, if it is encrypted."""
    origin: fields.Origin = DEFAULTS.origin
    """The site that the handshake claims to come from."""
    custom_headers: fields.Headers = {}
    """Further header fields of the handshake."""
    max_message_size: Annotated[fields.Size, between(_MIB, 1024 * _MIB, units.show_size)] = 16 * _MIB
    """A larger message closes the connection."""

    @model_validator(mode="after")
    def _must_fit_together(self, info: ValidationInfo) -> Self:
        if problems := dict(self._misfits(info)):
            raise found([((name,), text) for name, text in problems.items()])
        return self

    def _misfits(self, info: ValidationInfo) -> Iterator[tuple[str, str]]:
        if self.ca_file and not self.ssl_verify:
            yield "ca_file", "counts for nothing while ssl_verify is false (leave one of them out)"
        password = self.client_key_password.get_secret_value()
        if self.client_cert:
            certificate, key = (
                _place(self.client_cert, info),
                _place(self.client_key or self.client_cert, info),
            )
            text, is_password = pem.misfit(certificate, key, password)
            if text:
                name = "client_key" if self.client_key else "client_cert"
                yield ("client_key_password" if is_password else name), text
            return
        for name, text in (("client_key", self.client_key), ("client_key_password", password)):
            if text:
                yield name, "counts for nothing without client_cert"

    @property
    def parsed_proxy(self) -> Proxy | None:
        """What connections go through; ``None`` if they go straight to the venue."""
        text = self.proxy.get_secret_value()
        return parse_proxy(text) if text else None

    @property
    def secret_headers(self) -> dict[str, str]:
        """The header fields whose values are shown nowhere."""
        fields = self.custom_headers.items()
        return {name: value for name, value in fields if name.lower() not in _HARMLESS_HEADERS}

    @property
    def credentials(self) -> set[str]:
        """What no line of a log may contain, apart from header fields."""
        proxy, key_password = self.proxy.get_secret_value(), self.client_key_password.get_secret_value()
        login = proxy.partition("://")[2].rpartition("@")[0]
        return credentials_in(self.parsed_proxy, key_password) | {login, login.partition(":")[2]}
