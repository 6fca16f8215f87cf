"""The runtime's actors and the pure parts they are made of; imports nothing from ``runtime``."""
