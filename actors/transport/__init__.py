"""Sockets: the dial, TLS, the upgrade, and bytes in and out without blocking.

``websocket.py`` is the only file that knows websocket-client. Foreign errors become ours here. It dials by
the steps of ``trace.py`` within one deadline (``deadline.py``): ``connecting.py`` opens the socket, through a
proxy if there is one (``tunnel.py``, ``socks.py``), with the TLS of ``tls.py`` and ``memory_tls.py``. Then it
checks the answer to the upgrade (``upgrade.py``, ``retry_after.py``).
``dialer.py`` dials in a thread of its own. ``address.py`` says what URLs, proxies, origins and header fields
may be. ``base.py`` is the interface of a transport, and ``socket_transport.py`` implements it: a socket that
never blocks, with a bound on what waits to be sent.
"""
