"""Train small language models on subsets of a pool, all of the same bytes, and fit the entropy law to what came out.

    PYTHONPATH=tests python -m law_demo --pool pool.parquet --output law-demo

Held out, selected, fitted and checked is by the jobs themselves: `split`, `select`, `law fit`, `law check`. Nothing
was changed after a result was seen. For PPM its own bits per byte of the text stand in for L: it reads it once.
"""

import argparse
import csv
import json
import random
import shutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from law_demo.subsets import CODECS, SINGLE, WINDOWS, Maker, Subset
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.commands import COMMANDS
from zip_pipeline.config import JOBS, Input, load
from zip_pipeline.language_models.judges import judge_all
from zip_pipeline.report.console import Reporter, for_console
from zip_pipeline.report.page import Table
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.session import open_session
from zip_pipeline.stats.text_statistics import text_of

SIZE = 1_000_000
"""Bytes of each subset."""

MOST_POOL, MOST_HELD_OUT = 12_000_000, 300_000
"""Bytes that are looked at of a pool, drawn at random; and of the held-out text."""

PLAIN = ["select.rule=gain", "select.k2=200", "select.k3=100", "select.quotas={}"]
SELECTS = {
    "gain, 2 looked at for 1": [*PLAIN, "select.k1=200"],
    "gain, 4 for 1": [*PLAIN, "select.k1=400"],
    "gain, 8 for 1": [*PLAIN, "select.k1=800"],
    "published rule, 32 KB": ["select.rule=paper", "codec.window=32KB", "input.deduplicate=none"],
}
SCOPES = {
    "all": "true",
    "same sources": f"kind != '{SINGLE}'",
    "random and selected": "kind in ('random', 'select')",
}
"""The law holds quality and consistency fixed, which what is about something else than the pool does not; and it
should also hold among sets that nobody made redundant on purpose."""

CLEAN = 5
"""Clean versions before, and as many that are to pass."""

Row = dict[str, Any]


def main() -> None:
    """Do all of it; print the tables."""
    parser = argparse.ArgumentParser(prog="python -m law_demo", description="The entropy law, tried.")
    parser.add_argument("--pool", required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    folder: Path = arguments.output
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reporter = Reporter()

    payloads, sources, held_out = held_apart(arguments.pool, folder)
    maker = Maker(payloads, sources, SIZE)
    made = maker.all(selections(folder))
    rows = train(made, held_out, reporter)
    write(folder / "models.csv", rows)
    laws = fits(folder, sorted({row["model"] for row in rows}))
    checks = {window: check(folder, maker.versions(2 * CLEAN), window) for window in WINDOWS}
    (folder / "laws.json").write_text(json.dumps({"laws": laws, "checks": checks}, indent=2))
    show(reporter, rows, laws, checks)


def job(name: str, *overrides: str) -> Row:
    """Run one of the jobs on the session that is open; return its manifest."""
    return COMMANDS[name].load().run(load(None, overrides, JOBS[name]), Reporter())


def held_apart(pool: str, folder: Path) -> tuple[list[bytes], list[str | None], bytes]:
    """Return records, their sources, and a held-out text that shares no passages with them."""
    corpus = open_corpus(open_session("zip_pipeline law-demo"), Input(path=pool))
    scored = scoring.score(corpus, corpus.scorer("content", NullCodec())).where("reason is null")
    records = scored.select("id", "source", "payload").toArrow().sort_by("id").to_pylist()
    random.Random(0).shuffle(records)
    room = MOST_POOL
    with (folder / "pool.jsonl").open("w") as lines:
        for record in records:
            room -= len(record["payload"])
            if room < 0:
                break
            text = {"id": record["id"], "source": record["source"], "text": record["payload"].decode()}
            lines.write(json.dumps(text) + "\n")
    job("split", f"input.path={folder / 'pool.jsonl'}", f"output.path={folder / 'parts'}")
    kept, held_out = (pq.read_table(folder / "parts" / side).sort_by("id") for side in ("kept", "held_out"))
    texts = held_out.column("text").to_pylist()
    random.Random(0).shuffle(texts)
    payloads = [text.encode() for text in kept.column("text").to_pylist()]
    return payloads, kept.column("source").to_pylist(), text_of([text.encode() for text in texts], MOST_HELD_OUT)


def selections(folder: Path) -> dict[str, list[bytes]]:
    """Return what `select` chooses by each of `SELECTS`, in the order of picking; a little more than is needed."""
    chosen = {}
    for number, (name, overrides) in enumerate(SELECTS.items()):
        output = folder / f"select-{number}"
        given = [f"input.path={folder / 'parts/kept'}", f"output.path={output}", f"select.budget={SIZE * 11 // 10}B"]
        job("select", *given, *overrides)
        picked = pq.read_table(output / "selection").sort_by("zip_rank")
        chosen[name] = [text.encode() for text in picked.column("text").to_pylist()]
    return chosen


def train(made: list[Subset], held_out: bytes, reporter: Reporter) -> list[Row]:
    """Train every model on every subset; return a row each."""
    with reporter.stage("train", "train PPM and n-grams"):
        judged = judge_all([subset.payloads for subset in made], [held_out], SIZE, 2)
    neural = import_module("law_demo.neural") if find_spec("jax") and find_spec("optax") else None
    if neural is None:
        print("without the neural model: jax and optax are not installed", file=sys.stderr)
    rows = []
    for subset, found in zip(made, judged, strict=True):
        known = {
            "subset": subset.name,
            "kind": subset.kind,
            **{f"ratio_{codec}": ratio for codec, ratio in subset.ratios(CODECS).items()},
            "records": len(subset.payloads),
            "bytes": len(subset.text),
            "copies": subset.copies(),
            "distinct_passages": found.statistics.distinct_passages,
        }
        rows.append({**known, "model": "ppm", "loss": found.own, "score": found.held_out["ppm"][0]})
        rows.append({**known, "model": "ngrams", "loss": None, "score": found.held_out["ngrams"][0]})
        if neural is not None:
            with reporter.stage("neural", f"train the neural model on {subset.name}"):
                loss, score = neural.judge(subset.text, held_out)
            rows.append({**known, "model": "neural", "loss": loss, "score": score})
    return rows


def fits(folder: Path, names: list[str]) -> list[Row]:
    """Fit the law for each model, codec and scope by `law fit`; return a row each."""
    rows = []
    for model in names:
        for codec in CODECS:
            for scope, where in SCOPES.items():
                manifest = job(
                    "law fit",
                    f"input.path={folder / 'models.csv'}",
                    f"input.where=\"model = '{model}' and {where}\"",
                    f"fit.columns={{name: subset, ratio: ratio_{codec}}}",
                    "fit.higher_is_better=false",
                    f"output.path={folder / f'fit-{model}-{codec}-{scope}'.replace(' ', '-')}",
                )
                rows.append({"model": model, "codec": codec, "scope": scope, "laws": manifest["law"]["laws"]})
    return rows


def check(folder: Path, made: list[Subset], window: str) -> list[Row]:
    """Hold new versions against earlier ones by `law check`; return name and verdict of each."""
    rows = [
        {
            "name": version.name,
            "created_at": f"2026-01-{number + 1:02}",
            "ratio": version.ratios()[window],
            "exact_duplicates": version.copies(),
            "raw_bytes": len(version.text),
            "codec": f"zlib {window}",
        }
        for number, version in enumerate(made)
    ]
    write(folder / f"history-{window}.csv", rows[:CLEAN])
    write(folder / f"versions-{window}.csv", rows[CLEAN:])
    manifest = job(
        "law check",
        f"input.path={folder / f'versions-{window}.csv'}",
        f"check.history.path={folder / f'history-{window}.csv'}",
        f"output.path={folder / f'check-{window}'}",
    )
    return [
        {"name": found["version"]["name"], "ratio": found["version"]["ratio"],
         "expected": found["expected"]["ratio"], "verdict": found["verdict"], "reasons": found["reasons"]}
        for found in manifest["versions"]
    ]  # fmt: skip


def write(path: Path, rows: list[Row]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def show(reporter: Reporter, rows: list[Row], laws: list[Row], checks: dict[str, list[Row]]) -> None:
    """Print what came out."""
    names = sorted({row["model"] for row in rows})
    lines = []
    for subset in sorted({row["subset"] for row in rows}, key=lambda name: _of(rows, name, names[0])["ratio_64MB"]):
        first = _of(rows, subset, names[0])
        numbers = [f"{first[f'ratio_{codec}']:.3f}" for codec in CODECS] + [f"{first['distinct_passages']:.1%}"]
        lines.append([subset, *numbers, *(f"{_of(rows, subset, name)['score']:.4f}" for name in names)])
    columns = ["subset", *(f"R {codec}" for codec in CODECS), "different passages", *names]
    reporter.console.print(for_console(Table(columns, lines)))
    lines = []
    for row in laws:
        for law in row["laws"]:
            alone = len(law["predictors"]) == 1
            spans = [_span(law[kind]["ratio"]) if alone else "" for kind in ("pearson", "spearman")]
            errors = [_number(law[key]) for key in ("left_out_error", "left_out_error_of_mean")]
            title = f"{row['model']}: {law['response']} against {' and '.join(law['predictors'])}"
            lines.append([title, row["codec"], row["scope"], str(law["points"]), *spans, *errors])
    columns = ["law", "R by", "subsets", "points", "Pearson", "Spearman", "error left out", "of the mean"]
    reporter.console.print(for_console(Table(columns, lines)))
    lines = [
        [found[0]["name"], *(f"{one['ratio']:.3f}, {one['verdict']}" for one in found)]
        for found in zip(*checks.values(), strict=True)
    ]
    reporter.console.print(for_console(Table(["version", *(f"R {window}, verdict" for window in WINDOWS)], lines)))


def _span(found: Row) -> str:
    return f"{found['value']:+.2f} ({found['low']:+.2f} to {found['high']:+.2f})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _of(rows: list[Row], subset: str, model: str) -> Row:
    return next(row for row in rows if (row["subset"], row["model"]) == (subset, model))


if __name__ == "__main__":
    main()
