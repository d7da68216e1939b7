"""Raw memory access for the compiled deflate kernel: loads, stores, copies, comparison by integer address.

Array arguments inside hot Numba functions cost atomic reference counting on every call, which would be most of the
time of an evaluation. So the kernel passes plain integer addresses and touches memory through these intrinsics only.
Each compiles to one or two machine instructions, except `common_length`, which is a loop.

Values are signed 64-bit integers, and narrow loads are zero-extended, because Numba turns a mix of signed and
unsigned into floats.

What this module does not do: check anything. `layout.DeflateMemory` and `long_window_index.LongWindowIndex` own the
addresses, and answer for their lifetime and capacity.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_I64 = ir.IntType(64)


def _make_load(bits: int) -> Callable[[int], int]:
    """Intrinsic `load(address) -> int64` of an unaligned little-endian unsigned integer of `bits` bits."""

    @intrinsic
    def load(typingctx: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            narrow = ir.IntType(bits)
            value = builder.load(builder.inttoptr(args[0], narrow.as_pointer()), align=1, typ=narrow)
            return value if bits == 64 else builder.zext(value, _I64)

        return types.int64(types.int64), codegen

    return cast("Callable[[int], int]", load)


def _make_store(bits: int) -> Callable[[int, int], None]:
    """Intrinsic `store(address, value)` of the low `bits` bits of an int64, unaligned, little-endian."""

    @intrinsic
    def store(typingctx: Any, address: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            narrow = ir.IntType(bits)
            item = args[1] if bits == 64 else builder.trunc(args[1], narrow)
            builder.store(item, builder.inttoptr(args[0], narrow.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), codegen

    return cast("Callable[[int, int], None]", store)


def _make_copy() -> Callable[[int, int, int], None]:
    """Intrinsic `copy(target, source, size)`: copy `size` bytes between ranges that do not overlap."""

    @intrinsic
    def copy(typingctx: Any, target: Any, source: Any, size: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            byte_pointer = ir.IntType(8).as_pointer()
            memcpy = builder.module.declare_intrinsic("llvm.memcpy", [byte_pointer, byte_pointer, _I64])
            target_pointer = builder.inttoptr(args[0], byte_pointer)
            source_pointer = builder.inttoptr(args[1], byte_pointer)
            builder.call(memcpy, [target_pointer, source_pointer, args[2], ir.Constant(ir.IntType(1), 0)])
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), codegen

    return cast("Callable[[int, int, int], None]", copy)


def _make_prefetch() -> Callable[[int], None]:
    """Intrinsic `prefetch(address)`: load it into the processor's cache, to be written soon; any address is allowed."""

    @intrinsic
    def prefetch(typingctx: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            byte_pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number])
            function = builder.module.declare_intrinsic("llvm.prefetch", [byte_pointer], kind)
            to_write, nearest, data = (ir.Constant(number, value) for value in (1, 3, 1))
            builder.call(function, [builder.inttoptr(args[0], byte_pointer), to_write, nearest, data])
            return context.get_dummy_value()

        return types.void(types.int64), codegen

    return cast("Callable[[int], None]", prefetch)


def _make_count(leading: bool) -> Callable[[int], int]:
    """Intrinsic that counts zero bits from the top (64 for 0) or from the bottom (undefined for 0)."""

    @intrinsic
    def count(typingctx: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            if leading:
                return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.int64), codegen

    return cast("Callable[[int], int]", count)


load8 = _make_load(8)
load16 = _make_load(16)
load32 = _make_load(32)
load64 = _make_load(64)
store8 = _make_store(8)
store16 = _make_store(16)
store32 = _make_store(32)
store64 = _make_store(64)
copy_bytes = _make_copy()
prefetch = _make_prefetch()
leading_zeros = _make_count(leading=True)
trailing_zeros = _make_count(leading=False)


@njit(nogil=True, error_model="numpy")
def common_length(a: int, b: int, limit: int) -> int:
    """Number of equal bytes at addresses `a` and `b`, at most `limit`; reads up to 7 bytes more."""
    length = 0
    while length < limit:
        difference = load64(a + length) ^ load64(b + length)
        if difference != 0:
            return min(limit, length + (trailing_zeros(difference) >> 3))
        length += 8
    return limit
