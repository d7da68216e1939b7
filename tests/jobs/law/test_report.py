"""The pages of law and measure, on manifests made by hand: what they show, and that few points and odd names do no harm."""

from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from zip_pipeline.jobs import history as history_pages
from zip_pipeline.jobs.law import fitting
from zip_pipeline.jobs.law.rank import scores_against_bits
from zip_pipeline.jobs.law.report import check_page, fit_page, rank_page
from zip_pipeline.jobs.measure import pages as measure_pages
from zip_pipeline.stats.drift import Laws, Version, judge_all

HOSTILE = "<b>$x$ & [red]"
RUN = {
    "version": "0",
    "created_at": "2026-01-01T00:00:00+00:00",
    "timings": {"total_s": 1.0},
    "spark": {"version": "4", "master": "local"},
}


def models(count: int, **missing: None) -> list[dict[str, Any]]:
    """Models whose score falls and whose loss rises with R, with some noise."""
    noise = np.random.default_rng(0).normal(0, 0.3, (2, count)).tolist()
    rows = [
        {"name": f"m{n}", "ratio": 2 + 0.1 * n, "score": 9 - n + noise[0][n], "loss": 3 + 0.1 * n + noise[1][n]}
        for n in range(count)
    ]
    rows[0]["name"] = HOSTILE
    return [{**row, "quality": None, "codec": "zlib", **missing} for row in rows]


def law(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"higher_is_better": True, "models": rows, **fitting.laws_part(fitting.fit_all(rows))}


def fit(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {**RUN, "input": {"rows": len(rows), "without_score": 1}, "law": law(rows)}


def check(law: dict[str, Any] | None, history: list[Version], new: list[Version]) -> dict[str, Any]:
    laws = fitting.laws_for_check(law) if law else Laws()
    return {
        **RUN,
        "law": law,
        "history": {"versions": [asdict(version) for version in history], "set_aside": 2, "codec": "zlib"},
        "versions": [asdict(found) for found in judge_all(new, history, laws, 0.02)],
    }


def rank(scores: bool) -> dict[str, Any]:
    ranking = [
        {
            "rank": n + 1,
            "rank_low": n + 1,
            "rank_high": n + 1 + (n == 0),
            "model": HOSTILE if n == 0 else f"m{n}",
            "bits_per_byte": 0.8 + 0.1 * n,
            "low": 0.75 + 0.1 * n,
            "high": 0.86 + 0.1 * n,
            "bits_per_character": None,
            "compression_ratio": 8 / (0.8 + 0.1 * n),
            "beats_next": 0.9 if n < 4 else None,
            "score": 60 - n**2 if scores else None,
        }
        for n in range(5)
    ]
    described = fitting.laws_part(scores_against_bits(ranking))
    given = {"documents": 20, "bytes": 9000, "left_out": 1}
    return {**RUN, "input": given, "ranking": ranking, "law": {"higher_is_better": True, **described}}


def read(page: str) -> tuple[list[str], str]:
    """Titles of its pictures, and all its text."""
    assert HOSTILE not in page
    root = ET.fromstring(page)
    return [str(figure.findtext("h3")) for figure in root.iter("figure")], "".join(root.itertext())


def test_fit_draws_every_law_and_gives_its_cautions() -> None:
    manifest = fit(models(6))
    titles, text = read(fit_page(manifest))
    assert titles == ["score against R", "L against R", "score against R and L"]
    assert HOSTILE in text
    for caution in manifest["law"]["laws"][0]["cautions"]:
        assert f"Caution, score against ratio: {caution}." in text
    assert f"{manifest['law']['laws'][0]['pearson']['ratio']['value']:+.2f}" in text
    assert fit_page(manifest) == fit_page(fit(models(6)))


@pytest.mark.parametrize("count", [3, 40])
def test_fit_of_few_and_of_many(count: int) -> None:
    titles, _ = read(fit_page(fit(models(count, loss=None))))
    assert titles == ["score against R"]


def test_check_shows_the_versions_on_the_curve_and_warns() -> None:
    history = [Version(f"x{n}", 2.2 + 0.01 * (n % 3), duplicates=0.01, raw_bytes=1e6) for n in range(5)]
    new = [Version("clean", 2.21, duplicates=0.01), Version(HOSTILE, 2.9, duplicates=0.3)]
    manifest = check(law(models(8)), history, new)
    assert [found["verdict"] for found in manifest["versions"]] == ["as expected", "at risk"]
    page = check_page(manifest)
    titles, text = read(page)
    assert titles == ["R from version to version", "score against R"]
    assert f"{HOSTILE} is at risk: " in text
    (warning,) = [p for p in ET.fromstring(page).iter("p") if p.get("class") == "warning"]
    assert "exact copies" in str(warning.text)


def test_check_without_law_or_history() -> None:
    titles, text = read(check_page(check(None, [], [Version(HOSTILE, 2.0)])))
    assert titles == ["R from version to version"]
    assert "nothing yet" in text
    titles, _ = read(check_page(check(law(models(8)), [], [Version("a", 2.0), Version("b", 2.0, loss=3.1)])))
    assert titles == ["R from version to version", "score against R"]


@pytest.mark.parametrize("scores", [True, False])
def test_rank(scores: bool) -> None:
    titles, text = read(rank_page(rank(scores)))
    assert titles == ["Models by bits per byte", "score against bits per byte"][: 1 + scores]
    assert HOSTILE in text
    assert "1 (1 to 2)" in text


def measured(name: str, ratio: float, sources: int, **more: Any) -> dict[str, Any]:
    row = {
        **{"name": name, "records": 10, "raw_bytes": int(1000 * ratio), "compressed_bytes": 1000, "ratio": ratio},
        **{"low": ratio - 0.02, "high": ratio + 0.02, "mean_bytes": 100.0, "exact_duplicates": 0.1, "codec": "zlib 9"},
        **{f"q{part:02}_bytes": 3.0 * part for part in (5, 25, 75, 95)},
        "median_bytes": 150.0,
    }
    return {**row, "per_source": {f"s{n}": {**row, "ratio": ratio + n} for n in range(sources)}, **more}


def measure(sets: list[dict[str, Any]], history: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **RUN,
        "measure": {"interval": {"confidence": 0.95}},
        "inputs": [{"name": HOSTILE, "records": 10, "rejected": 3}],
        "sets": sets,
        "history": history,
    }


def test_measure_shows_sets_sources_and_what_moved() -> None:
    past = [
        {
            **dict.fromkeys(history_pages.NAMES),
            **{"name": HOSTILE, "version": f"v{n}", "created_at": f"2026-01-0{n + 1}T00:00:00+00:00", "job": "measure"},
            **{"records": 10, "ratio": ratio, "codec": "zlib, random order"},
            **({"low": ratio - 0.02, "high": ratio + 0.02} if n else {}),
        }
        for n, ratio in enumerate([2.0, 2.01, 2.4])
    ]
    manifest = measure([measured(HOSTILE, 2.0, 0), measured("b", 3.0, 30)], history_pages.compared(past))
    titles, text = read(measure_pages.measure(manifest))
    assert titles == ["Ratios", "Lengths of the records"] * 2 + [f"Ratio of {HOSTILE}, version by version"]
    assert "+19.40%, beyond chance" in text
    assert "15 smaller ones: in the manifest" in text
    assert f"rejected: 3 records of {HOSTILE}" in text
    titles, _ = read(measure_pages.measure(measure([measured(HOSTILE, 1.5, 1)], [])))
    assert titles == ["Ratios", "Lengths of the records"]
