"""TLS that no environment variable changes."""

import ssl


def client_context(verify: bool) -> ssl.SSLContext:
    """TLS 1.2 or newer, with the system's certificate authorities; ``verify=False`` accepts any certificate.

    Not ``ssl.create_default_context``, which writes the session keys to the file that SSLKEYLOGFILE names.
    Making a context reads some 150 certificates: share it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # In a renegotiation a read waits for writability and a write for bytes; no server we know needs one.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if verify:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
