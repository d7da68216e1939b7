"""The page's sections on records: for whom the rule chose, what was picked, missed and left out, and the verdict."""

from collections.abc import Iterator, Sequence

from matplotlib.ticker import MaxNLocator, PercentFormatter

from zip_pipeline.jobs.select.evidence.examples import Evidence, Pair, Shown
from zip_pipeline.jobs.select.evidence.rejected import Rejected
from zip_pipeline.jobs.select.evidence.walk import MOST_BYTES, Walk
from zip_pipeline.report.page import Card, Passage, Picture, Section, Table
from zip_pipeline.report.plotting import ONE, TWO, drawing
from zip_pipeline.report.texts import differences, excerpt, safe
from zip_pipeline.schema import NO_SOURCE, Manifest

POINTS = 300
"""Points of a curve."""

AIMS = {"target": "texts of one kind are more alike than a whole pool", "cover": "common words are worth having often"}
"""By rule that covers something: why its choice may be redundant."""

NEAR = 0.01
"""Ratios of sets that differ by less are alike."""

MOST_SOURCES = 15
"""Sources in the table of what gave how much."""


def verdict(manifest: Manifest) -> list[str]:
    """Return in sentences what was chosen, against what, whether it is better, and how sure that is."""
    selection, config = manifest["selection"], manifest["config"]["select"]
    tokens = f", {selection['tokens']:,} tokens" if "tokens" in selection else ""
    records = f"{selection['records']:,} of {manifest['input']['candidates']:,} records"
    return [
        f"The rule {config['rule']} chose {records}, {selection['raw_bytes']:,} bytes{tokens}{for_whom(manifest)}.",
        *covers(manifest),
        *_ratios(manifest),
        "This is about the chosen text, with one draw of each baseline. Whether a model learns more from it, and how "
        "sure that is, zip-pipeline evaluate says on held-out text.",
    ]


def for_whom(manifest: Manifest) -> str:
    """Return the targets of a run with their sizes, or nothing where there are none.

    >>> for_whom({"coverage": {"targets": [{"target": "wanted.jsonl", "records": 300, "raw_bytes": 81234}]}})
    ', for wanted.jsonl (300 records, 81,234 bytes)'
    """
    targets = manifest.get("coverage", {}).get("targets", ())
    names = [f"{safe(one['target'])} ({one['records']:,} records, {one['raw_bytes']:,} bytes)" for one in targets]
    return f", for {' and '.join(names)}" if names else ""


def covers(manifest: Manifest) -> Iterator[str]:
    """Yield in sentences how much of what is wanted a selection has, beside random records and at most."""
    part = manifest.get("coverage", {})
    if (shares := part.get("covered")) is not None:
        better = "more" if shares["selection"] > shares["random"] else "no more"
        yield (
            f"It has {shares['selection']:.1%} of the {'target' if 'targets' in part else 'pool'}'s words and pairs of "
            "words, each counted as often as it is wanted; random records of the same size have "
            f"{shares['random']:.1%}. So it has {better} of what is wanted than chance."
        )
    if (lacking := part.get("lacking")) is not None:
        yield f"The whole pool could give {1 - lacking:.1%}; {lacking:.1%} of what the target wants is nowhere in it."


def _ratios(manifest: Manifest) -> Iterator[str]:
    ours = manifest["selection"]["set_ratio"]
    others = {
        "random records": manifest["random"]["set_ratio"],
        "those of its lengths": manifest["length_matched"]["set_ratio"],
    }
    beside = ", ".join(f"{name} {ratio:.3f}" for name, ratio in others.items())
    rule, line = (
        manifest["config"]["select"]["rule"],
        f"As one set it has the ratio {ours:.3f} ({beside}; lower is less redundant)",
    )
    if rule in AIMS:
        yield f"{line}. That is not what the rule {rule} aims at: {AIMS[rule]}, so a good choice may have a higher one."
        return
    worse = [ratio for ratio in others.values() if ours > ratio * (1 - NEAR)]
    how = {0: "less redundant than both", 1: "less redundant than one of them", 2: "no less redundant than either"}[
        len(worse)
    ]
    yield f"{line}: {how}."


def target_sections(manifest: Manifest, evidence: Evidence) -> list[Section]:
    """Return the section on for whom the rule chose; none for rules that cover nothing."""
    covered, rule = evidence.covered, manifest["config"]["select"]["rule"]
    if covered is None:
        return []
    steps = covered.picks
    whole = steps.gains.sum()
    rows = sorted(covered.sources.items(), key=lambda item: -item[1])
    records = {name: part["records"] for name, part in manifest["selection"]["per_source"].items()}
    lines = [
        (safe(name or NO_SOURCE), f"{records.get(name or NO_SOURCE, 0):,}", f"{gain / whole:.1%}" if whole else "")
        for name, gain in rows[:MOST_SOURCES]
    ]
    notes = (
        [] if steps.is_whole else [f"Followed for the first {len(steps.gains):,} picks, {MOST_BYTES / 2**20:,.0f} MB."]
    )
    text = []
    if covered.lacking is not None:
        text = [f"What to collect next: {covered.lacking:.1%} of what the target wants is nowhere in the pool."]
        if covered.lacking_words:
            words = ", ".join(map(safe, covered.lacking_words))
            text.append(f"Some words and pairs of neighbouring words of it, what is wanted most first: {words}.")
    return [
        Section(
            "For whom it chose" if rule == "target" else "What it covers",
            text,
            pictures=[_share(steps, covered.random), _total(steps, covered.random)],
            tables=[Table(("source", "selected", "of what was added"), lines)],
            notes=notes,
        ),
        Section("Picks that added most", cards=[*map(_card, covered.most)]),
    ]


def record_sections(evidence: Evidence) -> list[Section]:
    """Return the sections with records, those that have any."""
    sections = [
        Section("First picks", cards=[*map(_card, evidence.picks)]),
        Section("Near misses", ["Not picked, and next by their scores."], cards=[*map(_card, evidence.near)]),
        Section(
            "Most redundant", ["Read, not picked, and with the least to add."], cards=[*map(_card, evidence.redundant)]
        ),
        Section(
            "Near-duplicates",
            ["Those that are least alike; what only one of the two texts has is marked. See duplicates/ for all."],
            cards=[*map(_pair, evidence.pairs)],
        ),
        Section(
            "Rejected", ["One row for each reason; see rejected/ for all."], cards=[*map(_rejected, evidence.rejected)]
        ),
    ]
    return [section for section in sections if section.cards]


def command_sections(evidence: Evidence) -> list[Section]:
    """Return the section with the command that gives this selection again, and its config."""
    if not evidence.command:
        return []
    cards = [
        Card("Command", "keys that are not the default", [Passage("", [(safe(evidence.command), "")])]),
        Card("Config", "every key", [Passage("", [(safe(evidence.config), "")])]),
    ]
    return [Section("How to repeat it", cards=cards)]


def _card(record: Shown) -> Card:
    source = f" from {record.source}" if record.source is not None else ""
    return Card(safe(f"{record.id}{source}"), safe(record.note), [Passage("", [(excerpt(record.text), "")])])


def _pair(pair: Pair) -> Card:
    left, stays = differences(pair.left.text, pair.stays.text)
    passages = [Passage(f"left: {safe(pair.left.id)}", left), Passage(f"stays: {safe(pair.stays.id)}", stays)]
    return Card(f"{safe(pair.left.id)} and {safe(pair.stays.id)}", f"jaccard {pair.jaccard:.2f}", passages)


def _rejected(one: Rejected) -> Card:
    named = " in ".join(safe(part) for part in (one.id, one.place) if part)
    rows = f"{one.records:,} row{'' if one.records == 1 else 's'}{f', such as {named}' if named else ''}"
    return Card(safe(one.reason), rows, [Passage("", [(excerpt(one.row), "")])])


def _share(steps: Walk, random: Walk) -> Picture:
    with drawing("Share of what is wanted that is covered") as drawn:
        for walked, colour, style, name in _curves(steps, random):
            places = _points(walked)
            covered = [walked.before, *walked.covered[places]]
            drawn.axes.plot([0, *walked.sizes[places]], covered, style, color=colour, label=name)
        drawn.axes.set_xlabel("bytes picked")
        drawn.axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        drawn.axes.xaxis.set_major_formatter("{x:,.0f}")
        drawn.axes.xaxis.set_major_locator(MaxNLocator(4))
        drawn.axes.set_ylim(bottom=0)
        drawn.legend()
    caption = "Words and pairs of words that are wanted, weighted by how much, of which the picks have one at least."
    return Picture("Covered along the picks", drawn.svg, caption)


def _total(steps: Walk, random: Walk) -> Picture:
    with drawing("F along the picks") as drawn:
        for walked, colour, style, name in _curves(steps, random):
            places = _points(walked)
            total = [0, *walked.gains.cumsum()[places]]
            drawn.axes.plot([0, *walked.sizes[places]], total, style, color=colour, label=name)
        drawn.axes.set_xlabel("bytes picked")
        drawn.axes.set_ylabel("nats")
        drawn.axes.xaxis.set_major_formatter("{x:,.0f}")
        drawn.axes.yaxis.set_major_formatter("{x:,.0f}")
        drawn.axes.xaxis.set_major_locator(MaxNLocator(4))
        drawn.axes.set_ylim(bottom=0)
        drawn.legend()
    caption = (
        "What the rule maximises: how many nats (of 1.44 bits each) a model of words saves on what is wanted. "
        "Higher is better."
    )
    return Picture("F along the picks", drawn.svg, caption)


def _curves(steps: Walk, random: Walk) -> list[tuple[Walk, str, str, str]]:
    both = [(steps, TWO, "-", "selection"), (random, ONE, "--", "random")]
    return [one for one in both if len(one[0].sizes)]


def _points(walked: Walk) -> Sequence[int]:
    count = len(walked.sizes)
    return sorted({round(number * (count - 1) / POINTS) for number in range(POINTS + 1)})
