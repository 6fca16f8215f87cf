"""How a session of a practice exchange is told from others."""

from typing import Final

SESSION_MARK: Final = "pract1ce"
"""The beginning of every session of an exchange, by which a leaked one is recognised, and one whose account
ends with its exchange."""
