"""The config of the job measure."""

import pytest

from support.configs import CONF
from zip_pipeline.codecs.ppmd_codec import PpmdCodec
from zip_pipeline.codecs.zpaq_codec import ZpaqCodec
from zip_pipeline.config import MeasureConfig, ScoreConfig, load
from zip_pipeline.errors import ConfigError


def test_what_measure_measures() -> None:
    config = load(str(CONF / "measure.yaml"), [], MeasureConfig)
    assert config == load(None, ["input.path=pool.parquet", "output.path=measured"], MeasureConfig)
    assert (config.shard_bytes(), len(config.places())) == (256 << 20, 1)
    keys = ["input={path: p, dialect: text}", "measure.inputs=[a, {path: b, dialect: alpaca}]", "output.path=o"]
    several = load(None, [*keys, "codec.window=32KB"], MeasureConfig)
    assert [(place.path, place.dialect) for place in several.places()] == [("a", "text"), ("b", "alpaca")]
    assert several.shard_bytes() == 8 << 20


def test_ppmd_is_for_measure_alone() -> None:
    places = ["input.path=p", "output.path=o"]
    config = load(None, [*places, "codec={name: ppmd, memory: 2MB}"], MeasureConfig)
    assert config.codec.to_codec() == PpmdCodec(order=8, memory=2 << 20)
    assert config.shard_bytes() == 8 << 20
    assert load(None, [*places, "codec.name=ppmd"], MeasureConfig).shard_bytes() == 256 << 20
    with pytest.raises(ConfigError, match=r"codec.name: input should be 'zlib' or 'zstd', found 'ppmd'"):
        load(None, [*places, "codec.name=ppmd"], ScoreConfig)


def test_zpaq_is_for_measure_alone() -> None:
    places = ["input.path=p", "output.path=o"]
    config = load(None, [*places, "codec={name: zpaq, level: 4}"], MeasureConfig)
    assert (config.codec.to_codec(), config.shard_bytes()) == (ZpaqCodec(4, 8 << 20), 32 << 20)
    assert load(None, [*places, "codec={name: zpaq, window: 2MB}"], MeasureConfig).shard_bytes() == 8 << 20
    with pytest.raises(ConfigError, match=r"codec.name: input should be 'zlib' or 'zstd', found 'zpaq'"):
        load(None, [*places, "codec.name=zpaq"], ScoreConfig)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["input.path=p", "codec={name: zpaq, level: 6}"], "codec: expected level 1 to 5 for zpaq, found 6"),
        (["input.path=p", "codec={name: zpaq, window: 3MB}"], "codec: expected window a power of two from 1MB to 8MB"),
        (["input.path=p", "codec={name: zpaq, order: 3}"], "codec: codec.order and codec.memory are for ppmd, found z"),
        (
            ["input.path=p", "codec.name=zpaq", "measure.shard=64MB"],
            "measure.shard: zpaq models 64 MB as a whole, the lead included; expected 52,005,683 bytes at most",
        ),
        (["input.pth=p"], "input.pth: unknown key"),
        (["measure.inputs=[{pth: p}]"], "measure.inputs.0.pth: unknown key, did you mean 'path'?"),
        (
            ["measure.inputs=[a, {table: t, path: p}]"],
            "measure.inputs.1: expected one of 'path' and 'table', found both",
        ),
        (["measure.inputs=a"], "measure.inputs: input should be a valid list, found 'a'"),
        (["input.path=p", "codec={name: ppmd, level: 3}"], "codec: ppmd has order and memory, no level"),
        (["input.path=p", "codec={name: ppmd, order: 1}"], "codec.order: input should be greater than or equal to 2"),
        (["input.path=p", "codec.order=3"], "codec: codec.order and codec.memory are for ppmd, found zlib"),
        (["measure.inputs=[]"], "config: nothing to measure: set input or measure.inputs"),
        (["input.path=p", "history.path=h", "history.table=t"], "history: expected at most one of 'path' and 'table'"),
        (["input.path=p", "history.format=csv"], "history.format: input should be 'parquet' or 'delta', found 'csv'"),
    ],
)
def test_mistakes_of_measure(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(None, ["output.path=o", *overrides], MeasureConfig)
    assert str(error.value).startswith(message)
