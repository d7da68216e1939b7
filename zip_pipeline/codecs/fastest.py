"""Which evaluator: the fastest of a codec that this machine has; all of a codec give the same sizes."""

from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.evaluator import Evaluator, PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.codecs.zstd_evaluator import ZstdEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing

try:
    from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
except ImportError:  # no Numba: zlib's own window all the same, more slowly; longer ones cannot be had
    KernelEvaluator = None  # type: ignore[assignment, misc]


def evaluator(codec: Codec, framing: Framing, payloads: Payloads, workers: int) -> Evaluator:
    """Return it; the arguments are those of `FramedAnchor`."""
    if isinstance(codec, ZstdCodec):
        return ZstdEvaluator(codec, framing, payloads, workers)
    if KernelEvaluator is not None and codec.level in ZlibCodec.KERNEL_LEVELS:
        return KernelEvaluator(codec, framing, payloads, workers)
    return PrefixEvaluator(codec, framing, payloads, workers)


def compiles_first(anchor: Evaluator) -> bool:
    """Whether the evaluator has to be compiled before it answers."""
    return KernelEvaluator is not None and isinstance(anchor, KernelEvaluator) and anchor.compiles_first()
