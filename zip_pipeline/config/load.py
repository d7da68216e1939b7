"""From a YAML file and ``--set`` overrides to a job's config.

Unknown keys are refused with the nearest right name, wrong types with what was expected and found:

    >>> from zip_pipeline.config.select import SelectConfig
    >>> load(None, ["input.path=p.parquet", "output.path=out", "select.budgt=5"], SelectConfig)
    Traceback (most recent call last):
    ...
    zip_pipeline.errors.ConfigError: select.budget: missing; select.budgt: unknown key, did you mean 'budget'?
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from zip_pipeline.config.common import JobConfig, ScoreConfig, Section
from zip_pipeline.config.evaluate import EvaluateConfig, SplitConfig
from zip_pipeline.config.law import CheckConfig, FitConfig, RankConfig
from zip_pipeline.config.measure import MeasureConfig
from zip_pipeline.config.select import SelectConfig
from zip_pipeline.config.text import explain, keys, override, read
from zip_pipeline.errors import ConfigError

JOBS: tuple[type[JobConfig], ...] = (
    SelectConfig,
    ScoreConfig,
    EvaluateConfig,
    SplitConfig,
    MeasureConfig,
    FitConfig,
    CheckConfig,
    RankConfig,
)
"""The config of each job."""

AnySection = TypeVar("AnySection", bound=Section)
AnyConfig = TypeVar("AnyConfig", bound=JobConfig)


def load(path: str | None, overrides: Iterable[str], model: type[AnyConfig]) -> AnyConfig:
    """Read a config file and lay overrides over it.

    Args:
        path: the YAML file, or None for an empty one.
        overrides: ``dotted.key=value``, the value in YAML; later ones win.
        model: of `JOBS`; a file for one job also serves another, which passes over the keys that it does not read.

    Raises:
        ConfigError: naming the file or the key.
    """
    others = {key for job in JOBS for key in keys(job)} - keys(model)
    tree = read(path) if path is not None else {}
    _pass_over(tree, others)
    for given in overrides:
        if (key := given.partition("=")[0]) in others:
            raise ConfigError(f"--set {given}: this job does not read {key}")
        override(tree, given)
    return validate(model, tree)


def _pass_over(tree: dict[str, Any], others: Iterable[str]) -> None:
    """Take dotted keys out of a tree."""
    for dotted in others:
        *parents, key = dotted.split(".")
        section: Any = tree
        for parent in parents:
            section = section.get(parent) if isinstance(section, dict) else None
        if isinstance(section, dict):
            section.pop(key, None)


def validate(model: type[AnySection], tree: Mapping[str, Any]) -> AnySection:
    """Return a section from its keys.

    Raises:
        ConfigError: naming every key that is wrong.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError("; ".join(explain(model, error.errors()))) from None
