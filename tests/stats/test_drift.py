"""Verdicts on versions: by hand, and on real functions of Python's library with copies and boilerplate mixed in."""

import random
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

import demo_pool
from law_demo.subsets import Maker, Subset, cut
from zip_pipeline.stats.drift import AS_EXPECTED, AT_RISK, NOT_JUDGED, OUTSIDE, Laws, Version, judge_all
from zip_pipeline.stats.regression import Law

RATIOS = [2.50, 2.53, 2.47, 2.51, 2.49]
HISTORY = [Version(f"x{n}", ratio, duplicates=0.01, raw_bytes=1000) for n, ratio in enumerate(RATIOS)]
# Mean 2.5, deviation 0.02236; Student's t with 4 degrees of freedom has 2.776; the root of 1 + 1/5 is 1.0954.
HIGH = 2.5 + 2.776445 * 0.0223607 * 1.0954451

TRAINED = {"ratio": [2.0, 2.5, 3.0, 3.5, 4.0, 4.5]}
SCORES = Law("score", [7.0, 6.9, 6.5, 6.4, 6.2, 5.9], TRAINED)
LOSSES = Law("loss", [3.0, 2.8, 2.65, 2.4, 2.2, 2.05], TRAINED)
BOTH = Law("score", [7.0, 6.9, 6.5, 6.4, 6.2, 5.9], {**TRAINED, "loss": [3.0, 2.8, 2.65, 2.4, 2.2, 2.05]})

NOT_COUNTED = (
    "exact copies were not counted in this version or in earlier ones: R shows only those within the codec's window"
)
NO_LAWS = Laws()


def verdict(version: Version, laws: Laws = NO_LAWS, history: list[Version] = HISTORY) -> tuple[str, list[str]]:
    (finding,) = judge_all([version], history, laws, 0.01)
    return finding.verdict, finding.reasons


def test_drift_against_a_history() -> None:
    for ratio, expected in [(2.5, AS_EXPECTED), (HIGH - 1e-4, AS_EXPECTED), (HIGH + 1e-4, AT_RISK), (2.3, OUTSIDE)]:
        assert verdict(Version("new", ratio, duplicates=0.01))[0] == expected
    _, (reason,) = verdict(Version("new", 3.0, duplicates=0.01))
    assert reason == (
        "R 3.0000 is 20.0% above the mean of 5 versions and above the interval for one more version (2.4320 to 2.5680): "
        "this version is more redundant"
    )


def test_copies_are_told_where_the_ratio_cannot_see_them() -> None:
    assert verdict(Version("new", 2.51, duplicates=0.2)) == (
        AT_RISK,
        [
            "R 2.5100 is 0.4% above the mean of 5 versions, inside the interval for one more version (2.4320 to 2.5680)",
            "20.0% of the records are exact copies of others; in earlier versions it was 1.0%",
        ],
    )
    (finding,) = judge_all([Version("new", 2.51)], HISTORY, Laws(), 0.01)
    assert finding.notes == [NOT_COUNTED]


def test_a_steady_history_does_not_make_a_trifle_a_risk() -> None:
    steady = [Version(f"x{n}", 2.5, duplicates=0.0) for n in range(6)]
    assert verdict(Version("new", 2.52, duplicates=0.009), history=steady)[0] == AS_EXPECTED
    assert verdict(Version("new", 2.526, duplicates=0.0), history=steady)[0] == AT_RISK
    assert verdict(Version("new", 2.5, duplicates=0.011), history=steady)[0] == AT_RISK
    assert verdict(Version("new", 2.47, duplicates=0.0), history=steady)[0] == OUTSIDE


def test_versions_are_watched_one_after_the_other() -> None:
    """The first three have nothing before them; what is at risk is no history for what follows."""
    new = [Version(f"x{n}", ratio) for n, ratio in enumerate([2.5, 2.52, 2.48, 3.4, 2.51, 3.4])]
    findings = judge_all(new, [], Laws(), 0.01)
    assert [found.verdict for found in findings] == [*[NOT_JUDGED] * 3, AT_RISK, AS_EXPECTED, AT_RISK]
    assert [found.notes for found in findings[1:4]] == [
        ["too few earlier versions to compare with: expected 3 at least, found 1"],
        ["too few earlier versions to compare with: expected 3 at least, found 2"],
        [NOT_COUNTED],
    ]
    assert findings[0].drift is None
    assert [found.drift for found in findings[1:4]] == pytest.approx([0.008, 2.48 / 2.52 - 1, 3.4 / 2.48 - 1])
    assert findings[5].expected["ratio"].mean == pytest.approx((2.5 + 2.52 + 2.48 + 2.51) / 4)


def test_the_law_predicts_a_score() -> None:
    laws = Laws(score=SCORES, score_with_loss=BOTH, loss=LOSSES)
    (finding,) = judge_all([Version("new", 2.6)], [], laws, 0.01)
    assert (finding.verdict, finding.prediction, finding.expected_loss) == (
        AS_EXPECTED,
        SCORES.predict(ratio=2.6),
        None,
    )
    (finding,) = judge_all([Version("new", 2.6, loss=2.78)], [], laws, 0.01)
    assert (finding.verdict, finding.prediction) == (AS_EXPECTED, BOTH.predict(ratio=2.6, loss=2.78))
    assert finding.expected_loss == LOSSES.predict(ratio=2.6)


def test_what_leaves_the_law_is_told() -> None:
    laws = Laws(score=SCORES, loss=LOSSES)
    assert verdict(Version("new", 4.4), laws, [])[0] == AT_RISK, "worse than half of the trained models"
    assert verdict(Version("new", 1.8), laws, [])[0] == OUTSIDE
    above, below, on = (verdict(Version("new", 2.6, loss=loss), laws, []) for loss in (3.4, 2.2, 2.78))
    assert (above[0], below[0], on[0]) == (AT_RISK, AT_RISK, AS_EXPECTED)
    assert above[1][1].startswith("L 3.4 is above the interval that the law gives for this R (")
    assert below[1][1].startswith("L 2.2 is below the interval")
    fewer_is_better = Laws(score=SCORES, higher_is_better=False)
    assert verdict(Version("new", 4.4), fewer_is_better, [])[0] == AS_EXPECTED
    assert verdict(Version("new", 2.1), fewer_is_better, [])[0] == AT_RISK


def test_another_size_is_told() -> None:
    (finding,) = judge_all([Version("new", 2.5, duplicates=0.01, raw_bytes=2000)], HISTORY, Laws(), 0.01)
    assert (finding.verdict, finding.notes[0][:37]) == (AS_EXPECTED, "this version is 2.0 times as large as")


SIZE = 120_000


@pytest.fixture(scope="module")
def made() -> list[Subset]:
    """Ten clean versions of a training set and two that are not, of the functions of a few modules."""
    root = Path(sysconfig.get_paths()["stdlib"])
    packages = ("asyncio", "concurrent", "email", "http", "importlib", "json", "logging", "unittest", "xml")
    payloads = [
        "\n".join(turn["value"] for turn in record["conversations"]).encode()
        for package in packages
        for record in demo_pool.tree_records(root / package, "stdlib", Counter())
    ]
    assert sum(map(len, payloads)) > 4 * SIZE
    return Maker(payloads, [None] * len(payloads), SIZE).versions(10)


@pytest.fixture(scope="module")
def ratios(made: list[Subset]) -> list[dict[str, float]]:
    return [one.ratios() for one in made]


@pytest.mark.parametrize("copies", [True, False], ids=["counted", "not counted"])
def test_copies_and_boilerplate_are_told_and_five_clean_versions_pass(
    made: list[Subset], ratios: list[dict[str, float]], copies: bool
) -> None:
    """A window as long as the set sees copies, whether they are counted or not."""
    known = [
        Version(one.name, ratio["64MB"], duplicates=one.copies() if copies else None, raw_bytes=len(one.text))
        for one, ratio in zip(made, ratios, strict=True)
    ]
    findings = judge_all(known[5:], known[:5], Laws(), 0.01)
    assert [found.verdict for found in findings] == [*[AS_EXPECTED] * 5, AT_RISK, AT_RISK]


def test_a_short_window_sees_few_of_the_copies(ratios: list[dict[str, float]]) -> None:
    """Of 120 KB; of more it sees fewer still."""
    rises = {
        window: ratios[10][window] / (sum(ratio[window] for ratio in ratios[:10]) / 10) - 1
        for window in ("32KB", "64MB")
    }
    assert rises["64MB"] > 0.1
    assert rises["32KB"] < rises["64MB"] / 2


def test_all_versions_have_the_same_bytes(made: list[Subset]) -> None:
    assert {len(one.text) for one in made} == {SIZE}
    dirty = {one.kind: one for one in made}
    assert sum(b"Notice" in payload for payload in dirty["boilerplate"].payloads) * 400 > 0.19 * SIZE
    assert dirty["copies"].copies() > 0.15


def test_cutting_takes_exactly_what_is_asked() -> None:
    rng = random.Random(0)
    for _ in range(50):
        payloads = [bytes([65 + n]) * rng.randrange(1, 30) for n in range(20)]
        size = rng.randrange(2, sum(map(len, payloads)) + 20)
        assert len(Subset("", "", cut(payloads, size, "")).text) == size
    with pytest.raises(ValueError, match="8 bytes are missing of 10"):
        cut([b"a"], 10, "")
