"""TLS of the client."""

import ssl
from typing import Final

from actors.network import TlsSettings

_MINIMUM: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_USUAL: Final = TlsSettings()


def client_context(verify: bool, tls: TlsSettings = _USUAL) -> ssl.SSLContext:
    """TLS as ``tls`` says; ``verify=False`` accepts any certificate.

    Without ``tls.ca_file`` the authorities are the system's, as OpenSSL finds them: SSL_CERT_FILE and
    SSL_CERT_DIR name others, which some builds of Python need. No other variable counts:
    ``ssl.create_default_context`` would write the session keys to the file that SSLKEYLOGFILE names.
    Making a context reads some 150 certificates: share it. Raises ``OSError`` for a file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _MINIMUM[tls.minimum]
    # In a renegotiation a read waits for writability and a write for bytes; no server we know needs one.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca_file:
        context.load_verify_locations(tls.ca_file)
    else:
        context.load_default_certs()
    if tls.certificate:
        # Never None, with which OpenSSL would ask for the password on the terminal.
        context.load_cert_chain(tls.certificate, tls.key or None, tls.key_password.value)
    return context
