"""Files of certificates and keys, as a setting names them: what is wrong with their content."""

import ssl
from pathlib import Path
from typing import Final

from actors.network import TlsSettings
from actors.transport.tls import client_context
from actors.values import Secret
from runtime.config.types.problems import Unreadable
from runtime.config.types.text_file import read_text

_CERTIFICATE: Final = ("-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----")
_KEY: Final = (
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
)


def problem_of_certificates(path: Path) -> str:
    """Why ``path`` is no file of certificates; ``""`` if it is one."""
    try:
        if not any(mark in read_text(path) for mark in _CERTIFICATE):
            return "has no certificate in PEM form"
        client_context(verify=True, tls=TlsSettings(ca_file=str(path)))
    except Unreadable as refusal:
        return "is not in PEM form" if refusal.mark else str(refusal)
    except ssl.SSLError:
        return "has a damaged certificate"
    return ""


def problem_of_key(path: Path) -> str:
    """Why ``path`` is no file with a private key; ``""`` if it is one."""
    try:
        return "" if any(mark in read_text(path) for mark in _KEY) else "has no private key in PEM form"
    except Unreadable as refusal:
        return "is not in PEM form" if refusal.mark else str(refusal)


def misfit(certificate: Path, key: Path, password: str) -> tuple[str, bool]:
    """Why ``key`` cannot be used with ``certificate``, both files in PEM form, ``""`` if it can; and whether
    that is the password's fault."""
    if problem := problem_of_key(key):
        return problem, False
    settings = TlsSettings(certificate=str(certificate), key=str(key), key_password=Secret(password))
    try:
        client_context(verify=False, tls=settings)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "is not the key of client_cert", False
        if "ENCRYPTED" not in read_text(key):
            return "has a damaged private key", False
        return (
            ("does not open the key", True) if password else ("is encrypted (add client_key_password)", False)
        )
    return "", False
