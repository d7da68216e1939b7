"""The configs of the law's jobs."""

import pytest

from support.configs import CONF
from zip_pipeline.config import CheckConfig, FitConfig, RankConfig, load
from zip_pipeline.errors import ConfigError


def test_the_laws_configs_are_the_defaults() -> None:
    places = ["input.path=p.csv", "output={path: out, mode: error}"]
    for name, more in {"fit": [], "check": ["check={}"], "rank": []}.items():
        model = {"fit": FitConfig, "check": CheckConfig, "rank": RankConfig}[name]
        assert load(str(CONF / f"law.{name}.yaml"), places + more, model) == load(None, places + more, model)
    with pytest.raises(
        ConfigError, match=r"config: nothing to check: set 'input' to the new versions, or 'check.history'"
    ):
        load(None, ["output.path=out"], CheckConfig)
