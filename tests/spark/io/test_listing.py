"""What lies at a path, on this machine and elsewhere."""

import doctest
import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from support.files import NO_SPARK, fill, lines
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import listing
from zip_pipeline.spark.io.listing import list_files, table_at


def test_a_folder_is_listed_with_all_folders_in_it(tmp_path: Path) -> None:
    fill(tmp_path, {"a.jsonl": lines(1), "b/c/d.jsonl": lines(1, 2), "b/e.md": ""})
    found = list_files(NO_SPARK, str(tmp_path))
    assert found.files == {"a.jsonl": len(lines(1)), "b/c/d.jsonl": len(lines(1, 2)), "b/e.md": 0}
    assert (found.left_out, found.is_exact, found.roots) == ({}, True, [f"file://{tmp_path}"])


@pytest.mark.parametrize("name", ["pool[1].jsonl", "a{b,c}.jsonl", "a*b?.jsonl", "a\\b.jsonl", "a:b.jsonl", "_a.jsonl"])
def test_a_name_is_a_name_where_there_is_such_a_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [name, "pool1.jsonl", "ab.jsonl"])
    monkeypatch.chdir(tmp_path)
    for path in (name, str(tmp_path / name), f"file://{tmp_path}/{name}"):
        assert [*list_files(NO_SPARK, path).files] == [name]


def test_hidden_files_and_folders_are_named_where_they_may_hold_data(tmp_path: Path) -> None:
    fill(
        tmp_path, ["a.jsonl", "_b.jsonl", ".c.jsonl", "_SUCCESS", ".a.jsonl.crc", "_temporary/0/a.jsonl", ".git/x.json"]
    )
    fill(tmp_path, ["_year=1/d.jsonl"])
    found = list_files(NO_SPARK, str(tmp_path))
    assert [*found.files] == ["_year=1/d.jsonl", "a.jsonl"]
    assert found.left_out == {".c.jsonl": "hidden", "_b.jsonl": "hidden", "_temporary": "hidden"}
    assert found.is_exact


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    elsewhere = fill(tmp_path / "elsewhere", ["x.jsonl", "y.jsonl"])
    pool = fill(tmp_path / "pool", ["a.jsonl"])
    (pool / "file.jsonl").symlink_to(elsewhere / "x.jsonl")
    (pool / "folder").symlink_to(elsewhere)
    (pool / "gone.jsonl").symlink_to(tmp_path / "nothing")
    found = list_files(NO_SPARK, str(pool))
    assert [*found.files] == ["a.jsonl", "file.jsonl", "folder/x.jsonl", "folder/y.jsonl"]
    assert (found.left_out, found.is_exact) == ({"gone.jsonl": "a link to nothing"}, True)
    (elsewhere / "back").symlink_to(pool)
    found = list_files(NO_SPARK, str(pool))
    assert [*found.files] == ["a.jsonl", "file.jsonl", "folder/x.jsonl", "folder/y.jsonl"]
    assert found.left_out["folder/back/"] == "a link to a folder that it is in"
    assert not found.is_exact, "Spark would go round and round"


def test_what_is_neither_file_nor_folder_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert list_files(NO_SPARK, str(tmp_path)).left_out == {"pipe.jsonl": "no file"}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jsonl", ["a.jsonl", "b.jsonl"]),
        ("**.jsonl", ["a.jsonl", "b.jsonl"]),
        ("{a,c/*}.jsonl", ["a.jsonl", "c/d.jsonl"]),
        ("[^a]*", ["b.jsonl", "c/d.jsonl", "c/e/f.jsonl"]),
        ("*", ["a.jsonl", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl"]),
        ("?/e", ["c/e/f.jsonl"]),
    ],
)
def test_a_glob_matches_as_for_spark(spark: SparkSession, tmp_path: Path, pattern: str, found: list[str]) -> None:
    fill(tmp_path, ["a.jsonl", "b.jsonl", "c/d.jsonl", "c/e/f.jsonl", "_x.jsonl", ".y.jsonl"])
    here = list_files(spark, f"{tmp_path}/{pattern}")
    assert sorted(here.files) == found
    read = spark.read.option("recursiveFileLookup", "true").text(f"file://{tmp_path}/{pattern}").inputFiles()
    assert sorted(file.removeprefix(f"file://{tmp_path}/") for file in read) == found


def test_a_glob_that_meets_hidden_folders_is_not_what_spark_would_read(tmp_path: Path) -> None:
    fill(tmp_path, ["a/a.jsonl", "_temporary/b.jsonl"])
    found = list_files(NO_SPARK, f"{tmp_path}/*")
    assert ([*found.files], found.left_out, found.is_exact) == (["a/a.jsonl"], {"_temporary": "hidden"}, False)


@pytest.mark.parametrize("path", ["nothing", "nothing*", "{a,b}"])
def test_what_is_not_there_is_missed(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        list_files(NO_SPARK, f"{tmp_path}/{path}")


def test_outputs_of_this_package_are_no_data(tmp_path: Path) -> None:
    output = ["manifest.json", "report.html", "selection/part-0.parquet"]
    fill(tmp_path, ["a.parquet", *(f"runs/1/{name}" for name in output), "runs/2/manifest.json"])
    found = list_files(NO_SPARK, str(tmp_path))
    assert [*found.files] == ["a.parquet", "runs/2/manifest.json"]
    assert (found.left_out, found.is_exact) == ({"runs/1/": "an output of this package"}, False)
    with pytest.raises(InputError, match="an output of this package; name one of its tables"):
        list_files(NO_SPARK, f"{tmp_path}/runs/1")
    assert [*list_files(NO_SPARK, f"{tmp_path}/runs/1/selection").files] == ["part-0.parquet"]


def test_a_table_below_has_more_than_the_files_that_count(tmp_path: Path) -> None:
    fill(tmp_path, ["lake/a.parquet", "lake/table/_delta_log/0.json", "lake/table/b.parquet"])
    assert table_at(NO_SPARK, f"{tmp_path}/lake/table") == "delta"
    assert table_at(NO_SPARK, f"{tmp_path}/lake") is None
    with pytest.raises(InputError, match=r"table/ in it is a delta table; give its path, with input.format=delta"):
        list_files(NO_SPARK, f"{tmp_path}/lake")


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> str:
    """A URI below which this machine's files lie, in a store that pyarrow does not know."""
    spark.conf.set(f"fs.viewfs.mounttable.store-{tmp_path.name}.link./lake", f"file://{tmp_path}")
    return f"viewfs://store-{tmp_path.name}/lake"


def test_elsewhere_spark_lists(spark: SparkSession, tmp_path: Path, store: str) -> None:
    fill(tmp_path, ["pool/a b%20.jsonl", "pool/c/d.jsonl", "pool/_SUCCESS", "pool[1].jsonl", "t/_delta_log/0.json"])
    folder = list_files(spark, f"{store}/pool")
    assert (folder.base, folder.files) == (f"{store}/pool/", {"a b%20.jsonl": None, "c/d.jsonl": None})
    assert (folder.is_local, folder.roots) == (False, [f"{store}/pool"])
    assert [*list_files(spark, f"{store}/pool/").files] == [*folder.files]
    file = list_files(spark, f"{store}/pool[1].jsonl")
    assert (file.base, [*file.files]) == (f"{store}/", ["pool[1].jsonl"])
    glob = list_files(spark, f"{store}/p*/*.jsonl")
    assert (glob.base, [*glob.files], glob.roots) == (f"{store}/", ["pool/a b%20.jsonl"], [f"{store}/p*/*.jsonl"])
    assert table_at(spark, f"{store}/t") == "delta"
    assert table_at(spark, f"{store}/pool") is None
    for absent in ("nothing", "nothing*"):
        with pytest.raises(InputError, match="no such file or folder"):
            list_files(spark, f"{store}/{absent}")


def test_examples() -> None:
    assert doctest.testmod(listing).failed == 0
