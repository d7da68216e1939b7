"""Another definition of a token, that of the rule's first trial: runs of ASCII letters and digits, or of other marks."""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from zip_pipeline.dedup.tokens import Ragged
from zip_pipeline.selection.features import Features, _features

RUN = re.compile(rb"[a-z0-9_\x80-\xff]+|[^\sa-z0-9_\x80-\xff]+")


def features(payloads: Sequence[bytes], bits: int) -> Features:
    """Return the features of each payload by these tokens; see `selection.features`."""
    known: dict[bytes, int] = {}
    hashes, ends = list[int](), [0]
    for payload in payloads:
        for token in RUN.findall(payload.lower()) or [payload]:
            if token not in known:
                known[token] = int.from_bytes(blake2b(token, digest_size=8).digest(), "little")
            hashes.append(known[token])
        ends.append(len(hashes))
    records = Ragged(np.array(hashes, np.uint64), np.array(ends, np.int64)).by_record()
    found = []
    for begin in range(0, len(records), 256):
        part = records[begin : begin + 256]
        offsets = np.cumsum([0, *map(len, part)])
        found.append(_features(Ragged(np.concatenate(part), offsets), bits))
    ends_of = np.cumsum(np.concatenate([np.zeros(1, np.int64), *(np.diff(part.offsets) for part in found)]))
    columns = (np.concatenate([getattr(part, name) for part in found]) for name in ("buckets", "counts"))
    return Features(*columns, ends_of)
