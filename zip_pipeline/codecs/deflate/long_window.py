"""The long-window size model: deflate with matches beyond zlib's reach, and how the parse finds them.

With a window of 32 KiB the kernel gives zlib's size to the bit. With a longer one, W = 2**k bytes up to 1 GiB, it gives
the size in a format of this project's own, which no program writes or reads. The format is deflate as zlib parses it
(its search, lazy evaluation, blocks and code lengths), with these rules.

Let N be the length of the stream. Let p be a position at which deflate_slow would search if its chain were not
empty: 3 bytes lie ahead, and the pending match is shorter than the level's lazy value and than min(258, N - p).
`best` is the longer of the pending match and of what zlib's search returns. R = 32,506 is as far as zlib reaches. A
match from beyond R is called distant.

1. Continuation. Let D be the distance of the last distant match that was sent; before the first there is none. If the
   bytes at p and p - D have a common length of at least 8 that is longer than `best`, that match replaces zlib's, and
   its length replaces `best`. So a long passage costs one match every 258 bytes, even where matches within reach
   interrupt it.
2. Distant source. This rule needs `best` below 16, 16 bytes ahead of p, and a sampled gram: these 16 bytes. Let q be
   the latest position before p with the same gram. If R < p - q <= W, the match from q replaces zlib's, with its full
   common length. Position 0 counts as any other.
   A gram is sampled if the top three bits of (a * A + b * B) mod 2**64 are zero. a and b are its halves as
   little-endian numbers, A = MULTIPLIER_LOW and B = MULTIPLIER_HIGH. So one gram in eight is sampled, wherever it
   occurs.
3. A common length is at most min(258, N - p). Budget and nice length do not bind distant matches. Lazy evaluation
   treats them as it treats zlib's.
4. Price. The distance codes go on: 30 and 31 have 14 extra bits, for 32,769 to 65,536. Each further doubling adds two
   codes, up to code 59 at 1 GiB. The dynamic distance alphabet has as many codes as the window needs; its header's
   counts still cost 14 bits. In fixed blocks, codes from 30 on cost 9 bits: deflate's fixed distance code
   leaves two words of 5 bits unused, which hold 32 words of 9 bits.

Consequences: the size is a function of bytes, level and window alone. A stream of up to 32,522 bytes has zlib's
size. Between zlib's reach and the window there is no hole, except that at R itself zlib sees only the head of a chain.
A copy is seen from its first sampled gram on, which is 8 bytes into the copy on average. Distant copies of less than
16 bytes are not seen, except as continuations.

How it is done: the index holds the anchor's text and, in a hash table with open addressing, the latest position of
every sampled gram up to INDEXED. The positions from there on are the bytes still to be parsed, all within zlib's reach
of one another. Whether a gram occurs among them is seen along the 8-byte chain. Where searches use the match cache,
the result of zlib's search tells it.

What this module does not do: allocate (see `long_window_index`), or parse (see `lazy_parse`).
"""

from numba import njit

from zip_pipeline.codecs.deflate.layout import LAST_DISTANCE, LINKS, MAX_DISTANCE, ORIGIN, TEXT
from zip_pipeline.codecs.deflate.raw_memory import common_length, load64, store64

GRAM = 16
MULTIPLIER_LOW = 0x5D2F1B8E93C64A7B
MULTIPLIER_HIGH = 0x39E8D4C1A65B720D
SHORTEST_CONTINUATION = 8
# The longest text that may follow INDEXED when it is searched, with up to 261 bytes parsed before. So grams that
# the index lacks are within zlib's reach.
MOST_UNINDEXED = 32256

# The index: int64 fields at an address of its own. All positions count from the beginning of the stream.
INDEX_TEXT = 0  # address at which position 0 would lie
HELD_FROM = 8  # first position whose text is held
INDEXED = 16  # the grams that begin before this position are in the table
SLOTS = 24  # address of the table: gram hash << 32 | position - HELD_FROM + 1, or 0 in an empty slot
SLOT_COUNT = 32
SLOTS_USED = 40
MOST_USED = 48  # the table must grow before more slots are used; less than SLOT_COUNT
WINDOW_SIZE = 56
INDEX_BYTES = 64

_LOW_HALF = 0xFFFFFFFF


@njit(nogil=True, error_model="numpy")
def _hash(gram: int) -> int:
    return load64(gram) * MULTIPLIER_LOW + load64(gram + 8) * MULTIPLIER_HIGH


@njit(nogil=True, error_model="numpy")
def _is_sampled(hashed: int) -> bool:
    return (hashed >> 61) & 7 == 0


@njit(nogil=True, error_model="numpy")
def _tag(hashed: int) -> int:
    """The 32 bits below those that decide on sampling; they choose the slot and are stored in it."""
    return (hashed >> 29) & _LOW_HALF


@njit(nogil=True, error_model="numpy")
def _first_slot(slots: int, slot_count: int, tag: int) -> int:
    return slots + 8 * ((tag * slot_count) >> 32)


@njit(nogil=True, error_model="numpy")
def _find(window_index: int, gram: int, tag: int) -> int:
    """Address of the slot that holds the 16 bytes at address `gram`, or of the empty slot where they belong."""
    slots = load64(window_index + SLOTS)
    slot_count = load64(window_index + SLOT_COUNT)
    before_held = load64(window_index + INDEX_TEXT) + load64(window_index + HELD_FROM) - 1
    slot = _first_slot(slots, slot_count, tag)
    while True:
        entry = load64(slot)
        if entry == 0:
            return slot
        if (entry >> 32) & _LOW_HALF == tag:
            other = before_held + (entry & _LOW_HALF)
            if load64(other) == load64(gram) and load64(other + 8) == load64(gram + 8):
                return slot
        slot += 8
        if slot == slots + 8 * slot_count:
            slot = slots


@njit(nogil=True, error_model="numpy")
def _occurs_since(base: int, position: int, oldest: int) -> bool:
    """Whether the gram at `position` also begins at `oldest` or between; all are within zlib's reach."""
    text = base + TEXT
    links = base + LINKS
    low = load64(text + position)
    high = load64(text + position + 8)
    candidate = position
    while True:
        step = (load64(links + 8 * candidate) >> 32) & 0xFFFF
        candidate -= step
        if candidate < oldest:
            return False
        if load64(text + candidate) == low and load64(text + candidate + 8) == high:
            return True


@njit(nogil=True, error_model="numpy")
def distant_match(
    base: int,
    fields: int,
    window_index: int,
    position: int,
    pending: int,
    zlibs: tuple[int, int],
    clamp: int,
    linked: int,
) -> tuple[int, int]:
    """Return (length, start) of the match at `position` by the rules above.

    `zlibs` is zlib's own match, of length 0 for none; it is returned unless a distant match replaces it. `pending` is
    the length of the pending match, `clamp` the longest length that may count. The text is linked up to `linked`; from
    there on only reach and nice length may have bound zlib's search. The start is local to the state's text, and may
    lie before that text.
    """
    length, start = zlibs
    here = base + TEXT + position
    origin = load64(fields + ORIGIN)
    index_text = load64(window_index + INDEX_TEXT) + origin
    best = max(pending, length)
    distance = load64(fields + LAST_DISTANCE)
    if distance != 0 and clamp >= SHORTEST_CONTINUATION:
        source = index_text + position - distance
        if load64(source) == load64(here):
            common = common_length(source, here, clamp)
            if common > best:
                best = length = common
                start = position - distance
    if best < GRAM and clamp >= GRAM:
        hashed = _hash(here)
        if _is_sampled(hashed):
            entry = load64(_find(window_index, here, _tag(hashed))) & _LOW_HALF
            copied = entry - 1 + load64(window_index + HELD_FROM) - origin
            distance = position - copied
            if entry != 0 and distance > MAX_DISTANCE and distance <= load64(window_index + WINDOW_SIZE):
                unindexed = load64(window_index + INDEXED) - origin
                # A nearer gram that the index lacks lies within MAX_DISTANCE and not at position 0, and no level's nice
                # length is below 16. So where no budget binds, zlib would have found it: `best` would be 16 or more.
                if position >= linked or not _occurs_since(base, position, max(unindexed, position - MAX_DISTANCE)):
                    length = common_length(index_text + copied, here, clamp)
                    start = copied
    return length, start


@njit(nogil=True, error_model="numpy")
def enter_grams(window_index: int, end: int, log: int) -> int:
    """Enter the sampled grams from INDEXED up to `end` into the table, as far as it has room; INDEXED moves on.

    `log` is 0, or the address of room for 16 bytes a position: each change writes its slot's address and old content
    there. Returns the number of changes.
    """
    index_text = load64(window_index + INDEX_TEXT)
    held_from = load64(window_index + HELD_FROM)
    used = load64(window_index + SLOTS_USED)
    most_used = load64(window_index + MOST_USED)
    position = load64(window_index + INDEXED)
    changes = 0
    while position < end and used < most_used:
        gram = index_text + position
        hashed = _hash(gram)
        if _is_sampled(hashed):
            tag = _tag(hashed)
            slot = _find(window_index, gram, tag)
            entry = load64(slot)
            used += entry == 0
            if log != 0:
                store64(log + 16 * changes, slot)
                store64(log + 16 * changes + 8, entry)
            changes += 1
            store64(slot, (tag << 32) | (position - held_from + 1))
        position += 1
    store64(window_index + SLOTS_USED, used)
    store64(window_index + INDEXED, position)
    return changes


@njit(nogil=True, error_model="numpy")
def undo_changes(log: int, changes: int) -> None:
    """Undo the changes that `enter_grams` wrote to `log`, the last one first."""
    for k in range(changes - 1, -1, -1):
        store64(load64(log + 16 * k), load64(log + 16 * k + 8))


@njit(nogil=True, error_model="numpy")
def move_slots(slots: int, slot_count: int, new_slots: int, new_count: int, shift: int) -> int:
    """Copy a table into an empty one with positions `shift` lower; leave out those that fall below 0.

    Returns the number of slots used; the new table must have room.
    """
    used = 0
    for k in range(slot_count):
        entry = load64(slots + 8 * k)
        if entry & _LOW_HALF > shift:
            slot = _first_slot(new_slots, new_count, (entry >> 32) & _LOW_HALF)
            while load64(slot) != 0:
                slot += 8
                if slot == new_slots + 8 * new_count:
                    slot = new_slots
            store64(slot, entry - shift)
            used += 1
    return used
