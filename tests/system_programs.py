"""Programs of the system that some tests run: a browser, Prometheus, systemd's checkers."""

import os
import shutil
from typing import NoReturn

import pytest


def program(*names: str) -> str:
    """The path of the first of ``names`` that is installed.

    Where none is, the test is skipped; with CI set in the environment, as ``.ci/run`` does, it fails.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    return missing(f"{names[0]} is not installed")


def missing(reason: str) -> NoReturn:
    """Skip the test for ``reason``, or have it fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
