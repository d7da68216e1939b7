"""The template of each job: filled in it is the defaults, and its commented keys are those of the config."""

import doctest
import re
from pathlib import Path

import pytest

from zip_pipeline.config import JOBS, load
from zip_pipeline.config.guide import template as module
from zip_pipeline.config.guide.keys import leaves
from zip_pipeline.config.guide.template import template
from zip_pipeline.config.yaml_text import parse
from zip_pipeline.errors import ConfigError

VALUES = {
    "path": "some.parquet",
    "budget": "5%",
    "inputs": "[a.parquet]",
    "selections": "[out]",
    "selection": "out",
    "against": "before",
}
ONE_OF_TWO = {
    "explain": ["explain.sample=1"],
    "measure": ["measure.inputs=[a.parquet]"],
    "law check": ["check.history={path: lake}"],
}
"""Of jobs that need one of two keys, so that none of them is required."""

by_job = pytest.mark.parametrize("job", JOBS)


def test_documentation_examples() -> None:
    assert doctest.testmod(module).failed == 0


def filled_in(text: str) -> str:
    return re.sub(
        r"^( *)(\w+):  # required", lambda m: f"{m[1]}{m[2]}: {VALUES.get(m[2], '[{path: a}]')}", text, flags=re.M
    )


@by_job
def test_filled_in_it_is_the_defaults(job: str, tmp_path: Path) -> None:
    text = template(job, "what it does")
    file = tmp_path / "job.yaml"
    file.write_text(filled_in(text))
    given = [f"{dotted}={value}" for dotted, value in dotted_values(parse(file.read_text()))]
    more = ONE_OF_TWO.get(job, [])
    assert load(str(file), more, JOBS[job]) == load(
        None, [text for text in given if text != "input=None"] + more, JOBS[job]
    )


@by_job
def test_as_it_is_each_open_key_is_asked_for(job: str, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(template(job, "what it does"))
    with pytest.raises(ConfigError):
        load(str(file), [], JOBS[job])


@by_job
def test_with_all_signs_removed_it_has_every_key(job: str) -> None:
    lines = [re.sub(r"^( *)#(?=\w)", r"\1", line) for line in template(job, "what it does").splitlines()]
    found = {dotted for dotted, _ in dotted_values(parse("\n".join(lines)))}
    assert found == {dotted for dotted, _ in leaves(JOBS[job]) if ".SOURCE." not in dotted}


def test_it_says_of_a_key_what_it_means_and_may_be() -> None:
    text = template("split", "hold out a part of a pool")
    assert text.startswith("# zip-pipeline split: hold out a part of a pool.\n")
    assert "  # Share of the pool's bytes to hold out. (share)\n  #share: 0.05\n" in text


def dotted_values(tree: dict[str, object], parent: str = "") -> list[tuple[str, object]]:
    values: list[tuple[str, object]] = []
    for key, value in tree.items():
        is_section = isinstance(value, dict) and value
        values += dotted_values(value, f"{parent}{key}.") if is_section else [(f"{parent}{key}", value)]  # type: ignore[arg-type]
    return values
