"""The registry of formats, and what the config takes from it."""

import doctest
import subprocess
import sys
from typing import get_args

from zip_pipeline import formats
from zip_pipeline.config import History, Output


def test_the_config_allows_the_formats_of_the_registry() -> None:
    assert get_args(Output.model_fields["format"].annotation) == formats.OUTPUT_FORMATS == ("parquet", "delta", "jsonl")
    assert get_args(History.model_fields["format"].annotation) == formats.HISTORY_FORMATS == ("parquet", "delta")


def test_an_extension_is_that_of_one_format() -> None:
    extensions = [extension for entry in formats.FORMATS.values() for extension in entry.extensions]
    assert len(set(extensions)) == len(extensions)


def test_the_registry_needs_no_spark() -> None:
    code = "import sys, zip_pipeline.formats; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_examples() -> None:
    assert doctest.testmod(formats).failed == 0
