"""TLS as we want it, whatever the environment says."""

import ssl


def client_context(verify: bool) -> ssl.SSLContext:
    """A context of our own, TLS 1.2 or newer, with the system's certificate authorities.

    Not ``ssl.create_default_context``, which writes the session keys to the file that SSLKEYLOGFILE names.
    ``verify=False`` accepts any certificate. Making one reads some 150 certificates: share it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # In a renegotiation a read waits for writability and a write for bytes; nobody needs one.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if verify:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
