"""Sockets: the dial, TLS, the upgrade, and bytes in and out without blocking.

``websocket.py`` is the only file that knows websocket-client. Foreign errors become ours here.
"""
