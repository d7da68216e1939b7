"""The pages of the law's jobs, on manifests made by hand: few points and odd names do no harm."""

import doctest
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from support.pages import HOSTILE, RUN, read
from zip_pipeline.jobs.law import fitting, input_tables, report
from zip_pipeline.jobs.law.rank import scores_against_bits
from zip_pipeline.jobs.law.rank_report import rank_page
from zip_pipeline.jobs.law.report import check_page, fit_page
from zip_pipeline.stats.drift import Laws, Version, judge_all


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


def rank(scores: bool, by: bool = False) -> dict[str, Any]:
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
            "mean_bits_per_byte": 0.9 + 0.1 * n if by else None,
            "mean_bits_per_character": None,
            "score": 60 - n**2 if scores else None,
        }
        for n in range(5)
    ]
    described = fitting.laws_part(scores_against_bits(ranking))
    given = {"documents": 20, "bytes": 9000, "left_out": 1, "notes": []}
    areas = [
        {"area": area, "model": row["model"], "bits_per_byte": 0.9, "bits_per_character": None, "score": None}
        for area in (HOSTILE, "code")
        for row in ranking
    ]
    law = {"higher_is_better": True, **described}
    return {**RUN, "input": given, "ranking": ranking, "areas": areas if by else [], "law": law}


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


def test_rank_by_area() -> None:
    titles, text = read(rank_page(rank(True, by=True)))
    assert titles == [
        "Models by bits per byte", "score against bits per byte", "score against mean bits per byte",
    ]  # fmt: skip
    assert "mean per byte" in text
    assert "bits per byte in" in text


def test_the_examples_hold() -> None:
    assert sum(doctest.testmod(module).attempted for module in (report, input_tables)) > 1
    assert not any(doctest.testmod(module).failed for module in (report, input_tables))
