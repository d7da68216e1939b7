"""One configuration of stores: what Spark was told holds for the driver."""

from typing import cast

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.stores import filesystems
from zip_pipeline.spark.stores.filesystems import first_line, for_pyarrow, hand_on, reach, s3_options


def test_no_store_is_asked_for_ever() -> None:
    """Google's client asks for a token for 15 minutes, and hears no Ctrl-C meanwhile."""
    assert for_pyarrow("gs://b/x") == "gs://b/x?retry_limit_seconds=10"
    assert for_pyarrow("gcs://b/x?a=b") == "gcs://b/x?a=b&retry_limit_seconds=10"
    assert for_pyarrow("gs://b/x?retry_limit_seconds=99") == "gs://b/x?retry_limit_seconds=99"
    assert for_pyarrow("s3a://b/x") == "s3://b/x"
    store = Location.of("gs://b/x")
    assert (store.uri, store.path, store.filesystem.type_name) == ("gs://b/x", "b/x", "gcs")


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, {}),
        ({"fs.s3a.access.key": "a", "fs.s3a.secret.key": "b"}, {"access_key": "a", "secret_key": "b"}),
        ({"fs.s3a.access.key": "a"}, {}),
        (
            {
                "fs.s3a.access.key": "a",
                "fs.s3a.secret.key": "b",
                "fs.s3a.session.token": "c",
                "fs.s3a.endpoint.region": "eu-west-1",
            },
            {"access_key": "a", "secret_key": "b", "session_token": "c", "region": "eu-west-1"},
        ),
        (
            {"fs.s3a.endpoint": "http://h:9000/", "fs.s3a.path.style.access": "true"},
            {"endpoint_override": "h:9000", "scheme": "http", "force_virtual_addressing": False},
        ),
        (
            {"fs.s3a.endpoint": "h", "fs.s3a.connection.ssl.enabled": "false"},
            {"endpoint_override": "h", "scheme": "http", "force_virtual_addressing": True},
        ),
        (
            {"fs.s3a.endpoint": "h", "fs.s3a.bucket.lake.endpoint": "https://i", "fs.s3a.bucket.other.endpoint": "j"},
            {"endpoint_override": "i", "scheme": "https", "force_virtual_addressing": True},
        ),
        (
            {"fs.s3a.access.key": "a", "fs.s3a.secret.key": "b", "fs.s3a.bucket.lake.access.key": "c"},
            {"access_key": "c", "secret_key": "b"},
        ),
        (
            {"fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider"},
            {"anonymous": True},
        ),
        (
            {
                "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.auth.AssumedRoleCredentialProvider",
                "fs.s3a.assumed.role.arn": "arn:r",
            },
            {"role_arn": "arn:r", "session_name": "zip-pipeline"},
        ),
        ({"fs.s3a.proxy.host": "p", "fs.s3a.proxy.port": "3128"}, {"proxy_options": "http://p:3128"}),
    ],
)
def test_hadoops_settings_as_pyarrow_takes_them(settings: dict[str, str], options: dict[str, object]) -> None:
    assert s3_options(settings, "lake") == options


class Session:
    """What `hand_on` asks a session for."""

    def __init__(self, **settings: str) -> None:
        self.conf = self
        self.getAll = {key.replace("_", "."): value for key, value in settings.items()}


@pytest.fixture
def settings() -> object:
    """The settings of a test, which are gone after it."""
    before = dict(filesystems._settings)
    yield filesystems._settings
    hand_on(cast("SparkSession", Session(**{key.replace(".", "_"): value for key, value in before.items()})))


def test_the_session_says_how_a_bucket_is_reached(settings: dict[str, str]) -> None:
    told = Session(
        spark_hadoop_fs_s3a_endpoint="http://127.0.0.1:9", fs_s3a_endpoint="of-the-session", spark_master="local"
    )
    hand_on(cast("SparkSession", told))
    assert settings == {"fs.s3a.endpoint": "http://127.0.0.1:9"}, "what executors get holds"
    place = Location.of("s3a://lake/a b/c?d#e/")
    assert (place.uri, place.path, place.filesystem.type_name) == ("s3a://lake/a b/c?d#e", "lake/a b/c?d#e", "s3")
    assert Location.of("s3a://lake/x").filesystem is place.filesystem, "one a bucket, however many files"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("dbfs:/x", "dbfs:/x: cannot be reached: the driver reads files of DBFS below /dbfs: write /dbfs/"),
        ("wasbs://c@a.blob/x", "does not know this scheme: write abfss://"),
        ("hdfs:///x", 'hdfs:///x: cannot be reached: InvalidArgument("No fs.defaultFS setting found'),
    ],
)
def test_stores_that_the_driver_does_not_reach(uri: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        reach(uri)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_store_says_fits_a_line() -> None:
    """Of a list of faults the first one is named."""
    listed = "Got the following 2 errors:\n- key 'a': DirectoryNotEmpty\n- key 'b': AccessDenied"
    assert first_line(OSError(listed)) == "Got the following 2 errors: - key 'a': DirectoryNotEmpty"
    assert first_line(OSError("AWS Error\nmore")) == "AWS Error"
    assert first_line(OSError("")) == ""
