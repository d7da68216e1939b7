"""What tells the input of one run from that of another: the size and the time of each file."""

from collections import defaultdict
from urllib.parse import urlsplit

from pyarrow import fs
from pyspark.sql import DataFrame

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location

Files = dict[str, list[int]]


def files_of(rows: DataFrame) -> Files | None:
    """Return bytes and time of change (ns) of each file; None where there are none, or pyarrow does not reach them."""
    places: dict[str, list[str]] = defaultdict(list)
    for uri in sorted(rows.inputFiles()):
        parts = urlsplit(uri)
        places[f"{parts.scheme}://{parts.netloc}"].append(uri)
    found: Files = {}
    try:
        for uris in places.values():
            locations = [Location.of(uri) for uri in uris]
            infos = locations[0].filesystem.get_file_info([location.path for location in locations])
            if any(info.type != fs.FileType.File for info in infos):
                return None
            found |= {uri: [info.size, info.mtime_ns] for uri, info in zip(uris, infos, strict=True)}
    except (UserError, OSError):
        return None
    return found or None
