"""YAML, as scenario files use it."""

import pytest

from sim.scenario.source import read_document
from tests.scenario.texts import HEAD, POOL, SMALL, TASK, read, refusal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: is empty; expected a scenario (title, story, horizon, pool, ...)"),
        ("# only a comment\n", "x.yaml: is empty; expected a scenario"),
        ("- a\n- b\n", "x.yaml:1: has a list at its top; expected keys with values"),
        ("just text\n", "x.yaml:1: has a single value at its top; expected keys with values"),
        ("title: [\n", "x.yaml:2:1: is no YAML: "),
        ("title: a\n\tstory: b\n", "indent with spaces, not with tabs"),
        ("title: a: b\n", "x.yaml:1:9: is no YAML: mapping values are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: the key 'a' is already written in line 1"),
        ("a: &x [*x]\n", "x.yaml:1: an alias stands inside what it refers to"),
        ("a: *x\n", "x.yaml:1:4: is no YAML: found undefined alias"),
        ("a: !!python/object:os.system x\n", "means nothing in a scenario; remove it"),
        ("? [a, b]\n: c\n", "x.yaml:1: a key must be plain text"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: is no YAML: expected a single document"),
        (b"\xff\xfe\x00\x80", "x.yaml: is no text (UTF-8); expected a scenario in YAML"),
        (b"a\x00b", "x.yaml: is no text: unacceptable character #x0000"),
        ("<<: 5\n", "x.yaml:1: '<<' takes in mappings only"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    """Every text gets one message with the line, and none a traceback."""
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("12:30", "12:30"),
        ("2024-05-01", "2024-05-01"),
        ("010", 10),
        ("1e3", 1000.0),
        ("true", True),
        ("'5'", "5"),
    ],
)
def test_scalars_are_what_they_look_like(written: str, value: object) -> None:
    """YAML 1.2's core rules: no booleans called `no`, no sexagesimal times, no dates, no octals."""
    [read_back] = read_document(f"a: {written}\n", "x").tree.values()
    assert read_back == value
    assert type(read_back) is type(value)


def test_an_alias_stands_for_what_it_refers_to() -> None:
    """Anchors and merge keys spare an author repetition; keys of one's own win."""
    text = "a: &base {x: 1, y: 2}\nb: {<<: *base, y: 3}\nc: *base\n"
    assert read_document(text, "x").tree == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


def test_the_line_of_a_key_is_where_it_is_written() -> None:
    """A path leads to its line, and a path that is not there to the line of what is around it."""
    document = read_document("a: 1\nb:\n  - c: 2\n  - d: 3\n    e: 4\n", "x")
    assert document.line(("b", 1, "e")) == 5
    assert document.line(("b", 1, "f")) == 4
    assert document.line(()) == 1


def test_the_line_of_a_merged_key_is_that_of_its_origin() -> None:
    """A mistake in an anchored mapping is reported where it can be mended."""
    text = SMALL + "pod: &slow\n  image_pull: 60\n"
    assert refusal(text).startswith("x.yaml:7: pod.image_pull: 60 has no unit")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """Editors on Windows write one."""
    assert read(b"\xef\xbb\xbf" + SMALL.encode()).title == "A title"


def test_a_key_without_a_value_is_refused() -> None:
    """It is more likely forgotten than meant."""
    message = "x.yaml:6: pod: has no value; write one, or remove the line"
    assert refusal(SMALL + "pod:\n") == message


def test_aliases_that_multiply_are_refused() -> None:
    """A few lines can stand for more parts than any machine holds."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.scenario.source.PARTS_MAX", 1000)
        assert "aliases make more than 1000 parts" in refusal("\n".join(lines))


@pytest.mark.parametrize("depth", [50, 500, 50_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    """It would exhaust the stack."""
    text = HEAD + POOL + TASK + "faults: " + "[" * depth + "]" * depth
    assert "nested too deeply" in refusal(text)


@pytest.mark.parametrize("tagged", ["pool: !!python/object:x.Y {max: 2}\n", "pool: !mine {max: 2}\n"])
def test_a_tag_on_a_mapping_is_refused(tagged: str) -> None:
    """It would mean something elsewhere, and nothing here."""
    assert "means nothing in a scenario; remove it" in refusal(HEAD + tagged + TASK)
