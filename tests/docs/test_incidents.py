"""The page of incidents shows what the command prints today."""

from typing import Final

import pytest

from tests.docs.pages import DOCS
from tests.lab.commands import stdout_of

BEGIN: Final = "<!-- the matrix: `make incidents` renews it -->"
END: Final = "<!-- end of the matrix -->"


@pytest.mark.slow
def test_the_matrix_is_what_the_command_prints() -> None:
    """Every shipped scenario under every preset; `make incidents` renews it."""
    page = (DOCS / "incidents.md").read_text(encoding="utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == stdout_of("matrix", "--format", "markdown").strip()
