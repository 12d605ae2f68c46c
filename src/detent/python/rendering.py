"""virtualenv at work: rendering a template, or making one environment in its place. Never on the warm path.

virtualenv gets an interpreter that was probed, no seeds, no network, none of the machine's configuration for
it, and a folder of its own for what it wants to keep.
"""

# ruff: noqa: PTH115, PTH118 (bytes and relative paths, as they will stand in the template)

import contextlib
import io
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from virtualenv import session_via_cli

from detent import fsio, stamp
from detent.errors.install import NotAnEnvironment
from detent.errors.python import InterpreterBroken
from detent.errors.store import FileTrouble
from detent.python.environment import STATE_NAME, UNFINISHED, Style, check_place
from detent.python.interpreter import Interpreter
from detent.python.probe import clean_variables
from detent.python.pyvenv import CONFIG_NAME, OWN_KEY, PLACE_KEY
from detent.python.template import Entry, Template, is_plain
from detent.store.cache import Scratch
from detent.store.layout import Layout

_PROMPT = "detent-prompt-that-stands-nowhere-else"
_MOST_BYTES = 4 * 2**20
"""An environment of more than this holds copies of programs, and is no template."""


def render_template(interpreter: Interpreter, *, layout: Layout, variables: Mapping[str, str]) -> Template:
    """Render an empty environment of this interpreter.

    A template without entries says that it cannot be stamped out: the store's path needs quoting, or the
    environment holds more than text. Raises :class:`InterpreterBroken` and :class:`FileTrouble`.
    """
    with Scratch(layout) as folder:
        root = os.path.realpath(folder / "environment")
        nothing = Template(b"", b"", ())
        if not is_plain(root, _PROMPT):
            return nothing
        try:
            _run(interpreter, root, Style(_PROMPT), folder, variables)
            config = Path(root) / CONFIG_NAME
            config.write_bytes(_own_config(config.read_bytes(), root))
            (Path(root) / STATE_NAME).mkdir()
            entries = tuple(_entries(root))
        except _Failed as error:
            raise InterpreterBroken(interpreter.executable, f"virtualenv cannot use it: {error}") from error
        except OSError as error:
            raise fsio.file_trouble(error, folder) from error
    if any(b"\0" in entry.content for entry in entries) or sum(len(e.content) for e in entries) > _MOST_BYTES:
        return nothing
    return Template(os.fsencode(root), _PROMPT.encode(), entries)


def make_environment(
    root: Path, interpreter: Interpreter, style: Style, *, layout: Layout, variables: Mapping[str, str]
) -> None:
    """Let virtualenv make the environment at ``root``, where a template cannot: odd paths, odd wishes.

    It cannot be moved afterwards, so it is made in its place, which is free unless the style says otherwise,
    with a mark in it until it is finished. Raises :class:`NotAnEnvironment` for a path none can have.
    """
    place = os.fspath(root)
    check_place(root)
    mark = root / UNFINISHED
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        if not style.keeps_contents:  # what has the mark would be removed with all that is in it
            mark.touch()
        with Scratch(layout) as folder:
            _run(interpreter, place, style, folder, variables)
        config = root / CONFIG_NAME
        fsio.write_atomic(config, _own_config(config.read_bytes(), place))
        mark.unlink(missing_ok=True)
    except (_Failed, OSError) as error:
        if not style.keeps_contents:
            with contextlib.suppress(FileTrouble):  # a volume stays, empty
                fsio.remove_tree(root)
        if isinstance(error, OSError):
            raise fsio.file_trouble(error, root) from error
        raise NotAnEnvironment(place, f"virtualenv could not make it: {error}") from error


class _Failed(Exception):
    """virtualenv gave up; the text is what it said."""


def _run(
    interpreter: Interpreter, root: str, style: Style, folder: Path, variables: Mapping[str, str]
) -> None:
    hermetic = {
        name: value
        for name, value in clean_variables(variables).items()
        if not name.startswith("VIRTUALENV_")
    }
    hermetic["VIRTUALENV_CONFIG_FILE"] = os.fspath(folder / "no-configuration")
    # Where a virtualenv is new enough to know it: no `.venv` file beside an environment of another name.
    hermetic["VIRTUALENV_VENV_REDIRECT"] = "false"
    arguments = ["--no-seed", "--no-periodic-update", "--app-data", os.fspath(folder / "app-data")]
    arguments += ["--python", interpreter.executable]
    arguments += [f"--prompt={style.prompt}"] if style.prompt else []
    arguments += ["--system-site-packages"] if style.system_site_packages else []
    arguments += [root]
    said = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            session_via_cli(arguments, setup_logging=False, env=hermetic) as session,
        ):
            session.run()
    except OSError:
        raise
    except (Exception, SystemExit) as error:  # whatever virtualenv meets is told in one line
        lines = said.getvalue().strip().splitlines()
        reason = lines[-1] if isinstance(error, SystemExit) and lines else str(error)
        raise _Failed(reason or type(error).__name__) from error


def _own_config(content: bytes, place: str) -> bytes:
    """Take out the line that says which command made the environment, which nobody typed, and sign it."""
    lines = content.splitlines(keepends=True)
    kept = b"".join(line for line in lines if line.partition(b"=")[0].strip() != b"command")
    return kept + f"{OWN_KEY} = {stamp.VERSION}\n{PLACE_KEY} = {place}\n".encode()


def _entries(root: str) -> Iterator[Entry]:
    """List what was rendered, `.gitignore` first: even an unfinished environment is ignored."""
    for path in sorted(_walk(root, ""), key=lambda path: (path != ".gitignore", path)):
        full = os.path.join(root, path)
        status = os.lstat(full)
        if stat.S_ISLNK(status.st_mode):
            kind, content, mode = "link", os.fsencode(os.readlink(full)), 0o777
        elif stat.S_ISDIR(status.st_mode):
            kind, content, mode = "folder", b"", 0o755
        else:
            kind, content = "file", Path(full).read_bytes()
            mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        yield Entry(
            kind, path, mode, content, content.count(os.fsencode(root)), content.count(_PROMPT.encode())
        )


def _walk(root: str, below: str) -> Iterator[str]:
    with contextlib.closing(os.scandir(os.path.join(root, below))) as found:
        for entry in found:
            path = f"{below}/{entry.name}" if below else entry.name
            yield path
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, path)
