"""The command on the page has the config of the run."""

import doctest
import shlex

import pytest

from support.configs import REQUIRED
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.jobs.select.evidence import repeating
from zip_pipeline.jobs.select.evidence.repeating import command_of, yaml_of


def test_documentation_examples() -> None:
    assert doctest.testmod(repeating).failed == 0


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["select.budget=50M tokens", "input.columns.tokens=n'\" $x", "output.mode=overwrite"],
        ["select.target=[{path: a b.jsonl, weight: 2}]", "select.bounds.columns={a.b: {min: 1}, c: {max: 2.5}}"],
        [
            'select.quotas={books: {share: 50%}, "x.y": {cap: 0}}',
            "run.seed=7",
            "select.rule=paper",
            "codec.window=32KB",
        ],
    ],
)
def test_the_command_has_the_same_config(keys: list[str]) -> None:
    config = load(None, [*REQUIRED, *keys], SelectConfig)
    words = shlex.split(command_of(config).replace("\\\n", " "))
    assert words[:2] == ["zip-pipeline", "select"]
    assert set(words[2::2]) == {"--set"}
    repeated = load(None, words[3::2], SelectConfig)
    again = config.output.path if config.output.mode == "overwrite" else f"{config.output.path}-again"
    assert repeated.output.path == again, "the output of the run exists"
    assert repeated.model_copy(update={"output": config.output}) == config
    assert "budget" in yaml_of(config)
