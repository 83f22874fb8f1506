"""Reading a scenario file: text to tree, `--set`, checks, values; one message for all problems."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from policies.presets import rule_class
from sim.errors import InputError
from sim.scenario import source as yaml_source
from sim.scenario.build import build_scenario, build_sources
from sim.scenario.consistency import check, problem_at
from sim.scenario.fields import Reading
from sim.scenario.files import ScenarioFiles, read_whole
from sim.scenario.model import ScenarioBlock
from sim.scenario.overrides import Override, apply_overrides, parse_override
from sim.scenario.policy_block import FindRule
from sim.scenario.problems import Problem, found_by_pydantic, refuse
from sim.scenario.source import dotted, read_document
from sim.scenario.values import Scenario


def load_scenario(
    path: Path,
    *,
    overrides: Sequence[str | Override] = (),
    policy: str | None = None,
    seed: int | None = None,
    find_rule: FindRule = rule_class,
) -> Scenario:
    """The scenario in a file. See `parse_scenario`."""
    try:
        text = read_whole(path, str(path))
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: can not be read: {reason}") from None
    return parse_scenario(
        text,
        name=str(path),
        folder=path.parent,
        overrides=overrides,
        policy=policy,
        seed=seed,
        find_rule=find_rule,
    )


def parse_scenario(
    text: str | bytes,
    *,
    name: str,
    folder: Path,
    overrides: Sequence[str | Override] = (),
    policy: str | None = None,
    seed: int | None = None,
    find_rule: FindRule = rule_class,
) -> Scenario:
    """The scenario that a text describes.

    `name` is what messages call it, and its stem is the scenario's name; files that it refers to
    are relative to `folder`. `policy` takes the place of its whole policy and `seed` of its seed;
    `overrides` are `key=value` texts as of `--set`, or changes that the caller has read itself, and
    come last. `find_rule` knows the rules by family and name. Raises InputError with a line for
    everything that is wrong, naming file and line or `--set`.
    """
    document = read_document(text, name)
    changes = _changes(policy, seed, overrides)
    apply_overrides(document.tree, changes)
    refuse(_empty_values(document.tree, ()), document, changes)
    files = ScenarioFiles(folder)
    reading = Reading(read_column=files.column, find_rule=find_rule)
    try:
        block = ScenarioBlock.model_validate(document.tree, context=reading)
    except ValidationError as error:
        refuse(found_by_pydantic(error, document.tree, reading.keys_of), document, changes)
        raise AssertionError("a scenario that is refused has a problem") from error
    refuse(check(block, document.tree), document, changes)
    sources, found = build_sources(block, document.tree, files)
    refuse(found, document, changes)
    return build_scenario(block, _stem(name), sources, files.digests, _changed_world(changes))


def _stem(name: str) -> str:
    """The name without folders and ending; bytes that are no UTF-8 as `\\udcff`, so that it can be saved."""
    return Path(name).stem.encode("utf-8", "backslashreplace").decode("utf-8")


def _changes(policy: str | None, seed: int | None, overrides: Sequence[str | Override]) -> list[Override]:
    changes = []
    if policy is not None:
        changes.append(Override(f"--policy {policy}", ("policy",), policy))
    if seed is not None:
        changes.append(Override(f"--seed {seed}", ("seed",), seed))
    return changes + [each if isinstance(each, Override) else parse_override(each) for each in overrides]


_ABOUT_IT: Final = ("title", "incident", "question", "story", "goes_wrong", "covers", "version", "presets")
_OF_A_RUN: Final = ("policy", "seed", "horizon")


def _changed_world(changes: Sequence[Override]) -> tuple[str, ...]:
    """The keys in which the world is not as written; none if what is expected of it was written anew, too."""
    if any(each.path[0] == "expect" for each in changes):
        return ()
    return tuple(dotted(each.path) for each in changes if each.path[0] not in (*_ABOUT_IT, *_OF_A_RUN))


def _empty_values(part: Any, path: yaml_source.Path) -> Iterator[Problem]:
    """Keys without a value: more likely forgotten than meant."""
    if part is None:
        yield problem_at(path, "has no value; write one, or remove the line")
    elif isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _empty_values(value, (*path, key))
