"""What people see of a run, on stderr: its stages with their times, a bar over the picks, tables at the end.

A terminal gets a moving bar or a clock. Anything else (a log, a scheduler) gets plain lines with the time of day, 80
columns wide and without colours: one where a stage begins, and every half minute a sign that it lives. The line at a
stage's end has its seconds, and how much it worked off in each of them. The algorithm knows nothing of this:
`Reporter.picks` passes on each pick as it comes.
"""

import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TextIO

import rich.box
import rich.table
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from zip_pipeline.errors import StageError, ZipPipelineError
from zip_pipeline.report.events import EventLog
from zip_pipeline.report.heartbeat import BEAT_S, Watch, heartbeat
from zip_pipeline.report.page import Table
from zip_pipeline.schema import REPORT, Manifest
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Tally

LOG_EVERY_S = 10.0
LOG_WIDTH = 80
LONGEST_NUMBER = 30
LEAST_NAME, LEAST_WORD = 10, 14
GAP, EDGES = 3, 2

WARNING = "WARNING: "
"""How a line begins that even ``--quiet`` prints."""


@dataclass
class Stage:
    """A stage that runs.

    Attributes:
        done: amounts that it worked off so far, by unit, such as ``{"records": 5000}``.
    """

    done: dict[str, int] = field(default_factory=dict)

    def text(self, seconds: float) -> str:
        """Return how much the stage worked off, and how much a second.

        >>> Stage({"records": 5000}).text(2.0)
        ', 5,000 records, 2,500 a second'
        """
        return "".join(
            f", {amount:,} {unit}, {amount / max(seconds, 1e-9):,.0f} a second" for unit, amount in self.done.items()
        )


class Reporter:
    """Shows stages and picks, and times the stages.

    Args:
        console: where to print; by default stderr.
        events: gets what happens, for programs.
        is_quiet: print warnings alone.

    Attributes:
        timings: seconds by stage key, for the manifest.
    """

    def __init__(
        self, console: Console | None = None, events: EventLog | None = None, *, is_quiet: bool = False
    ) -> None:
        self.console, self._events = console or console_on(sys.stderr), events or EventLog()
        self._is_quiet = is_quiet
        self.timings: dict[str, float] = {}

    def say(self, line: str) -> None:
        """Print a line; in a log it stays one, so that it can be searched for."""
        if not self._is_quiet or line.upper().startswith(WARNING):
            self.console.print(line, markup=False, soft_wrap=not self.console.is_terminal)

    def show(self, table: Table) -> None:
        """Print a table."""
        if not self._is_quiet:
            self.console.print(for_console(table))

    @contextmanager
    def stage(self, key: str, name: str, *, has_bar: bool = False, watch: Watch = lambda: dict) -> Iterator[Stage]:
        """Time a stage and show that it runs; yield it, for what it has done.

        Args:
            key: of the time in `timings`.
            name: as people read it, such as ``score the pool``.
            has_bar: whether `picks` draws its bar meanwhile, which leaves no room for a spinner.
            watch: says what the stage has done so far, see `heartbeat`.

        Raises:
            StageError: instead of any exception that is not this project's, which becomes its cause.
        """
        start, stage = time.perf_counter(), Stage()
        self._events.add("stage_begins", stage=key, name=name)
        try:
            with self._signs_of_life(key, name, watch):
                if self._moves and not has_bar:
                    columns = SpinnerColumn(), TextColumn("{task.description} ...", markup=False), TimeElapsedColumn()
                    with Progress(*columns, console=self.console, transient=True) as clock:
                        clock.add_task(name, total=None)
                        yield stage
                else:
                    self.say(f"{_clock()} {name} ...")
                    yield stage
        except ZipPipelineError:
            raise
        except Exception as error:
            raise StageError(name, error) from error
        seconds = self.timings[key] = time.perf_counter() - start
        self._events.add("stage_ends", stage=key, seconds=round(seconds, 3), **stage.done)
        self.say(f"{name}: {seconds:.1f} s{stage.text(seconds)}")

    @property
    def _moves(self) -> bool:
        """Whether something may move on the screen."""
        return self.console.is_terminal and not self._is_quiet

    @contextmanager
    def _signs_of_life(self, key: str, name: str, watch: Watch) -> Iterator[None]:
        """Say twice a minute that a stage still runs; a terminal has its bar or spinner."""
        if self.console.is_terminal and not self._events.is_kept:
            yield
            return

        def beat(seconds: float, done: Mapping[str, int]) -> None:
            self._events.add("stage_runs", stage=key, seconds=round(seconds, 3), so_far=done)
            if not self.console.is_terminal:
                amounts = "".join(f", {amount:,} {unit}" for unit, amount in done.items())
                self.say(f"{_clock()} {name}: {seconds:.0f} s so far{amounts}")

        with heartbeat(beat, watch):
            yield

    def picks(self, picks: Iterable[Pick], tally: Tally) -> Iterator[Pick]:
        """Pass on the picks; show how much of the budget they fill, their set ratio and the time left."""
        picks = self._noted(picks, tally)
        return self._bar(picks, tally) if self._moves else self._lines(picks, tally)

    def _noted(self, picks: Iterable[Pick], tally: Tally) -> Iterator[Pick]:
        """Pass on the picks; add an event every `BEAT_S`."""
        shown = time.perf_counter()
        for pick in picks:
            if time.perf_counter() - shown >= BEAT_S:
                shown, whole = time.perf_counter(), tally.budget
                self._events.add(
                    "picked", amount=tally.total, of=whole.amount, unit=whole.unit, set_ratio=round(pick.set_ratio, 6)
                )
            yield pick

    def _bar(self, picks: Iterable[Pick], tally: Tally) -> Iterator[Pick]:
        columns = (
            TextColumn(tally.budget.unit),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("set ratio {task.fields[ratio]:.4f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("picks", total=tally.budget.amount, ratio=0.0)
            for pick in picks:
                progress.update(task, completed=tally.total, ratio=pick.set_ratio)
                yield pick

    def _lines(self, picks: Iterable[Pick], tally: Tally) -> Iterator[Pick]:
        shown, begun = time.perf_counter(), None
        for pick in picks:
            now = time.perf_counter()
            if begun is None:  # what comes before the first pick says nothing of the others
                begun, already = now, tally.total
            elif tally.total > already and now - shown >= LOG_EVERY_S:  # a round's picks come when it is over
                shown, whole = now, tally.budget
                left = (now - begun) / (tally.total - already) * tally.left
                done = f"{tally.total:,} of {whole.amount:,} {whole.unit}"
                self.say(f"{_clock()} picked: {done}, set ratio {pick.set_ratio:.4f}, {left:.0f} s left")
            yield pick


def _clock() -> str:
    """Return the time of day in this machine's zone, as lines of a log begin."""
    return f"{datetime.now().astimezone():%H:%M:%S}"


def console_on(stream: TextIO) -> Console:
    """Return a console that prints to a stream; a log has no width, and its tables should not be cut."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else LOG_WIDTH)


def printable(text: str) -> str:
    r"""Return a text in which a space stands for what would steer a terminal: controls, breaks, marks of direction.

    >>> printable("red \x1b[31m and\nblue")
    'red  [31m and blue'
    """
    return "".join(character if character.isprintable() else " " for character in text)


@dataclass(frozen=True)
class ConsoleTable:
    """A page's table in the form that a console prints; what looks like markup or steers it stays text.

    It is as narrow as its numbers: a title has as many lines as it needs, and columns of names give way. A table that
    is still wider than the console is printed in parts, each with the first column: no number is ever cut.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        least = [_least_width(self.table, number) for number in range(len(self.table.columns))]
        parts: list[list[int]] = [[0]]
        for number in range(1, len(least)):
            needed = GAP * len(parts[-1]) + EDGES + sum(least[one] for one in (*parts[-1], number))
            if len(parts[-1]) > 1 and needed > options.max_width:
                parts.append([0])
            parts[-1].append(number)
        for numbers in parts:
            spare = options.max_width - GAP * (len(numbers) - 1) - EDGES - sum(least[number] for number in numbers)
            widths = {}
            for number in numbers:
                more = min(max(0, spare), _longest(self.table, number) - least[number])
                widths[number], spare = least[number] + more, spare - more
            yield _part(self.table, widths)


def for_console(table: Table) -> ConsoleTable:
    """Return what a console prints of a page's table."""
    return ConsoleTable(table)


def _longest(table: Table, number: int) -> int:
    cells = (len(row[number]) for row in (*table.rows, *table.foot))
    title = table.columns[number]
    return max((*cells, *(map(len, title.split()) if number else [len(title)])), default=1)


def _least_width(table: Table, number: int) -> int:
    """Return the characters that a column needs: all of its numbers, or enough of names to read them when folded."""
    most = LEAST_WORD if number else LEAST_NAME
    return _longest(table, number) if _is_number(table, number) else min(_longest(table, number), most)


def _is_number(table: Table, number: int) -> bool:
    cells = [row[number] for row in (*table.rows, *table.foot)]
    has_digits = any(character.isdigit() for cell in cells for character in cell)
    return number > 0 and has_digits and max(map(len, cells)) <= LONGEST_NUMBER


def _part(table: Table, widths: Mapping[int, int]) -> rich.table.Table:
    """Return some columns, each with its width."""
    printed = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    for number, width in widths.items():
        title = textwrap.fill(printable(table.columns[number]), max(1, width))
        justify: Literal["left", "right"] = "right" if number else "left"
        printed.add_column(escape(title), justify=justify, width=max(1, width), overflow="fold", vertical="bottom")
    for rows in (table.rows, table.foot):
        for row in rows:
            printed.add_row(*(escape(printable(row[number])) for number in widths))
        printed.add_section()
    return printed


def say_where(console: Console, manifest: Manifest) -> None:
    """Print the output's path, and what to open: the last lines of every job."""
    path = manifest["config"]["output"]["path"]
    console.print(f"files: {path}", markup=False, soft_wrap=True)
    if "tables" in manifest:
        console.print(f"open {path.rstrip('/')}/{REPORT}", markup=False, soft_wrap=True)
