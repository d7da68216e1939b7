"""Records written in every format that the package reads, by other programs than the package."""

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import zstandard

Record = Mapping[str, Any]

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.compress,
}
"""By ending, what packs a file."""


def jsonl(records: Sequence[Record]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def escaped(records: Sequence[Record]) -> bytes:
    """JSON lines with nothing but ASCII, as Python writes them by default."""
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def json_array(records: Sequence[Record]) -> bytes:
    return json.dumps([*records], ensure_ascii=False).encode()


def json_pretty(records: Sequence[Record]) -> bytes:
    """Objects over several lines, one after the other, as jq writes them."""
    return "".join(json.dumps(record, indent=2) + "\n" for record in records).encode()


def delimited(delimiter: str) -> Callable[[Sequence[Record]], bytes]:
    def write(records: Sequence[Record]) -> bytes:
        names = dict.fromkeys(name for record in records for name in record) or {"id": None, "text": None}
        file = io.StringIO(newline="")
        writer = csv.DictWriter(file, [*names], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(records)
        return file.getvalue().encode()

    return write


def text(records: Sequence[Record]) -> bytes:
    return "".join(f"{record['text']}\n" for record in records).encode()


def parquet(compression: str) -> Callable[[Sequence[Record]], bytes]:
    def write(records: Sequence[Record]) -> bytes:
        sink = io.BytesIO()
        pq.write_table(_table(records), sink, compression=compression)
        return sink.getvalue()

    return write


def orc(records: Sequence[Record]) -> bytes:
    sink = io.BytesIO()
    pyarrow.orc.write_table(_table(records), sink, compression="zlib")
    return sink.getvalue()


def arrow_stream(records: Sequence[Record]) -> bytes:
    """Arrow IPC as the library ``datasets`` keeps it."""
    table, sink = _table(records), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def feather(records: Sequence[Record]) -> bytes:
    sink = io.BytesIO()
    pyarrow.feather.write_feather(_table(records), sink, compression="lz4")
    return sink.getvalue()


def _table(records: Sequence[Record]) -> pa.Table:
    return pa.Table.from_pylist([*records] or [{"id": "", "text": ""}]).slice(0, len(records))


@dataclass(frozen=True)
class Written:
    """A way to write records.

    Attributes:
        format: as the package calls it.
        ending: of the file.
        write: returns the bytes of a file.
        kept: what the format keeps of a record.
    """

    format: str
    ending: str
    write: Callable[[Sequence[Record]], bytes]
    kept: Callable[[Record], Record] = lambda record: record

    @property
    def is_text(self) -> bool:
        """Whether the file is text as it lies there."""
        return self.format in ("jsonl", "json", "csv", "tsv", "text") and not self.is_packed

    @property
    def is_packed(self) -> bool:
        """Whether the file is packed as a whole."""
        return self.ending.endswith((".gz", ".bz2", ".zst"))


def _cells(record: Record) -> Record:
    return {name: str(value) for name, value in record.items() if value not in (None, "")}


def _line(record: Record) -> Record:
    return {"value": record["text"]}


def _packed(name: str, ending: str) -> Written:
    plain = PLAIN[name]
    pack = PACKERS[ending]
    return Written(plain.format, plain.ending + ending, lambda records: pack(plain.write(records)), plain.kept)


PLAIN = {
    "JSON lines": Written("jsonl", ".jsonl", jsonl),
    "escaped JSON lines": Written("jsonl", ".ndjson", escaped),
    "JSON lines named json": Written("jsonl", ".json", jsonl),
    "JSON array": Written("json", ".json", json_array),
    "pretty JSON": Written("json", ".json", json_pretty),
    "CSV": Written("csv", ".csv", delimited(","), _cells),
    "TSV": Written("tsv", ".tsv", delimited("\t"), _cells),
    "text": Written("text", ".txt", text, _line),
    "Parquet": Written("parquet", ".parquet", parquet("snappy")),
    "ORC": Written("orc", ".orc", orc),
    "Arrow stream": Written("arrow", ".arrow", arrow_stream),
    "Feather": Written("arrow", ".feather", feather),
}

PACKED = {
    f"{name} as {ending}": _packed(name, ending)
    for name, endings in {
        "JSON lines": (".gz", ".bz2", ".zst"),
        "JSON lines named json": (".gz",),
        "JSON array": (".gz", ".bz2"),
        "CSV": (".gz", ".bz2", ".zst"),
        "text": (".gz", ".bz2", ".zst"),
    }.items()
    for ending in endings
}

PARQUETS = {
    f"Parquet in {codec}": Written("parquet", ".parquet", parquet(codec))
    for codec in ("none", "gzip", "zstd", "lz4", "brotli")
}

WRITTEN = {**PLAIN, **PACKED, **PARQUETS}
"""Every way, by a name for people."""
