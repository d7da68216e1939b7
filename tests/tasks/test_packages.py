"""An executor says which packages it has not."""

import pyarrow as pa

from zip_pipeline.tasks.packages import MISSING, NEEDED, PICKING, Probe


def test_only_what_is_missing_is_named() -> None:
    asked = [pa.record_batch({"id": [1]})]
    (found,) = Probe([*NEEDED, "no_such_package", *PICKING, "nor_this"]).missing(asked)
    assert found.schema == MISSING
    assert found.column("name").to_pylist() == ["no_such_package", "nor_this"]
    (none,) = Probe(NEEDED).missing(asked)
    assert none.num_rows == 0
