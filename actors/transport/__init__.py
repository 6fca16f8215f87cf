"""Bytes in and out: how a connection reaches the venue."""
