"""What holds for every test of commands: nothing of the terminal that the tests are started in."""

import pytest


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "WINDTUNNEL_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
