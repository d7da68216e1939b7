"""Files and folders, as pyarrow reaches them."""

from pathlib import Path

import pytest

from zip_pipeline.spark.io.location import Location


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Location.of(str(tmp_path / "manifest.json"))
    file.write(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Location, "move", lambda *_: pytest.fail("cut short"))
        with pytest.raises(pytest.fail.Exception):
            file.write_whole(b"new and long")
    assert file.read() == b"old"
    file.write_whole(b"new")
    assert (file.read(), [path.name for path in tmp_path.iterdir()]) == (b"new", ["manifest.json"])
