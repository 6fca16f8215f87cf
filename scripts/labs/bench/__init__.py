"""The comparison that ``scripts/bench`` makes: a load server, the clients under test, and what they cost."""
