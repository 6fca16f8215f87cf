"""A real server for the session: each test has names of its own on it."""

from tests.doubles.engine_fixtures import duty, engine, engine_server, engine_url, group

__all__ = ["duty", "engine", "engine_server", "engine_url", "group"]
