"""Where the binary is, and how long a run may be: COUNTERSIGN_BIN, and DIFFERENTIAL=short for the vectors of every test run."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def binary() -> Path:
    path = Path(os.environ.get("COUNTERSIGN_BIN", "target/debug/countersign")).resolve()
    assert path.is_file(), f"{path} is not built; run `make differential`"
    return path


@pytest.fixture(scope="session")
def short() -> bool:
    return os.environ.get("DIFFERENTIAL") == "short"


def pytest_terminal_summary(terminalreporter, config):
    for line in getattr(config, "differential_table", []):
        terminalreporter.write_line(line)
