"""pyarrow's filesystem for a URI, with the credentials and addresses that Spark was given.

There is one configuration: what ``spark.hadoop.*`` says to Spark's executors of S3 and HDFS holds for the driver as
well, keys of single buckets included. Where Spark says nothing of S3, the driver asks where every client of S3 does:
the environment, the profile, the role of the machine. Where it says nothing of HDFS, Hadoop's own files do.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

import pyarrow as pa
from pyarrow import fs
from pyspark.sql import SparkSession

from zip_pipeline.errors import UserError
from zip_pipeline.spark.stores import hdfs

RETRY_S = 10
"""Seconds for which Google's client asks again; by itself it takes 15 minutes, and hears no Ctrl-C meanwhile."""

ATTEMPTS = 10
"""How often S3 is asked in all, with longer and longer pauses: a store that is busy says SlowDown for a while."""

TIMEOUT_S = 30.0
"""Seconds that one request to S3 may take without a byte; by itself the client gives up after three."""

MOST_SAID = 300
"""Characters of what a store says that a message shows."""

ELSEWHERE = {
    "dbfs": "the driver reads files of DBFS below /dbfs: write /dbfs/... for dbfs:/...",
    "wasb": "the driver does not know this scheme: write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/...",
    "wasbs": "the driver does not know this scheme: write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/...",
}
"""Schemes that Spark may know and pyarrow does not, and what to write in their place."""

S3 = "fs.s3a."
"""How Hadoop's settings of S3 begin."""

_SETTING = re.compile(r"spark\.hadoop\.(.+)|(fs\..+)")
_PARTS = re.compile(r"([^:]+):(?://([^/]*))?(.*)", re.DOTALL)
_settings: dict[str, str] = {}


def hand_on(spark: SparkSession) -> None:
    """Take over what a session knows of Hadoop's stores; filesystems of before stay as they are."""
    found: dict[str, str] = {}
    with suppress(Exception):  # not every server tells its settings
        for key, value in sorted(spark.conf.getAll.items()):  # with the prefix comes last, and holds
            if match := _SETTING.fullmatch(key):
                found[match[1] or match[2]] = value
    if found != _settings:
        _settings.clear()
        _settings.update(found)
        _filesystem.cache_clear()


def reach(uri: str) -> tuple[fs.FileSystem, str]:
    """Return the filesystem of a URI, and the path within it.

    Raises:
        UserError: when the scheme is not known here, or the store cannot be addressed.
    """
    parts = _PARTS.match(uri)
    scheme, host, inner = parts.groups("") if parts else ("", "", uri)
    if scheme in ELSEWHERE:
        raise UserError(f"{uri}: cannot be reached: {ELSEWHERE[scheme]}")
    try:
        if scheme in ("s3", "s3a", "s3n") and any(key.startswith(S3) for key in _settings):
            return _filesystem("s3", host), f"{host}{inner}".rstrip("/")
        if scheme in hdfs.SCHEMES:
            return _filesystem(scheme, host), inner.rstrip("/")
        filesystem, path = fs.FileSystem.from_uri(for_pyarrow(uri))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{uri}: cannot be reached: {first_line(error)}") from None
    return filesystem, path.rstrip("/")


def s3_options(settings: Mapping[str, str], bucket: str) -> dict[str, object]:
    """Return the arguments of `pyarrow.fs.S3FileSystem` that mean what Hadoop's settings mean.

    Args:
        settings: of Hadoop; ``fs.s3a.bucket.NAME.x`` holds for a bucket in place of ``fs.s3a.x``.
        bucket: its name.
    """
    of_bucket = f"{S3}bucket.{bucket}."
    plain = {key.removeprefix(S3): value for key, value in settings.items() if key.startswith(S3)}
    plain |= {key.removeprefix(of_bucket): value for key, value in settings.items() if key.startswith(of_bucket)}
    said = {key: value.strip() for key, value in plain.items() if value.strip()}
    providers, options = said.get("aws.credentials.provider", ""), dict[str, object]()
    if "AnonymousAWSCredentials" in providers:
        options["anonymous"] = True
    elif "AssumedRole" in providers and "assumed.role.arn" in said:
        options["role_arn"] = said["assumed.role.arn"]
        options["session_name"] = said.get("assumed.role.session.name", "zip-pipeline")
    elif "access.key" in said and "secret.key" in said:
        options |= {"access_key": said["access.key"], "secret_key": said["secret.key"]}
        if "session.token" in said:
            options["session_token"] = said["session.token"]
    if endpoint := said.get("endpoint"):
        scheme, _, host = endpoint.rpartition("://")
        is_plain = said.get("connection.ssl.enabled", "true").lower() == "false"
        options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or ("http" if is_plain else "https")}
        options["force_virtual_addressing"] = said.get("path.style.access", "false").lower() != "true"
    if region := said.get("endpoint.region"):
        options["region"] = region
    if proxy := said.get("proxy.host"):
        options["proxy_options"] = f"http://{proxy}:{said.get('proxy.port', '80')}"
    return options


@cache
def _filesystem(kind: str, bucket: str) -> fs.FileSystem:
    """Return a filesystem that all paths of a bucket share: to make one takes longer than to ask it."""
    if kind in hdfs.SCHEMES:
        return hdfs.filesystem(kind, bucket, _settings)
    options = s3_options(_settings, bucket)
    if "region" not in options and "endpoint_override" not in options:
        with suppress(pa.ArrowException, OSError):
            options["region"] = fs.resolve_s3_region(bucket)
    retry = fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS)
    return fs.S3FileSystem(retry_strategy=retry, request_timeout=TIMEOUT_S, connect_timeout=TIMEOUT_S, **options)


def for_pyarrow(uri: str) -> str:
    """Return a URI as pyarrow takes it: Hadoop's name of S3 is s3a, and Google's client is to give up sooner."""
    if re.match("gc?s:", uri) and "retry_limit_seconds=" not in uri:
        return f"{uri}{'&' if '?' in uri else '?'}retry_limit_seconds={RETRY_S}"
    return re.sub(r"^s3[an]:", "s3:", uri)


def first_line(error: Exception) -> str:
    """Return what a store says, as much as fits a message; of a list of faults the first one."""
    said = str(error).split("\n", 2)
    lines = said[:2] if said[0].rstrip().endswith(":") else said[:1]
    return " ".join(line.strip() for line in lines)[:MOST_SAID]
