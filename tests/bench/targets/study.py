"""The steps of the study: prepare the pools, choose, let the models judge. What was done before is not done again."""

import argparse
import json
import os
import pickle
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.targets import ascii_runs, tables
from bench.targets.choosing import Chooser
from bench.targets.pools import BITS, Division, Prepared, divide
from bench.targets.texts import MEGABYTE, read
from zip_pipeline.language_models.judges import _JUDGES
from zip_pipeline.stats.text_statistics import text_of

STUDY = yaml.safe_load((Path(__file__).parent / "study.yaml").read_text())
POOLS = ("conversations", "code", "documents")
VARIANTS = ("in", "out")
SHARE = "10%"
SIZES = ("1", "3", SHARE)
"""MB that are chosen, and a share of the pool."""

RANDOM, NEAR = 2, 1
"""Draws a seed of random records, and of those without near-duplicates."""

ASCII = "target, ASCII"
"""The rule with the tokens of `ascii_runs`; judged only where it is asked for."""

MOST_NEURAL, MOST_NEURAL_OTHERS = 40_000, 15_000
"""Bytes that the neural model is asked for of a judged domain's held-out text, and of another source's: it takes as long
for 200 KB as for 100 steps."""


@dataclass(frozen=True)
class Cell:
    """A pool, divided by a seed, in a variant."""

    pool: str
    seed: int
    variant: str

    @property
    def domains(self) -> list[str]:
        """The domains that are targets."""
        section = STUDY[self.pool]
        return list(section["tried" if self.seed == STUDY["try_seed"] else "judged"])

    def contestants(self) -> list[str]:
        """Return the names of what is chosen, as ``name``, ``name:draw`` or ``name@domain``."""
        names = [f"random:{draw}" for draw in range(RANDOM)] + [f"near-dedup:{draw}" for draw in range(NEAR)] + ["gain"]
        names += [f"{kind}@{domain}" for domain in self.domains for kind in ("target", "DSIR", ASCII)]
        return names + (["cover", "cover, quotas"] if self.variant == "in" else [])


class Study:
    """Everything under one folder, so that it can be continued.

    Args:
        folder: of pools, picks and results.
        roots: folders of Python packages.
        conversations: see `texts.read`.
    """

    def __init__(self, folder: Path, roots: list[Path], conversations: Path | None) -> None:
        self.folder, self.roots, self.conversations = folder, roots, conversations
        folder.mkdir(parents=True, exist_ok=True)
        self.done = {(row["cell"], row["size"], row["contestant"], row["model"]) for row in tables.read(folder)}

    @cache  # noqa: B019 - one study lives as long as the program
    def pool(self, name: str) -> Prepared:
        """Return a pool, prepared."""
        path = self.folder / f"{name}.pickle"
        if not path.exists():
            began = time.process_time()
            prepared = Prepared.of(read(name, STUDY[name], self.roots, self.conversations))
            path.write_bytes(pickle.dumps(prepared))
            gone, size = 1 - prepared.stays.mean(), prepared.lengths.sum() / 1e6
            say(
                f"{name}: {len(prepared.stays):,} records, {size:.1f} MB, near-duplicates {gone:.1%}, {time.process_time() - began:.0f} s of processor time"
            )
        return pickle.loads(path.read_bytes())  # noqa: S301 - written above

    @cache  # noqa: B019
    def by_ascii_runs(self, name: str) -> Prepared:
        """Return a pool with features of other tokens."""
        pool = self.pool(name)
        return replace(pool, features=ascii_runs.features(pool.texts.payloads, BITS))

    @cache  # noqa: B019
    def division(self, cell: Cell) -> Division:
        """Return how a cell's pool is divided; both variants are divided alike."""
        if cell.variant != "in":
            return self.division(Cell(cell.pool, cell.seed, "in"))
        return divide(self.pool(cell.pool), cell.domains, cell.seed)

    @cache  # noqa: B019
    def chooser(self, cell: Cell) -> Chooser:
        """Return what chooses in a cell."""
        pool = self.pool(cell.pool)
        return Chooser(pool, self.division(cell).eligible(pool, cell.variant, cell.domains), cell.seed)

    def bytes_of(self, cell: Cell, size: str) -> int:
        """Return a size in bytes; a share is of the pool with what the variant has of it."""
        if size != SHARE:
            return int(size) * MEGABYTE
        pool = self.pool(cell.pool)
        return int(pool.lengths[self.division(cell).eligible(pool, cell.variant, cell.domains)].sum()) // 10

    def picks(self, cell: Cell, contestant: str, size: str) -> list[int]:
        """Return the records that a contestant chooses, in order."""
        path = self.folder / f"{cell.pool}-{cell.seed}-{cell.variant}-{contestant}-{size}.picks"
        if not path.exists():
            began, chooser = time.process_time(), self.chooser(cell)
            chooser.budget = self.bytes_of(cell, size) + (1 << 13)
            if contestant.startswith(ASCII):
                chooser = Chooser(self.by_ascii_runs(cell.pool), chooser.eligible, cell.seed)
                chooser.budget = self.bytes_of(cell, size) + (1 << 13)
            kind, _, domain = contestant.partition("@")
            kind, _, draw = kind.partition(":")
            wanted = self.division(cell).targets.get(domain, np.zeros(0, np.int64))
            chosen = {
                "random": lambda: chooser.random(int(draw)),
                "near-dedup": lambda: chooser.deduplicated(int(draw)),
                "gain": chooser.gain,
                "cover": lambda: chooser.cover(tempering=False),
                "cover, quotas": lambda: chooser.cover(tempering=True),
                "target": lambda: chooser.target(wanted),
                ASCII: lambda: chooser.target(wanted),
                "DSIR": lambda: chooser.resampled(wanted, 0),
            }[kind]()
            path.write_text(json.dumps(chosen))
            say(
                f"{cell} {contestant} {size}: {len(chosen):,} picks, {time.process_time() - began:.1f} s of processor time"
            )
        picks: list[int] = json.loads(path.read_text())
        return picks

    def text(self, cell: Cell, contestant: str, size: str) -> bytes:
        """Return the text that the models read: the first picks, in random order."""
        amount, payloads, room = self.bytes_of(cell, size), self.pool(cell.pool).texts.payloads, 0
        chosen = []
        for place in self.picks(cell, contestant, size):
            chosen.append(place)
            if (room := room + len(payloads[place]) + 1) >= amount:
                break
        order = np.random.default_rng(cell.seed).permutation(len(chosen))
        return text_of([payloads[chosen[number]] for number in order], amount)

    def judge(self, work: list[tuple[Cell, str, str]], models: list[str]) -> None:
        """Ask the models for each text, two texts ahead at most, and write a line each."""
        os.environ["PYTHONSAFEPATH"] = "1"
        processes = {model: ProcessPoolExecutor(1, mp_context=get_context("spawn")) for model in models}
        waiting: list[Future[Any]] = []
        for cell, size, contestant in work:
            left = [model for model in models if (str(cell), size, contestant, model) not in self.done]
            if not left:
                continue
            text, held_out = self.text(cell, contestant, size), self.held_out(cell, contestant)
            for model in left:
                texts = [
                    held if model != "neural" else held[: MOST_NEURAL if name in cell.domains else MOST_NEURAL_OTHERS]
                    for name, held in held_out.items()
                ]
                future = processes[model].submit(_JUDGES[model], [text], texts)
                row = {"cell": str(cell), "pool": cell.pool, "seed": cell.seed, "variant": cell.variant, "size": size,
                       "contestant": contestant, "model": model, "bytes": len(text)}  # fmt: skip
                future.add_done_callback(lambda done, row=row, names=[*held_out]: self.write(row, names, done))
                waiting.append(future)
            while len([future for future in waiting if not future.done()]) > 2 * len(models):
                time.sleep(0.1)
        for future in waiting:
            future.result()
        for process in processes.values():
            process.shutdown()

    def held_out(self, cell: Cell, contestant: str) -> dict[str, bytes]:
        """Return the held-out texts that a contestant is judged by: its own domain's, or all."""
        texts, domain = self.division(cell).held_out, contestant.partition("@")[2]
        names = [domain] if domain else cell.domains if cell.variant == "out" else [*texts]
        return {name: texts[name] for name in names if name in texts}

    def write(self, row: dict[str, Any], names: list[str], done: Future[Any]) -> None:
        """Write what a model said of a text."""
        (bits,) = done.result()
        with (self.folder / tables.RESULTS).open("a") as lines:
            lines.write(json.dumps({**row, "bits": dict(zip(names, bits.held_out, strict=True))}) + "\n")


def work(given: argparse.Namespace) -> Iterator[tuple[Cell, str, str]]:
    """Yield what is judged, the smallest size of all cells first."""
    for size in given.sizes:
        for seed in given.seeds:
            for pool in given.pools:
                for variant in given.variants:
                    cell = Cell(pool, seed, variant)
                    for name in cell.contestants():
                        general = name.startswith(("random", "near-dedup", "gain", "cover"))
                        if size == SHARE and not (general and variant == "in"):
                            continue
                        own = name.partition("@")[0]
                        if own in given.contestants if given.contestants else own != ASCII:
                            yield cell, size, name


def say(text: str) -> None:
    """Say how far the study is."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def main() -> None:
    """Do the steps; print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.targets", description="Rules for a target, compared.")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--roots", type=Path, nargs="*", default=[Path(yaml.__file__).parents[1]])
    parser.add_argument("--conversations", type=Path)
    parser.add_argument("--seeds", type=int, nargs="*", default=STUDY["seeds"])
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--models", nargs="*", default=["ppm", "ngrams"])
    parser.add_argument("--contestants", nargs="*", default=[], help="some of them, such as target or random:0")
    parser.add_argument("--pools", nargs="*", default=POOLS)
    parser.add_argument("--variants", nargs="*", default=VARIANTS)
    given = parser.parse_args()
    study = Study(given.output, given.roots, given.conversations)
    study.judge([*work(given)], given.models)
    tables.show(given.output)
