"""What we decide: pure, testable without a thread; ``now`` is always an argument."""
