"""The keys that decide what a run writes."""

import doctest

from support.configs import REQUIRED
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.config import decisive as module
from zip_pipeline.config.decisive import decisive


def test_documentation_examples() -> None:
    assert doctest.testmod(module).failed == 0


def test_what_decides_the_tables_of_a_run() -> None:
    config = load(None, [*REQUIRED, "run.workers=3", "run.seed=7", "history.path=h"], SelectConfig)
    keys = decisive(config.resolved())
    assert keys["run.seed"] == 7
    assert keys["input.options"] == {}
    assert not [key for key in keys if key.startswith(("output", "history", "run.workers", "run.checkpoint"))]
    assert keys == decisive(load(None, [*REQUIRED, "run.seed=7", "output.path=elsewhere"], SelectConfig).resolved())
