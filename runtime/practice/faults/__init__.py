"""Faults on command. A fault is a struct: its tag is its name, its fields are its parameters."""
