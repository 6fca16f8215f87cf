"""What can go wrong on command: a fault is a struct, its tag the name, its fields the parameters."""
