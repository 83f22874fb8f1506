"""Reading a log: equal values, and one message for whatever is none."""

import math
from pathlib import Path

import msgspec
import pytest

from policies.decisions import PodRefusal, Reason, Refused, Scaled
from policies.observations import PodGone
from policies.vocabulary import TaskKind
from policies.wire import SCHEMA_VERSION
from sim.errors import InputError
from sim.record import read_log, save
from sim.record.entry import Entry
from sim.record.log import new_header, write_log
from sim.record.truth import TaskCreated
from sim.simulate import Interrupted, simulate
from tests.sim.builders import EVERYTHING, WARM, read, run

HEADER = b'{"event":"header","format":"windtunnel-log","schema":1,"scenario":"x","seed":1,"policy":{}}\n'
GONE = b'{"event":"pod_gone","at":1.0,"pod":"a-1"}\n'


def written(folder: Path, *entries: Entry) -> Path:
    """A log of these entries."""
    path = folder / "events.jsonl"
    with path.open("wb") as out:
        write_log(entries, new_header("x", 1, {}), out)
    return path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Of a run with something random in every corner."""
    record = run(EVERYTHING)
    header, entries = read_log(save(record, tmp_path / "saved"))
    assert (header.scenario, header.seed, header.schema) == ("x", 1, SCHEMA_VERSION)
    assert header.policy["name"] == record.policy.name
    assert entries == record.log
    assert list(map(type, entries)) == list(map(type, record.log))


def test_a_log_is_read_by_its_own_name_or_its_folders(tmp_path: Path) -> None:
    """As text or as a path."""
    path = written(tmp_path, PodGone(1.0, "a-1"))
    assert read_log(path) == read_log(str(tmp_path)) == read_log(tmp_path)


@pytest.mark.parametrize(
    "entry",
    [
        TaskCreated(1.0, 1, "a", "w", TaskKind.PLAN, math.inf, math.inf),
        Scaled(1.0, "a", "Mine", 1, 2, Reason.BY_RULE, {"age_s": math.inf, "is_late": True, "pods": 3}),
        Refused(
            *(1.0, 1, "a", "w", "Mine"),
            refusals=(PodRefusal("a-1", Reason.HEARTBEAT_STALE, {"heartbeat_age_s": math.inf}),),
            retry_at=math.inf,
        ),
        TaskCreated(1.0, 2**70, "a", "w", TaskKind.PLAN, 5e-324, 1.7e308),
    ],
    ids=["a duration", "what a rule compared", "inside a list", "numbers at the ends"],
)
def test_numbers_come_back_as_they_were(tmp_path: Path, entry: Entry) -> None:
    """Infinity is null in the file; so it was read as something else, or not at all."""
    assert read_log(written(tmp_path, entry))[1] == [entry]


def test_what_may_be_missing_stays_missing(tmp_path: Path) -> None:
    """A null where None may stand is None."""
    refused = Refused(1.0, 1, "a", "w", "P5", (PodRefusal(None, Reason.NO_PODS, {}, 0),), math.inf)
    (back,) = read_log(written(tmp_path, refused))[1]
    assert isinstance(back, Refused)
    assert (back.refusals[0].pod, back.retry_at) == (None, math.inf)


def test_the_log_of_an_interrupted_run_is_whole(tmp_path: Path) -> None:
    """It ends where the run did."""

    def impatient(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as interruption:
        simulate(read(EVERYTHING), progress=impatient)
    record = interruption.value.run
    assert read_log(save(record, tmp_path / "saved"))[1] == record.log != []


def test_what_a_newer_writer_added_is_left_out(tmp_path: Path) -> None:
    """A field, that is; a new event is unknown."""
    path = tmp_path / "log"
    path.write_bytes(HEADER.replace(b"{}", b'{},"host":"h"') + GONE.replace(b'a-1"', b'a-1","uid":"x"'))
    assert read_log(path)[1] == [PodGone(1.0, "a-1")]


EXPECTED = 'expected the header of a log, {"event":"header","format":"windtunnel-log",...}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "log: is empty; expected the log of a run"),
        (b"\n", f"log:1: is ''; {EXPECTED}"),
        (b"title: A\n", f"log:1: is 'title: A'; {EXPECTED}"),
        (b"\xff\xfe\x00", f"log:1: is '\ufffd\ufffd\\x00'; {EXPECTED}"),
        (b"[" * 100_000, f"log:1: is '{'[' * 77}...'; {EXPECTED}"),
        (b"[]\n", f"log:1: is '[]'; {EXPECTED}"),
        (GONE, f"""log:1: is '{{"event":"pod_gone","at":1.0,"pod":"a-1"}}'; {EXPECTED}"""),
        (HEADER.replace(b"windtunnel-log", b"other"), EXPECTED),
        (HEADER.replace(b'"schema":1', b'"schema":"1"'), EXPECTED),
        (HEADER.replace(b'"schema":1', b'"schema":2'), "log:1: schema is 2; expected at most 1, as this"),
        (HEADER.replace(b'"schema":1', b'"schema":0'), "log:1: schema is 0; expected at most 1"),
        (HEADER.replace(b'"seed":1', b'"seed":"a"'), "log:1: seed: expected int, got str"),
        (HEADER.replace(b',"seed":1', b""), "log:1: the field seed is missing"),
        (HEADER + b"\n", "log:2: is ''; expected an event as JSON: "),
        (HEADER + b"null\n", "log:2: is 'null'; expected an event, {"),
        (HEADER + b"[1]\n", "log:2: is '[1]'; expected an event, {"),
        (HEADER + b"{}\n", "log:2: is '{}'; expected an event, {"),
        (HEADER + HEADER, "log:2: unknown event 'header'"),
        (HEADER + b'{"event":{}}\n', "log:2: unknown event '{}'"),
        (
            HEADER + GONE.replace(b"gone", b"gnoe"),
            "log:2: unknown event 'pod_gnoe'; did you mean 'pod_gone'?",
        ),
        (HEADER + GONE + GONE.replace(b"1.0", b'"now"'), "log:3: at: expected float, got str"),
        (HEADER + GONE.replace(b',"pod":"a-1"', b""), "log:2: the field pod is missing"),
        (HEADER + GONE.replace(b'"a-1"', b"null"), "log:2: pod: expected str, got null"),
        (HEADER + GONE + GONE[:20], "log:3: is cut off, as the file ends within this line: "),
        (
            HEADER + GONE[:20] + b"\n" + GONE,
            """log:2: is '{"event":"pod_gone",'; expected an event as JSON""",
        ),
        (HEADER + GONE.replace(b"a-1", b"\xff"), "log:2: is "),
        (HEADER + b'{"x":' * 100_000, "log:2: is cut off"),
        (HEADER + b'{"x":' * 100_000 + b"\n", "log:2: is "),
    ],
)
def test_what_is_no_log_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever is in it: what was found there, and what was expected."""
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_log(path)
    said = str(refused.value)
    assert said.startswith(str(path))
    assert message in said
    assert len(said) < 500 + len(str(path))


def test_a_line_without_an_end_is_refused() -> None:
    """Before it fills the memory."""
    with pytest.raises(InputError, match="/dev/zero:1: is "):
        read_log("/dev/zero")


def test_a_line_that_is_longer_than_any_event_is_refused(tmp_path: Path) -> None:
    """With its number."""
    path = tmp_path / "log"
    path.write_bytes(HEADER + b" " * (2**24 + 5))
    with pytest.raises(InputError, match="log:2: has more than 16 MB; expected one event a line"):
        read_log(path)


@pytest.mark.parametrize("name", ["nowhere", "a\0b", "a" * 5000])
def test_a_log_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    """Also under names that no file can have."""
    with pytest.raises(InputError, match="the log cannot be read: "):
        read_log(tmp_path / name)


def test_an_empty_folder_has_no_log(tmp_path: Path) -> None:
    """The file that is missing is named."""
    with pytest.raises(InputError, match=r"events\.jsonl: the log cannot be read: No such file"):
        read_log(tmp_path)


def test_a_run_in_which_little_happened_has_a_log(tmp_path: Path) -> None:
    """One idle pod."""
    record = run(WARM + "tasks: [{id: 1, at: 10 min, workspace: a, kind: plan}]\n")
    assert read_log(save(record, tmp_path / "saved"))[1] == record.log


def test_a_header_is_a_value() -> None:
    """With the policy as it was described."""
    header = new_header("609", 3, {"name": "later"})
    assert msgspec.json.decode(msgspec.json.encode(header)) == {
        "event": "header",
        "format": "windtunnel-log",
        "schema": SCHEMA_VERSION,
        "scenario": "609",
        "seed": 3,
        "policy": {"name": "later"},
    }
