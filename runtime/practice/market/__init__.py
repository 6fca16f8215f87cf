"""Quotes, history and streams that the exchange invents."""
