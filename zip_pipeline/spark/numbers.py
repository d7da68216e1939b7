"""The numbers that records carry: the input's columns that have them, and the tokenizer that counts tokens."""

import os
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DataType, NumericType, StringType

from zip_pipeline.errors import ConfigError, InputError, SetupError
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.columns import column, field_at, with_columns, with_fields
from zip_pipeline.spark.io.location import Location
from zip_pipeline.tasks.numbers import PREFIX, Numbers


def numbers_of(corpus: Corpus, columns: Mapping[str, tuple[str, str]], tokenizer: str | None = None) -> Numbers:
    """Return which numbers records carry, after a look at the columns and the tokenizer.

    Args:
        corpus: the records.
        columns: by the number's name: the input's column, which may be a path such as ``meta.tokens``, and the config
            key that names it.
        tokenizer: path of a tokenizer.json; None: nothing counts tokens.

    Raises:
        InputError: when a column does not exist, or holds no numbers.
        ConfigError: when the tokenizer cannot be read.
        SetupError: when the package that reads it is not there.
    """
    for name, key in columns.values():
        _require_numbers(corpus, name, key)
    pairs = tuple((number, name) for number, (name, _) in columns.items())
    return Numbers(pairs, None if tokenizer is None else _read_tokenizer(tokenizer))


def with_numbers(rows: DataFrame, numbers: Numbers) -> DataFrame:
    """Return rows with a column of doubles for each number that is a column of theirs; NaN stands for other text."""
    paths = [name for _, name in numbers.columns if name not in rows.columns]
    wide = with_fields(rows, paths)
    found = {}
    for number, name in numbers.columns:
        value = column(name)
        if not isinstance(wide.schema[name].dataType, NumericType):
            plain = F.trim(value.cast("string"), F.lit('"'))
            value = F.when(plain.isNotNull(), F.coalesce(plain.try_cast("double"), F.lit(float("nan"))))
        found[PREFIX + number] = value.cast("double")
    return with_columns(wide, found).drop(*paths)


def _require_numbers(corpus: Corpus, name: str, key: str) -> None:
    """Check that a column, or a field in one, may hold numbers; in CSV and JSON text may."""
    kinds = corpus.original().schema
    if name in kinds.names:
        kind: DataType | None = kinds[name].dataType
        is_text = isinstance(kind, StringType) and (corpus.origin.is_text_only or bool(kinds[name].metadata))
    else:
        field = field_at(corpus.rows.schema, name)
        kind = corpus.rows.select(field).schema[0].dataType if field is not None else None
        is_text = isinstance(kind, StringType)
    if not isinstance(kind, NumericType) and not is_text:
        others = ", ".join(one.name for one in kinds if isinstance(one.dataType, NumericType))
        raise InputError(f"{key}: expected a column of numbers, found {name}; there are {others or 'none'}")


def _read_tokenizer(path: str) -> bytes:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # workers fork later
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise SetupError(
            "input.tokenizer needs the package tokenizers; install it with pip install 'zip-pipeline[tokenizers]'"
        ) from None
    file = Location.of(path)
    if file.is_folder():
        file = file / "tokenizer.json"
    if not file.exists():
        raise ConfigError(f"input.tokenizer {path}: no such file; expected a tokenizer.json on a path")
    content = file.read()
    try:
        Tokenizer.from_str(content.decode())
    except Exception as error:  # the library raises Exception itself
        raise ConfigError(f"input.tokenizer {path}: is no tokenizer.json of the library tokenizers: {error}") from None
    return content
