"""WebSocket, Engine.IO, Socket.IO and JSON as pure functions and state machines: bytes in, values out.

Nothing here reads a clock, touches a socket or knows a venue.
"""
