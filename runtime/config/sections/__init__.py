"""The sections of the configuration, one in a file."""
