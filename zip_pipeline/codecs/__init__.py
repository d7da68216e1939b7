"""Codecs: how many bytes a set compresses to. A new codec is a module here and a line in `CODECS`."""

from zip_pipeline.codecs.base import ConfigurableCodec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec

CODECS: dict[str, type[ConfigurableCodec]] = {"zlib": ZlibCodec, "zstd": ZstdCodec}
"""The codecs that a config may name."""
