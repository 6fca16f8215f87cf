"""The way into a running runtime, for operators and for other processes of the same user."""
