"""The actors, what they decide, and the protocols below them; ``docs/architecture.md`` is the tour."""
