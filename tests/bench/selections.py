"""Whole selections by stage, and the same selection by the naive rule."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pools import Pool
from bench.timing import seconds
from support.oracle import naive_select, one_shot
from support.rule import our_picks
from zip_pipeline.records.render import FRAMINGS

ROOT = Path(__file__).parents[2]
BUDGETS = (1_000, 10_000)
PAPER = ("select.rule=paper", "input.deduplicate=none")
CONFIGS: dict[str, tuple[str, ...]] = {
    "default": (),
    "paper, 32 KB": (*PAPER, "codec.window=32KB"),
    "paper, 64 MB": PAPER,
    "paper, zstd": (*PAPER, "codec.name=zstd"),
}
NAIVE_RECORDS = 1_500
NAIVE = {"budget": 300, "k": (500, 60, 20)}


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a config and budget: the seconds of each stage, as the manifest says them."""
    for name, overrides in CONFIGS.items():
        for budget in BUDGETS:
            manifest = run(pool.path, pool.folder / f"out-{name}-{budget}", budget, *overrides)
            part, random = manifest["selection"], manifest["random"]
            yield {
                "config": name,
                "budget": budget,
                **manifest["timings"],
                "set ratio": part["set_ratio"],
                "random": random["set_ratio"],
            }


def run(path: Path, output: Path, budget: int, *overrides: str) -> dict[str, Any]:
    """Select in a process of its own; return the manifest."""
    command = [sys.executable, "jobs/select.py", "--json", "--input", path, "--output", output, "--budget", budget]
    sets = [part for override in overrides for part in ("--set", override)]
    done = subprocess.run([*map(str, command), *sets], cwd=ROOT, check=True, capture_output=True)
    manifest: dict[str, Any] = json.loads(done.stdout)
    return manifest


def naive_rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield how much longer it takes to compress every set anew."""
    records = {f"r{number:05}": text for number, text in enumerate(pool.payloads()[:NAIVE_RECORDS])}
    framing, found = FRAMINGS["content"], {}
    our_picks(records, framing=framing, **NAIVE)  # may compile

    def ours() -> None:
        found["ours"] = [pick.id for pick in our_picks(records, framing=framing, workers=2, **NAIVE)]

    def naive() -> None:
        found["naive"] = naive_select(records, measure=one_shot(framing, 9), **NAIVE)

    took = {"ours": seconds(ours), "naive": seconds(naive)}
    assert found["ours"] == found["naive"]
    yield {
        "records": NAIVE_RECORDS,
        **NAIVE,
        **{f"{k}, s": v for k, v in took.items()},
        "ratio": took["naive"] / took["ours"],
    }
