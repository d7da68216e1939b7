"""Pools in the schemas of data sets that people select from: as a folder, a glob and a URI, by their own names."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pyspark.sql import SparkSession

from support.files import fill
from support.formats import Record, jsonl
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.config.common import Columns
from zip_pipeline.errors import InputError
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import open_corpus


def fineweb(number: int) -> Record:
    return {
        "text": f"page {number}\nits text",
        "id": f"<urn:uuid:{number:04}>",
        "dump": f"CC-MAIN-2024-{10 + number % 2}",
        "url": f"https://example.org/{number}",
        "date": "2024-02-21T03:04:05Z",
        "file_path": "s3://commoncrawl/crawl-data/CC-MAIN-2024-10/x.warc.gz",
        "language": "en",
        "language_score": 0.5 + number / 100,
        "token_count": 100 + number,
    }


def c4(number: int) -> Record:
    return {"text": f"page {number}", "timestamp": "2019-04-25T12:57:54Z", "url": f"https://example.org/{number}"}


def dolma(number: int) -> Record:
    """Metadata differ from source to source, in keys and in types."""
    source = ("reddit", "pes2o")[number % 2]
    metadata: dict[str, Any] = (
        {"subreddit": "a", "votes": number} if number % 2 == 0 else {"year": "2020", "votes": "n/a"}
    )
    return {
        **{"id": f"d{number}", "text": f"post {number}", "source": source, "version": "v0"},
        **{"added": "2023-04-11T09:57:03.044571+00:00", "created": "2020-03-02T00:00:00Z", "metadata": metadata},
    }


def redpajama(number: int) -> Record:
    meta = {"timestamp": "2023-03-03T00:00:00", "source": ("arxiv", "github")[number % 2], "language": "en"}
    more: dict[str, Any] = {"arxiv_id": "1234.5678"} if number % 2 == 0 else {"stars": number, "license": None}
    return {"text": f"document {number}", "meta": {**meta, **more}}


def pile(number: int) -> Record:
    return {"text": f"document {number}", "meta": {"pile_set_name": ("Pile-CC", "USPTO Backgrounds")[number % 2]}}


def as_parquet(records: list[Record]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(records), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        record: returns its record of a number.
        names: of its files, with the number of the file for ``{}``.
        pack: writes a file.
        columns: that the config has to name.
        source: of the records, by the number's parity; None where they have none.
        format: as the manifest has it.
    """

    record: Callable[[int], Record]
    names: str
    pack: Callable[[list[Record]], bytes]
    columns: dict[str, str]
    source: tuple[str, str] | None
    format: str


DATA_SETS = {
    "FineWeb": DataSet(
        fineweb,
        "data/CC-MAIN-2024-10/000_{:05}.parquet",
        as_parquet,
        {"source": "dump"},
        ("CC-MAIN-2024-10", "CC-MAIN-2024-11"),
        "parquet",
    ),
    "C4": DataSet(c4, "en/c4-train.{:05}-of-01024.json.gz", lambda some: gzip.compress(jsonl(some)), {}, None, "jsonl"),
    "Dolma": DataSet(
        dolma, "mix-{:04}.json.gz", lambda some: gzip.compress(jsonl(some)), {}, ("reddit", "pes2o"), "jsonl"
    ),
    "RedPajama": DataSet(redpajama, "x/part_{}.jsonl", jsonl, {"source": "meta.source"}, ("arxiv", "github"), "jsonl"),
    "The Pile": DataSet(
        pile,
        "train/{:02}.jsonl.zst",
        lambda some: zstandard.compress(jsonl(some)),
        {"source": "meta.pile_set_name"},
        ("Pile-CC", "USPTO Backgrounds"),
        "jsonl",
    ),
}


@pytest.mark.parametrize("way", ["folder", "glob", "URI"])
@pytest.mark.parametrize("name", DATA_SETS)
def test_all_records_with_their_sources(spark: SparkSession, tmp_path: Path, name: str, way: str) -> None:
    one = DATA_SETS[name]
    parts = {number: [one.record(2 * number), one.record(2 * number + 1)] for number in range(3)}
    fill(tmp_path, {one.names.format(number): one.pack(part) for number, part in parts.items()})
    fill(tmp_path, {"README.md": "# A data set\n"})
    ending = one.names.rpartition("}")[2]
    folder, _, file = one.names.rpartition("/")
    glob = f"{tmp_path}/{folder}/{file.partition('{')[0]}*{ending}"
    path = {"folder": str(tmp_path), "glob": glob, "URI": f"file://{tmp_path}/{folder}"}[way]
    corpus = open_corpus(spark, Input(path=path, columns=Columns(**one.columns)))
    assert (corpus.origin.format, corpus.origin.files) == (one.format, 3)
    scored = scoring.score(corpus, corpus.scorer("content", NullCodec())).collect()
    found = sorted((row["payload"].decode(), row["source"], row["reason"]) for row in scored)
    records = [one.record(number) for number in range(6)]
    sources = [None if one.source is None else one.source[number % 2] for number in range(6)]
    assert found == sorted((record["text"], source, None) for record, source in zip(records, sources, strict=True))


def test_what_is_nested_comes_out_as_it_was(spark: SparkSession, tmp_path: Path) -> None:
    """Metadata with several types stay the JSON that they were."""
    records = [dolma(number) for number in range(4)]
    fill(tmp_path, {"a.jsonl": jsonl(records)})
    rows = open_corpus(spark, Input(path=str(tmp_path))).original().orderBy("id").collect()
    assert [json.loads(row["metadata"]) for row in rows] == [record["metadata"] for record in records]


def test_avro_needs_its_jars(spark: SparkSession, tmp_path: Path) -> None:
    fill(tmp_path, {"a.avro": b"Obj\x01"})
    with pytest.raises(InputError) as refused:
        open_corpus(spark, Input(path=str(tmp_path / "a.avro")))
    assert "\n" not in str(refused.value)
    assert "add org.apache.spark:spark-avro with spark.jars.packages" in str(refused.value)
