"""Is a version of a training set what one would expect after those before it?

The paper's use of its law (arXiv 2407.06645): a training set is updated again and again, x1, x2, ...; of each version
the ratio R costs nothing, and the loss L of the first epoch little. A version whose R rises beyond what the earlier
ones did, or whose R and L leave the curve, is told before money is spent on training to the end.

A version is held against two things, of which either may be missing:

- the **history**, versions that came before: R and the share of exact copies must lie in the interval in which one
  more such version would lie (Student's t, `judge.spread`), or not far above it: what rises by less than a tolerance
  is no risk however steady the history was;
- the **law**, fitted to models that were trained: the score that it predicts, and L on its line against R.

R sees a copy only within the codec's window of what it repeats. The job ``measure`` has equal payloads side by side, so
exact copies raise R under any window; near copies, and exact ones in a set that was measured in another order, only
under one as long as the way between them: 20 % copies in random order raise R by a quarter where the window is as long
as the set, and by next to nothing with zlib's 32 KB. The share of exact copies tells those in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zip_pipeline.stats.regression import Law, Prediction
from zip_pipeline.stats.text_statistics import Spread, spread

AS_EXPECTED, AT_RISK, OUTSIDE, NOT_JUDGED = "as expected", "at risk", "outside the range seen", "not judged"
SEVERITY = (AT_RISK, OUTSIDE, AS_EXPECTED, NOT_JUDGED)
"""Of several verdicts the first one holds."""

LEAST_HISTORY = 3
"""Versions before one is judged by them: two have an interval that nothing leaves."""

LIKE_SIZE = 1.5
"""A version this many times as large as any before it, or as small, has another R for that alone."""


@dataclass(frozen=True)
class Version:
    """One version of a training set.

    Attributes:
        name: of it.
        ratio: R, raw bytes by compressed bytes of the whole set.
        loss: L, of the first epoch of training on it.
        duplicates: the share of its records that are exact copies of others, 0 to 1.
        raw_bytes: its size.
    """

    name: str
    ratio: float
    loss: float | None = None
    duplicates: float | None = None
    raw_bytes: float | None = None


@dataclass(frozen=True)
class Laws:
    """What was fitted to trained models; any may be missing.

    Attributes:
        score: against R.
        score_with_loss: against R and L.
        loss: against R.
        higher_is_better: of the score.
    """

    score: Law | None = None
    score_with_loss: Law | None = None
    loss: Law | None = None
    higher_is_better: bool = True


@dataclass
class Finding:
    """What is said of a version.

    Attributes:
        version: which.
        drift: of R since the version before it, as a part of that; None for the first.
        expected: by gauge, ``ratio`` and ``duplicates``, where the history lets one more version lie.
        prediction: the score that the law predicts.
        expected_loss: where the law has L at this R.
        verdict: one of `SEVERITY`.
        reasons: of the verdict, in words.
        notes: what else is to be known.
    """

    version: Version
    drift: float | None = None
    expected: dict[str, Spread] = field(default_factory=dict)
    prediction: Prediction | None = None
    expected_loss: Prediction | None = None
    verdict: str = NOT_JUDGED
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def say(self, verdict: str, reason: str) -> None:
        """Add a verdict; the most severe one holds."""
        self.verdict = min(self.verdict, verdict, key=SEVERITY.index)
        self.reasons.append(reason)


def judge_all(new: Sequence[Version], history: Sequence[Version], laws: Laws, tolerance: float) -> list[Finding]:
    """Judge new versions, oldest first; those that are as expected are history for the next.

    Args:
        new: the versions.
        history: those before them, oldest first, taken to be clean.
        laws: from trained models.
        tolerance: a rise of R by less than this part of it, or of the share of copies by less than this, is no risk.
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
    """Judge one version; see `judge_all`."""
    finding = Finding(version)
    _against_history(finding, history, tolerance)
    _against_laws(finding, laws)
    return finding


def _against_history(finding: Finding, history: Sequence[Version], tolerance: float) -> None:
    version = finding.version
    if len(history) < LEAST_HISTORY:
        finding.notes.append(
            f"the history says nothing yet: {LEAST_HISTORY} earlier versions are needed, found {len(history)}"
        )
        return
    usual = finding.expected["ratio"] = spread([earlier.ratio for earlier in history])
    rise = f"R {version.ratio:.4f} is {version.ratio / usual.mean - 1:+.1%} against the mean of {len(history)} versions"
    interval = f"interval of one more {usual.low:.4f} to {usual.high:.4f}"
    if version.ratio > max(usual.high, usual.mean * (1 + tolerance)):
        finding.say(AT_RISK, f"{rise}, beyond what they spread ({interval}): more redundant")
    elif version.ratio < min(usual.low, usual.mean * (1 - tolerance)):
        finding.say(OUTSIDE, f"{rise}, below what they spread ({interval}): less redundant, as noise is, too")
    else:
        finding.say(AS_EXPECTED, f"{rise} ({interval})")
    copies = [earlier.duplicates for earlier in history if earlier.duplicates is not None]
    if version.duplicates is None or len(copies) < LEAST_HISTORY:
        finding.notes.append(
            "exact copies were not counted, here or before: R sees only those within the codec's window"
        )
    else:
        usual = finding.expected["duplicates"] = spread(copies)
        if version.duplicates > max(usual.high, usual.mean + tolerance):
            finding.say(
                AT_RISK,
                f"{version.duplicates:.1%} of the records are exact copies of others, {usual.mean:.1%} were before",
            )
    sizes = [earlier.raw_bytes for earlier in history if earlier.raw_bytes is not None]
    if version.raw_bytes is None or not sizes:
        return
    if not min(sizes) / LIKE_SIZE <= version.raw_bytes <= max(sizes) * LIKE_SIZE:
        finding.notes.append(
            f"its size is {version.raw_bytes / float(np.mean(sizes)):.1f} times the mean of earlier ones; "
            "R rises with the size of a set, so compare sets of like size"
        )


def _against_laws(finding: Finding, laws: Laws) -> None:
    version = finding.version
    if laws.score_with_loss is not None and version.loss is not None:
        _score(finding, laws.score_with_loss, laws.higher_is_better, {"ratio": version.ratio, "loss": version.loss})
    elif laws.score is not None:
        _score(finding, laws.score, laws.higher_is_better, {"ratio": version.ratio})
    if laws.loss is not None and version.loss is not None:
        curve = finding.expected_loss = laws.loss.predict(ratio=version.ratio)
        side = "above" if version.loss > curve.high else "below"
        said = f"the curve of L against R, which has {curve.low:.4g} to {curve.high:.4g} at this R"
        if not curve.low <= version.loss <= curve.high:
            finding.say(AT_RISK, f"L {version.loss:.4g} lies {side} {said}")
        else:
            finding.say(AS_EXPECTED, f"L {version.loss:.4g} lies on {said}")


def _score(finding: Finding, law: Law, higher_is_better: bool, place: dict[str, float]) -> None:
    said = finding.prediction = law.predict(**place)
    typical = float(np.median(law.values))
    text = f"predicted score {said.value:.4g}, interval {said.low:.4g} to {said.high:.4g}"
    if said.high < typical if higher_is_better else said.low > typical:
        finding.say(AT_RISK, f"{text}: all of it worse than what half of the trained models reached, {typical:.4g}")
    else:
        finding.say(AS_EXPECTED, text)
    for name, value in place.items():
        low, high = law.range_of(name)
        if not low <= value <= high:
            finding.say(
                OUTSIDE, f"{name} {value:.4g} is outside of what models were trained on, {low:.4g} to {high:.4g}"
            )
