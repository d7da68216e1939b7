"""The pools: text of this machine in pieces, each with its source and the file that it is from."""

import gzip
import html
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zip_pipeline.records.dialects import registry

MEGABYTE = 1 << 20

PIECE, SHORTEST = 2_000, 60
"""Bytes of a piece at most, and at least."""

MOST, MOST_JUDGED = 0.9, 2.2
"""MB of a source at most; of a judged domain, part of which is target and held-out text, and of a tried one."""


@dataclass(frozen=True)
class Texts:
    """Records; all lists have one item a record.

    Attributes:
        payloads: none is empty.
        sources: their names.
        files: a number for each file; what is of one file stays together.
    """

    payloads: list[bytes]
    sources: list[str]
    files: list[int]

    def add(self, source: str, files: Iterable[Sequence[bytes]], most: float) -> None:
        """Add the pieces of a source, file by file, up to so many MB."""
        room = most * MEGABYTE
        for number, pieces in enumerate(files, self.files[-1] + 1 if self.files else 0):
            for piece in pieces:
                if (room := room - len(piece)) < 0:
                    return
                self.payloads.append(piece)
                self.sources.append(source)
                self.files.append(number)


def read(name: str, section: Mapping[str, Any], roots: Sequence[Path], conversations: Path | None) -> Texts:
    """Read a pool.

    Args:
        name: of the pool.
        section: of `study.yaml`.
        roots: folders with Python packages; the first one that has a package counts.
        conversations: Parquet with ``conversations`` and ``source``.
    """
    texts, chosen = Texts([], [], []), {*section["judged"], *section["tried"]}
    if name == "conversations":
        assert conversations is not None, "name a file of conversations: --conversations PATH"
        for source, payloads in _conversations(conversations):
            texts.add(source, ([payload] for payload in payloads), section["most"].get(source, 1 << 10))
        return texts
    sources = section.get("sources") or {package: {"root": roots} for package in section["packages"]}
    for source, place in sources.items():
        paths = sorted(_paths(source, place))
        random.Random(source).shuffle(paths)
        pieces = (list(cut(plain(path, place.get("markup", "")))) for path in paths)
        texts.add(source, pieces, MOST_JUDGED if source in chosen else MOST)
    return texts


def cut(text: str) -> Iterator[bytes]:
    r"""Yield the pieces of a text: whole paragraphs, together up to `PIECE` bytes.

    >>> [len(piece) for piece in cut("\n\n".join(["x" * 900] * 4))]
    [1802, 1802]
    """
    held = b""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        data = paragraph.strip("\n").encode(errors="replace")
        parts = [data[begin : begin + PIECE] for begin in range(0, len(data), PIECE)]
        for part in parts:
            piece = part.decode(errors="ignore").encode()
            if held and len(held) + len(piece) + 2 > PIECE:
                yield held
                held = b""
            held = held + b"\n\n" + piece if held else piece
    if len(held) >= SHORTEST:
        yield held


def plain(path: Path, markup: str) -> str:
    """Return the text of a file without its markup, ``roff``, ``html`` or none."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="replace").replace("\0", "")
    if markup == "html" and path.suffix == ".html":
        text = re.sub(r"(?s)<(script|style|nav|head)\b.*?</\1>", "", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(p|h\d|li|pre|div|tr)\b", r"\n\n<\1", text)))
        text = re.sub(r"\n[ \t]*\n[\s]*\n", "\n\n", text)
    if markup == "roff":
        text = re.sub(r"(?m)^\.\\\".*\n|^'\\\".*\n|\\f[BIRP]|\\f\(..|\\&", "", text)
        text = re.sub(r"(?m)^\.(?:PP|SH|SS|TP|Sp|IP|Pp|LP|P)\b[ \t]*\"?", "\n\n", text)
        text = re.sub(r"(?m)^[.'][A-Za-z]{1,3}\b[ \t]*", "", text).replace("\\-", "-")
    return text


def _paths(source: str, place: Mapping[str, Any]) -> list[Path]:
    if "root" in place:
        found = [root / source for root in place["root"] if (root / source).is_dir()]
        return [path for path in found[0].rglob("*.py") if path.stat().st_size] if found else []
    globs = [Path(pattern).expanduser() for pattern in place["files"]]
    found = [path for glob in globs for one in _braces(str(glob)) for path in Path("/").glob(one.lstrip("/"))]
    files = {path.resolve() for path in found if path.is_file() and path.stat().st_size < 4 * MEGABYTE}
    return list(files)


def _braces(pattern: str) -> list[str]:
    """Return the patterns that one with a list in braces stands for."""
    match = re.search(r"\{([^}]*)\}", pattern)
    if match is None:
        return [pattern]
    return [pattern[: match.start()] + one + pattern[match.end() :] for one in match.group(1).split(",")]


def _conversations(path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the sources and their payloads in random order, rendered as `select` renders them."""
    table = pq.read_table(path).combine_chunks()
    (batch,) = table.to_batches(max_chunksize=table.num_rows)
    payloads = registry()["sharegpt"].payloads(batch).to_pylist()
    by_source: dict[str, list[bytes]] = {}
    for payload, source in zip(payloads, batch.column("source").to_pylist(), strict=True):
        if payload is not None:
            by_source.setdefault(source, []).append(payload)
    for source in sorted(by_source):
        yield source, random.Random(source).sample(by_source[source], len(by_source[source]))
