"""An object store on this machine: a server of S3, and before it a proxy that says no, or asks to slow down.

`make lake` fetches moto, and the jars with which Spark speaks S3; tests that need them have the mark ``lake``.
"""

import http.client
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from pyarrow import fs

from support.lake_runs import PARTS, WAIT_S, Store, free_port

BUCKET = "lake"
NAME = "anybody"
"""Key and secret."""

START_S = 60.0

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class ObjectStore(Store):
    """A server with one bucket.

    Args:
        port: of the server, or of what is before it.
    """

    def __init__(self, port: int) -> None:
        self.endpoint = f"127.0.0.1:{port}"
        super().__init__(f"s3a://{BUCKET}", self._filesystem(), BUCKET)

    def _filesystem(self, **more: Any) -> fs.S3FileSystem:
        more |= {"access_key": NAME, "secret_key": NAME, "request_timeout": WAIT_S, "connect_timeout": WAIT_S}
        return fs.S3FileSystem(endpoint_override=self.endpoint, scheme="http", region="us-east-1", **more)

    def create_bucket(self) -> None:
        self._filesystem(allow_bucket_creation=True).create_dir(BUCKET)

    @property
    def settings(self) -> dict[str, str]:
        """What Spark must be told; the driver is told nothing else."""
        return {
            "spark.driver.extraClassPath": f"{PARTS}/jars/*",
            "spark.hadoop.fs.s3a.endpoint": f"http://{self.endpoint}",
            "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.access.key": NAME,
            "spark.hadoop.fs.s3a.secret.key": NAME,
        }


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Start a server of S3 with an empty bucket: moto, or versitygw where LAKE_VERSITYGW names that program.

    Args:
        folder: for its log, and for the files of versitygw.
    """
    port, environment = free_port(), {**os.environ, "PYTHONPATH": f"{PARTS}/moto"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    if "LAKE_VERSITYGW" in os.environ:
        (folder / "files").mkdir()
        keys = ["--access", NAME, "--secret", NAME]
        command = [os.environ["LAKE_VERSITYGW"], "--port", f"127.0.0.1:{port}", *keys, "posix", str(folder / "files")]
    with (folder / "log").open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
    try:
        end = time.monotonic() + START_S
        while time.monotonic() < end and process.poll() is None:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        started = ObjectStore(port)
        started.create_bucket()
        yield started
    finally:
        process.terminate()
        process.wait()


@contextmanager
def refusing(store: ObjectStore, *, deletes: bool = False, busy: float = 0.0) -> Iterator[ObjectStore]:
    """Put a proxy before a store.

    Args:
        store: answers what the proxy passes on.
        deletes: whether the proxy forbids to delete, as a policy does that lets Spark rename what it writes and no more.
        busy: the share of requests that it answers with SlowDown.
    """
    chances = random.Random(0)

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.body()
            query = urlsplit(self.path).query.split("&")
            is_abort = any(part.startswith("uploadId=") for part in query)
            is_delete = self.command == "DELETE" or (self.command == "POST" and query[0].rstrip("=") == "delete")
            of_spark = b"_temporary" in self.path.encode() + body
            if deletes and is_delete and not (is_abort or of_spark):
                self.answer(403, DENIED, {"Content-Type": "application/xml"})
            elif chances.random() < busy:
                self.answer(503, BUSY, {"Content-Type": "application/xml"})
            else:
                connection = http.client.HTTPConnection(store.endpoint, timeout=60)
                sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                connection.request(self.command, self.path, body, sent | {"Content-Length": str(len(body))})
                response = connection.getresponse()
                kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
                if self.command == "HEAD":
                    kept["X-Length"] = response.getheader("Content-Length", "0")
                self.answer(response.status, response.read(), kept)
                connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on  # noqa: N815

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            chunks = []
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(chunks)

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            length = headers.get("X-Length") or len(body)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield ObjectStore(server.server_port)
    finally:
        server.shutdown()
        server.server_close()


HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "server", "expect", "content-length"}
"""Headers of one connection alone."""
