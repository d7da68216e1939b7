"""Does a version of a training set fit those before it?

This is the paper's use of its law (arXiv 2407.06645). A training set is updated again and again: x1, x2, ... The ratio
R of a version costs nothing, and its loss L in the first epoch costs little. When R rises beyond that of earlier
versions, or when R and L leave the line of the law, the version is at risk. `judge` says so before anyone pays for a
full training.

It compares a version with two things. Either may be missing.

- The **history** is the earlier versions. R and the share of exact copies must lie in the interval for one more version
  (Student's t, `intervals.spread`), or not far above it. A rise below a tolerance is no risk, however steady the
  history was.
- The **law** is fitted to trained models. It predicts a score, and L from R.

R shows a copy only within the codec's window. The job ``measure`` puts equal payloads side by side, so exact copies
raise R under any window. Near copies raise it only under a window that reaches from one to the other. The same holds
for exact copies in a set that was measured in another order. In random order, 20 % of copies raise R by a quarter when
the window is as long as the set, and hardly at all with zlib's 32 KB. The share of exact copies shows them in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zip_pipeline.stats.intervals import Spread, spread
from zip_pipeline.stats.regression import Law, Prediction

AS_EXPECTED, AT_RISK, OUTSIDE, NOT_JUDGED = "as expected", "at risk", "outside the range seen", "not judged"
SEVERITY = (AT_RISK, OUTSIDE, AS_EXPECTED, NOT_JUDGED)
"""Of several verdicts the first one in this order holds."""

LEAST_HISTORY = 3
"""Earlier versions that a judgement needs: the interval of two is so wide that nothing leaves it."""

SIMILAR_SIZE = 1.5
"""Beyond this many times the size of all earlier versions, or below, size alone changes R."""


@dataclass(frozen=True)
class Version:
    """One version of a training set.

    Attributes:
        name: in the history or the table of versions.
        ratio: R, raw bytes divided by compressed bytes of the whole set.
        loss: L, in the first epoch of training.
        duplicates: share of records that are exact copies of others, 0 to 1.
        raw_bytes: size of the set.
    """

    name: str
    ratio: float
    loss: float | None = None
    duplicates: float | None = None
    raw_bytes: float | None = None


@dataclass(frozen=True)
class Laws:
    """The lines that were fitted to trained models; any may be missing.

    Attributes:
        score: against R.
        score_with_loss: against R and L.
        loss: against R.
        higher_is_better: whether a higher score is better.
    """

    score: Law | None = None
    score_with_loss: Law | None = None
    loss: Law | None = None
    higher_is_better: bool = True


@dataclass
class Finding:
    """The judgement on a version.

    Attributes:
        version: the version.
        drift: relative change of R since the version before it; None for the first.
        expected: by gauge, ``ratio`` and ``duplicates``, the interval that the history leaves for one more version.
        prediction: the score that the law predicts.
        expected_loss: L that the law predicts from R.
        verdict: one of `SEVERITY`.
        reasons: of the verdict, in words.
        notes: what else the reader should know.
    """

    version: Version
    drift: float | None = None
    expected: dict[str, Spread] = field(default_factory=dict)
    prediction: Prediction | None = None
    expected_loss: Prediction | None = None
    verdict: str = NOT_JUDGED
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, verdict: str, reason: str) -> None:
        """Add a verdict and its reason; the most severe verdict holds."""
        self.verdict = min(self.verdict, verdict, key=SEVERITY.index)
        self.reasons.append(reason)


def judge_all(new: Sequence[Version], history: Sequence[Version], laws: Laws, tolerance: float) -> list[Finding]:
    """Judge new versions, oldest first; a version that is not at risk joins the history of the next ones.

    Args:
        new: the versions.
        history: the versions before them, oldest first, which count as clean.
        laws: from trained models.
        tolerance: a relative rise of R by less is no risk, nor is a rise of the share of copies by less.
    """
    clean, before = list(history), history[-1] if history else None
    findings = []
    for version in new:
        finding = judge(version, clean, laws, tolerance)
        finding.drift = None if before is None else version.ratio / before.ratio - 1
        findings.append(finding)
        before = version
        if finding.verdict in (AS_EXPECTED, NOT_JUDGED):
            clean.append(version)
    return findings


def judge(version: Version, history: Sequence[Version], laws: Laws, tolerance: float) -> Finding:
    """Judge one version; `judge_all` explains the arguments."""
    finding = Finding(version)
    if len(history) < LEAST_HISTORY:
        finding.notes.append(
            f"too few earlier versions to compare with: expected {LEAST_HISTORY} at least, found {len(history)}"
        )
    else:
        _compare_ratio(finding, history, tolerance)
        _compare_copies(finding, history, tolerance)
        _compare_size(finding, history)
    _compare_with_laws(finding, laws)
    return finding


def _compare_ratio(finding: Finding, history: Sequence[Version], tolerance: float) -> None:
    ratio = finding.version.ratio
    usual = finding.expected["ratio"] = spread([version.ratio for version in history])
    change = ratio / usual.mean - 1
    place = (
        f"R {ratio:.4f} is {abs(change):.1%} {'below' if change < 0 else 'above'} the mean of {len(history)} versions"
    )
    interval = f"the interval for one more version ({usual.low:.4f} to {usual.high:.4f})"
    if ratio > max(usual.high, usual.mean * (1 + tolerance)):
        finding.add(AT_RISK, f"{place} and above {interval}: this version is more redundant")
    elif ratio < min(usual.low, usual.mean * (1 - tolerance)):
        finding.add(OUTSIDE, f"{place} and below {interval}: this version is less redundant, which noise can cause")
    elif usual.low <= ratio <= usual.high:
        finding.add(AS_EXPECTED, f"{place}, inside {interval}")
    else:
        finding.add(AS_EXPECTED, f"{place}, outside {interval} by less than the tolerance of {tolerance:.1%}")


def _compare_copies(finding: Finding, history: Sequence[Version], tolerance: float) -> None:
    duplicates = finding.version.duplicates
    earlier_shares = [version.duplicates for version in history if version.duplicates is not None]
    if duplicates is None or len(earlier_shares) < LEAST_HISTORY:
        finding.notes.append(
            "exact copies were not counted in this version or in earlier ones: R shows only those within the codec's "
            "window"
        )
        return
    usual = finding.expected["duplicates"] = spread(earlier_shares)
    if duplicates > max(usual.high, usual.mean + tolerance):
        finding.add(
            AT_RISK,
            f"{duplicates:.1%} of the records are exact copies of others; in earlier versions it was {usual.mean:.1%}",
        )


def _compare_size(finding: Finding, history: Sequence[Version]) -> None:
    size = finding.version.raw_bytes
    earlier_sizes = [version.raw_bytes for version in history if version.raw_bytes is not None]
    if size is None or not earlier_sizes:
        return
    if not min(earlier_sizes) / SIMILAR_SIZE <= size <= max(earlier_sizes) * SIMILAR_SIZE:
        finding.notes.append(
            f"this version is {size / float(np.mean(earlier_sizes)):.1f} times as large as the mean of earlier ones; "
            "R rises with size, so compare sets of similar size"
        )


def _compare_with_laws(finding: Finding, laws: Laws) -> None:
    version = finding.version
    if laws.score_with_loss is not None and version.loss is not None:
        place = {"ratio": version.ratio, "loss": version.loss}
        _compare_score(finding, laws.score_with_loss, laws.higher_is_better, place)
    elif laws.score is not None:
        _compare_score(finding, laws.score, laws.higher_is_better, {"ratio": version.ratio})
    if laws.loss is not None and version.loss is not None:
        line = finding.expected_loss = laws.loss.predict(ratio=version.ratio)
        interval = f"the interval that the law gives for this R ({line.low:.4g} to {line.high:.4g})"
        if line.low <= version.loss <= line.high:
            finding.add(AS_EXPECTED, f"L {version.loss:.4g} is inside {interval}")
        else:
            side = "above" if version.loss > line.high else "below"
            finding.add(AT_RISK, f"L {version.loss:.4g} is {side} {interval}")
        low, high = laws.loss.range_of("ratio")
        if not low <= version.ratio <= high:
            finding.add(
                OUTSIDE,
                f"R {version.ratio:.4g} is outside the range for which L is known, {low:.4g} to {high:.4g}: what L "
                "should be is extrapolated",
            )


def _compare_score(finding: Finding, law: Law, higher_is_better: bool, place: dict[str, float]) -> None:
    prediction = finding.prediction = law.predict(**place)
    median = float(np.median(law.values))
    text = f"the predicted score is {prediction.value:.4g} (interval {prediction.low:.4g} to {prediction.high:.4g})"
    if prediction.high < median if higher_is_better else prediction.low > median:
        finding.add(AT_RISK, f"{text}: all of that is worse than the median of the trained models, {median:.4g}")
    else:
        finding.add(AS_EXPECTED, text)
    for name, value in place.items():
        low, high = law.range_of(name)
        if not low <= value <= high:
            finding.add(
                OUTSIDE,
                f"{name} {value:.4g} is outside the range of the trained models, {low:.4g} to {high:.4g}: the score is "
                "extrapolated",
            )
