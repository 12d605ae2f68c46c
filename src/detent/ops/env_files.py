"""Files of variables (`.env`), for what `detent run` runs: what is set already stays as it is.

python-dotenv reads them: quotes, `export`, comments and `${NAME}` mean what they mean there.
"""

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream
from dotenv.variables import parse_variables

from detent.errors import UsageError
from detent.errors.store import FileTrouble
from detent.fsio import file_trouble

_LIMIT_BYTES = 2**20


def variables_of(files: Sequence[str], variables: Mapping[str, str]) -> dict[str, str]:
    """Give what the files set and ``variables`` do not; of two files that set the same the later one counts.

    Raises :class:`UsageError` for a file that is not there or that cannot be understood,
    :class:`FileTrouble` for one that cannot be read.
    """
    found: dict[str, str] = {}
    for name in files:
        for binding in parse_stream(StringIO(_text(name))):
            if binding.error:
                where = f"{name}:{binding.original.line}"
                raise UsageError(
                    f"{where}: no variable can be read here",
                    why="a line of an environment file is `NAME=value`",
                    next_steps=("mend the line, or begin it with `#` to leave it out",),
                )
            if binding.key is not None and binding.value is not None:
                known: dict[str, str | None] = {**found, **variables}
                found[binding.key] = "".join(atom.resolve(known) for atom in parse_variables(binding.value))
    for name, value in found.items():
        if not name or "=" in name or "\0" in name or "\0" in value:
            raise UsageError(
                f"`{name}` in an environment file cannot be a variable",
                next_steps=("write it like `NAME=value`",),
            )
    return {name: value for name, value in found.items() if name not in variables}


def _text(name: str) -> str:
    if not name:
        raise UsageError("an environment file has no name", next_steps=("write it like `--env-file .env`",))
    try:
        with Path(name).open("rb") as file:
            data = file.read(_LIMIT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"there is no environment file `{name}`",
            next_steps=("name one that is there, or pass `--no-env-file`",),
        ) from None
    except OSError as error:
        raise file_trouble(error, name) from error
    if len(data) > _LIMIT_BYTES:
        raise FileTrouble(name, "it is larger than an environment file can be (1 MiB)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileTrouble(name, f"it is no UTF-8 text: {error.reason} at byte {error.start}") from error
