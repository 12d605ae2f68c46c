"""What `detent index` reads off its flags and says of indexes: pure but for the console it is handed."""

from collections.abc import Iterator, Sequence

from detent.cli.console import Console
from detent.cli.options import is_on, text
from detent.cli.parse import Values
from detent.cli.render import show
from detent.ops.index_tables import IndexOptions, IndexOutcome, Shown


def edit_options(values: Values) -> IndexOptions:
    """Give what is to be added or removed."""
    return IndexOptions(
        word=text(values, "index") or "",
        name=text(values, "name") or "",
        is_default=is_on(values, "default"),
        is_explicit=is_on(values, "explicit"),
        is_first=is_on(values, "first"),
        is_flat=is_on(values, "flat"),
        is_of_user=is_on(values, "user"),
    )


def edited(console: Console, done: str, outcome: IndexOutcome) -> None:
    """Say what was done, and where."""
    console.say(f"{done} the index `{show(outcome.what)}` in `{show(outcome.path)}`")


def lines(indexes: Sequence[Shown]) -> Iterator[str]:
    """Give a line for each index, and what is special about it behind."""
    width = max((len(index.name) for index in indexes), default=0)
    for index in indexes:
        marks = [word for word, is_so in (("default", index.default), ("explicit", index.explicit)) if is_so]
        marks += ["flat"] if index.format == "flat" else []
        marks += [f"fetched from {index.mirror}"] if index.mirror else []
        marks.append(f"set by {index.origin}" if index.origin != "the default" else "nobody sets another")
        yield show(f"{index.name:{width}}  {index.url} ({', '.join(marks)})".strip())


def facts(indexes: Sequence[Shown]) -> dict[str, object]:
    """Give the indexes for programs."""
    return {"indexes": [index._asdict() for index in indexes]}
