"""Sections that several jobs share."""

from support.configs import REQUIRED
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.config import RunSection, SelectConfig, load


def test_a_codec_brings_its_own_level_and_window() -> None:
    paper = [*REQUIRED, "select.rule=paper"]
    config = load(None, [*paper, "codec.name=zstd"], SelectConfig)
    assert config.resolved()["codec"] == {"name": "zstd", "level": 3, "window": "64MB"}
    assert config.codec.to_codec() == ZstdCodec(3, 64 << 20)
    assert load(None, [*paper, "codec.level=3"], SelectConfig).resolved()["codec"]["window"] == "32KB"
    narrow = load(None, [*paper, "codec={name: zstd, level: 5, window: 64 kb}"], SelectConfig)
    assert narrow.codec.to_codec() == ZstdCodec(5, 1 << 16)
    assert load(None, [*REQUIRED, "codec.window=32768"], SelectConfig).resolved()["codec"]["window"] == "32KB"


def test_threads() -> None:
    assert RunSection(workers=3).threads() == 3
    assert RunSection().threads() >= 1
