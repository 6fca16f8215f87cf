"""The TLS of a dial: read once, and again when a file of it has changed."""

import os
import ssl
from pathlib import Path

import pytest
import trustme
from msgspec import structs

from actors.errors import DialFailed
from actors.messages.workers import StartConnection
from actors.network import TlsSettings
from actors.transport.base import Transport
from actors.values import Region
from runtime.workers.dialing import dial
from tests.actors.transport.test_websocket import serve, server_context, upgrade
from tests.doubles.message_samples import SETTINGS


def dialed(context: ssl.SSLContext, tls: TlsSettings) -> Transport:
    settings = structs.replace(SETTINGS, tls=tls, ssl_verify=True, open_timeout=5.0, proxy=None)
    with serve(upgrade(), context) as address:
        transport = dial(StartConnection("c", 1, Region("here", f"wss://{address}/"), settings))
        transport.close()
        return transport


def test_authorities_that_are_replaced_count_from_the_next_dial_on(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    tls = TlsSettings(ca_file=str(file))
    for number in range(2):
        authority = trustme.CA()
        new = tmp_path / "new.pem"
        authority.cert_pem.write_to_path(str(new))
        os.utime(new, (number, number))
        new.replace(file)
        dialed(server_context(authority.issue_cert("localhost")), tls)
    with pytest.raises(DialFailed, match="certificate refused: "):
        dialed(server_context(trustme.CA().issue_cert("localhost")), tls)


def test_a_server_gets_the_certificate_that_it_asks_for(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ours = authority.issue_cert("client.example")
    ours.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "ours.pem"))
    context = server_context(authority.issue_cert("localhost"))
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    tls = TlsSettings(ca_file=str(tmp_path / "ca.pem"), certificate=str(tmp_path / "ours.pem"))
    dialed(context, tls)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # the server refuses within the handshake then
    with pytest.raises(DialFailed):
        dialed(context, structs.replace(tls, certificate=""))


def test_tls_that_is_too_old_is_refused(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = server_context(authority.issue_cert("localhost"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    tls = TlsSettings(ca_file=str(tmp_path / "ca.pem"))
    dialed(context, tls)
    with pytest.raises(DialFailed, match="TLS failed: "):
        dialed(context, structs.replace(tls, minimum="1.3"))


def test_a_file_that_is_gone_or_broken_fails_the_dial_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    region = Region("here", "wss://localhost:9/")
    start = StartConnection("c", 1, region, structs.replace(SETTINGS, tls=TlsSettings(ca_file=str(file))))
    with pytest.raises(DialFailed, match="a file of the TLS settings cannot be read: No such file"):
        dial(start)
    file.write_text("nothing")
    with pytest.raises(DialFailed, match=r"cannot be used \(NO_CERTIFICATE_OR_CRL_FOUND\)"):
        dial(start)
