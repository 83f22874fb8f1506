"""Whatever is given as a scenario: it is read, or refused with a message that begins with its place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from tests.scenario.texts import SCENARIOS, SMALL, read

LINES = (SCENARIOS / "609.yaml").read_text().splitlines()
KEYS = ("pool", "pod", "agent", "tasks", "faults", "expect", "policy", "workload", "exceptions")
values = st.recursive(
    st.sampled_from(["6 s", "never", "all", "plan", "P5", "1 per s", "true", "''", "a"])
    | st.integers(-2, 3).map(str)
    | st.just("1.5"),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["fault", "pod", "at", "for", "rule", "any", "sent", "task", "uniform"]),
            inner,
            max_size=3,
        ).map(lambda items: "{" + ", ".join(f"{key}: {item}" for key, item in items.items()) + "}")
    ),
    max_leaves=6,
)


def _is_read_or_refused(text: str) -> None:
    said = ""
    try:
        read(text)
    except InputError as error:
        said = str(error)
    assert all(line.startswith("x.yaml") for line in said.splitlines())


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes a traceback."""
    _is_read_or_refused(text)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1))
def test_a_file_with_a_line_moved_is_read_or_refused(line: int, to: int) -> None:
    """Slips of an editor."""
    lines = LINES.copy()
    lines.insert(to, lines.pop(line))
    _is_read_or_refused("\n".join(lines))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(KEYS), values)
def test_any_value_of_any_key_is_read_or_refused(key: str, value: str) -> None:
    """Wherever a value of the wrong kind stands."""
    lines = [line for line in SMALL.splitlines() if not line.startswith(f"{key}:")]
    _is_read_or_refused("\n".join([*lines, f"{key}: {value}"]))
