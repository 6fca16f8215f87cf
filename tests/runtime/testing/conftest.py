"""The fixtures under test, which win over those of the other tests here."""

from runtime.testing import exchange, practice_settings, runtime, runtime_settings

__all__ = ["exchange", "practice_settings", "runtime", "runtime_settings"]
