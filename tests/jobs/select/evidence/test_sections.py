"""The sections on records: what they say, and that no record can steer the page."""

from xml.etree import ElementTree as ET

import numpy as np

from zip_pipeline.jobs.select.evidence.examples import Covered, Evidence, Pair, Shown
from zip_pipeline.jobs.select.evidence.rejected import Rejected
from zip_pipeline.jobs.select.evidence.sections import command_sections, record_sections, target_sections, verdict
from zip_pipeline.jobs.select.evidence.walk import Walk
from zip_pipeline.report.page import Page, html
from zip_pipeline.report.texts import safe

HOSTILE = "</div><script>alert(1)</script>\u202e\x1b[31m & 学习"
RECORD = Shown(HOSTILE, HOSTILE, f"{HOSTILE} text", HOSTILE)
MANIFEST = {
    "config": {"select": {"rule": "target"}},
    "input": {"candidates": 1000},
    "selection": {
        "records": 10, "raw_bytes": 500, "set_ratio": 2.0, "tokens": 120, "per_source": {HOSTILE: {"records": 10}},
    },
    "random": {"set_ratio": 2.5},
    "length_matched": {"set_ratio": 2.4},
    "coverage": {
        "targets": [{"target": HOSTILE, "records": 1200, "raw_bytes": 81234}],
        "covered": {"selection": 0.5, "random": 0.3}, "lacking": 0.25,
    },
}  # fmt: skip


def along(*covered: float) -> Walk:
    sizes = 100 * np.arange(1, len(covered) + 1)
    return Walk(sizes, np.ones(len(covered)), np.array(covered), np.zeros(3, np.int64), (), True)


EVIDENCE = Evidence(
    [RECORD],
    [RECORD],
    [RECORD],
    [Pair(Shown("a", None, f"the old {HOSTILE}", ""), Shown("b", None, f"the new {HOSTILE}", ""), 0.8)],
    [Rejected(HOSTILE, 7, HOSTILE, HOSTILE, f"/{HOSTILE}, line 7")],
    Covered(along(0.2, 0.5, 0.6), along(0.1, 0.3), {HOSTILE: 3.0}, [RECORD], 0.25, [HOSTILE]),
    f"zip-pipeline select --set {HOSTILE}",
    HOSTILE,
)


def page(evidence: Evidence) -> str:
    sections = [*target_sections(MANIFEST, evidence), *record_sections(evidence), *command_sections(evidence)]
    return html(Page(HOSTILE, verdict=verdict(MANIFEST), sections=sections))


def test_no_record_steers_the_page() -> None:
    text = page(EVIDENCE)
    root = ET.fromstring(text)
    assert next(root.iter("script"), None) is None
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "学习" in text
    assert [head.text for head in root.iter("h2")] == [
        "For whom it chose", "Picks that added most", "First picks", "Near misses", "Most redundant", "Near-duplicates",
        "Rejected", "How to repeat it",
    ]  # fmt: skip
    assert all("<script>alert(1)</script>" in "".join(card.itertext()) for card in list(root.iter("details"))[:4])
    assert [(mark.get("class"), mark.text) for mark in root.iter("mark")] == [("gone", "old"), ("new", "new")]


def test_the_verdict_says_what_against_what_and_how_sure() -> None:
    chosen, covered, lacking, ratio, sure = verdict(MANIFEST)
    begin = "The rule target chose 10 of 1,000 records, 500 bytes, 120 tokens, for "
    assert chosen == f"{begin}{safe(HOSTILE)} (1,200 records, 81,234 bytes)."
    assert "has 50.0% of the target's words" in covered
    assert "random records of the same size have 30.0%. So it has more" in covered
    assert lacking == "The whole pool could give 75.0%; 25.0% of what the target wants is nowhere in it."
    assert ratio.startswith(
        "As one set it has the ratio 2.000 (random records 2.500, those of its lengths 2.400; lower"
    )
    assert "That is not what the rule target aims at" in ratio
    assert "redundant than" not in ratio, "a target's choice has not failed when it is more redundant"
    assert "zip-pipeline evaluate" in sure


def test_shares_are_compared_where_the_shorter_set_ends() -> None:
    assert EVIDENCE.covered is not None
    assert EVIDENCE.covered.part() == {"lacking": 0.25, "covered": {"selection": 0.5, "random": 0.3}}
    assert Covered(along(0.2), along(), {}, []).part() == {}, "no random records, no target"


def test_other_rules_have_no_target_and_nothing_to_show_shows_nothing() -> None:
    plain = {key: part for key, part in MANIFEST.items() if key != "coverage"}
    chosen, ratio, _ = verdict({**plain, "config": {"select": {"rule": "gain"}}})
    assert chosen == "The rule gain chose 10 of 1,000 records, 500 bytes, 120 tokens."
    assert ratio.endswith("lower is less redundant): less redundant than both.")
    assert (target_sections(MANIFEST, Evidence()), record_sections(Evidence()), command_sections(Evidence())) == (
        [],
        [],
        [],
    )
