"""The config of the job measure."""

import pytest

from support.configs import CONF
from zip_pipeline.config import MeasureConfig, load
from zip_pipeline.errors import ConfigError


def test_what_measure_measures() -> None:
    config = load(str(CONF / "measure.yaml"), [], MeasureConfig)
    assert config == load(None, ["input.path=pool.parquet", "output.path=measured"], MeasureConfig)
    assert (config.shard_bytes(), len(config.places())) == (256 << 20, 1)
    keys = ["input={path: p, dialect: text}", "measure.inputs=[a, {path: b, dialect: alpaca}]", "output.path=o"]
    several = load(None, [*keys, "codec.window=32KB"], MeasureConfig)
    assert [(place.path, place.dialect) for place in several.places()] == [("a", "text"), ("b", "alpaca")]
    assert several.shard_bytes() == 8 << 20


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["input.pth=p"], "input.pth: unknown key"),
        (["measure.inputs=[{pth: p}]"], "measure.inputs.0.pth: unknown key, did you mean 'path'?"),
        (["measure.inputs=[a, {table: t, path: p}]"], "measure.inputs.1: expected exactly one of 'path' and 'table'"),
        (["measure.inputs=a"], "measure.inputs: input should be a valid list, found 'a'"),
        (["measure.inputs=[]"], "config: nothing to measure: set input or measure.inputs"),
        (["input.path=p", "history.format=csv"], "history.format: input should be 'parquet' or 'delta', found 'csv'"),
    ],
)
def test_mistakes_of_measure(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(None, ["output.path=o", *overrides], MeasureConfig)
    assert str(error.value).startswith(message)
