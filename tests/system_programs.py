"""Programs of the system that some tests run: a browser, Prometheus, systemd's checkers."""

import os
import shutil

import pytest


def program(*names: str) -> str:
    """The path of the first of ``names`` that is installed.

    Where none is, the test is skipped; with CI set in the environment, as ``.ci/run`` does, it fails.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    missing = f"{names[0]} is not installed"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
