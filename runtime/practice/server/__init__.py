"""The exchange's sockets: listeners, packets, and transports that can be made to fail."""
