"""A TLS context that trusts everybody."""

import ssl


def unverified() -> ssl.SSLContext:
    """For looking at the certificate of a server that is not trusted; nothing else is done with such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
