"""What the pages and templates say of a key: what it may hold, and its default."""

from zip_pipeline.config import SplitConfig
from zip_pipeline.config.guide.keys import all_keys, default, leaves, value


def test_a_key_says_what_it_may_hold_and_its_default() -> None:
    known = dict(leaves(SplitConfig))
    assert (value(known["split.share"]), default(known["split.share"])) == ("share", "0.05")
    assert (value(known["output.mode"]), default(known["output.mode"])) == ("`error`, `overwrite`", "error")
    assert default(known["input.path"]) == "null"
    assert default(known["output.path"]) is None


def test_sizes_are_written_with_their_units() -> None:
    assert default(all_keys()["codec.window"].info) == "64MB"


def test_each_key_knows_its_jobs() -> None:
    assert all_keys()["select.budget"].jobs == ["select"]
    assert {"select", "score", "split"} <= set(all_keys()["input.path"].jobs)
