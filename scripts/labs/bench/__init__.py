"""The comparison of ``scripts/bench``: a load server, the clients under test, and their cost."""
