"""What stands at the place of an environment: a live one, a broken one, nothing, or somebody's own things.

Nothing is started here, and nothing is written but by those that remove. A folder without
``pyvenv.cfg`` that is not empty, a file, and a link to anything but an environment are refused: they are
kept. An environment of any tool is read alike (PEP 405).
"""

# ruff: noqa: PTH112, PTH114, PTH115, PTH118, PTH208 (strings: every sync asks)

import errno
import os
from pathlib import Path
from typing import NoReturn

from detent import fsio
from detent.errors.install import NotAnEnvironment
from detent.errors.python import InterpreterBroken
from detent.errors.store import FileTrouble
from detent.model.names import PackageName
from detent.named import NamedTuple
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.pyvenv import (
    CONFIG_NAME,
    PLACE_KEY,
    base_of,
    lies_below,
    looks_like_interpreter,
    read_config,
    seeds_of,
)

STATE_NAME = ".detent"
"""The folder of our own state in an environment."""
UNFINISHED = f"{STATE_NAME}/unfinished"
"""Stands in an environment that is being made in its place; what still has it was never finished."""
LOCK = f"{STATE_NAME}/lock"
"""Locked by whoever works in the environment."""
SCRATCH_PREFIX = ".detent-venv-"
"""Begins the name of a folder beside an environment that is being made or removed; a process id follows."""

_STAYS = frozenset((errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS))
"""What the system says where a folder cannot be put in the place of another, though it might be filled."""
_HOLDERS = ("pyproject.toml", ".git", ".hg")
"""What a folder holds that is more than an environment."""


class Environment(NamedTuple):
    """A live virtual environment."""

    root: Path
    """Absolute; a link is kept as it is."""
    interpreter: Interpreter
    """The one behind it, never the environment's own."""
    site_packages: Path
    """For pure Python (``purelib``)."""
    platlib: Path
    scripts: Path
    python: Path
    is_ours: bool
    """Detent has made it or has worked in it before."""
    seeds: frozenset[PackageName] = frozenset()
    """Packages that belong to the environment itself, such as pip."""
    moved_from: str = ""
    """Where detent made it, if it stands somewhere else: what its programs start is there, not here."""


class Style(NamedTuple):
    """How an environment is to be made."""

    prompt: str
    """What a shell shows while it is active."""
    system_site_packages: bool = False
    """Whether the packages of the interpreter itself can be imported too."""
    keeps_contents: bool = False
    """Whether the folder may have things in it, which stay."""


class BrokenEnvironment(NamedTuple):
    """An environment that no longer works and has to be made again."""

    root: Path
    reason: str


def environment_at(root: Path, interpreter: Interpreter) -> Environment:
    """Describe the environment of this interpreter at ``root``; the disk is asked only whether it is ours."""
    scheme = interpreter.scheme
    return Environment(
        root=root,
        interpreter=interpreter,
        site_packages=root / scheme.purelib,
        platlib=root / scheme.platlib,
        scripts=root / scheme.scripts,
        python=root / scheme.scripts / "python",
        is_ours=os.path.isdir(os.path.join(root, STATE_NAME)),
    )


def matches(environment: Environment, interpreter: Interpreter) -> bool:
    """Say whether the environment is one of exactly this interpreter."""
    return environment.interpreter.digest == interpreter.digest


def read_environment(root: Path, interpreters: Interpreters) -> Environment | BrokenEnvironment | None:
    """Look at the place of an environment; ``None`` when it is free (nothing there, or an empty folder).

    Raises :class:`NotAnEnvironment` for what is neither free nor an environment.
    """
    place = os.path.abspath(root)  # noqa: PTH100
    if not os.path.lexists(place):
        return None
    if not os.path.isdir(place):
        _refuse_odd(place)
    config = read_config(place)
    if config is None:
        return _without_config(place)
    here = Path(place)
    if os.path.lexists(os.path.join(place, UNFINISHED)):
        return BrokenEnvironment(here, "it was never finished")
    if not config.get("home"):  # Python then takes it for one that sees the packages of the system
        return BrokenEnvironment(here, f"its `{CONFIG_NAME}` names no `home`")
    python = os.path.join(place, "bin", "python")
    if not os.access(python, os.X_OK):
        gone = os.readlink(python) if os.path.islink(python) else python
        return BrokenEnvironment(here, f"its interpreter `{gone}` is gone")
    if not lies_below(os.path.dirname(python), place):  # noqa: PTH120
        raise NotAnEnvironment(place, "`bin` in it is a link, and what lies behind it may belong to others")
    if _is_led_astray(python, place):
        return BrokenEnvironment(here, "its interpreter is a relative link to somewhere else")
    base = _base_behind(python, place)
    if base is None:
        return BrokenEnvironment(here, "the interpreter it was made with is gone")
    try:
        interpreter = interpreters.read_unasked(base)
    except InterpreterBroken as error:
        return BrokenEnvironment(here, f"its interpreter `{base}` cannot be used: {error.why}")
    made_with = (config.get("version_info") or config.get("version", "")).split(".")
    if len(made_with) > 1 and made_with[:2] != [str(number) for number in interpreter.minor]:
        was = ".".join(made_with[:2])
        return BrokenEnvironment(
            here, f"it was made with Python {was}, and `{base}` is {interpreter.version}"
        )
    environment = environment_at(here, interpreter)._replace(
        seeds=seeds_of(config, interpreter.minor), moved_from=_moved_from(config, place)
    )
    if not os.path.isdir(environment.site_packages):
        return BrokenEnvironment(here, f"it has no `{interpreter.scheme.purelib}`")
    return environment


def check_place(root: Path) -> None:
    """See that an environment can work at this path. Raises :class:`NotAnEnvironment`."""
    place = os.fspath(root)
    odd = ""
    if os.pathsep in place:
        odd = f"there is `{os.pathsep}` in its path, which separates paths in PATH"
    elif not place.isprintable():
        odd = "there are characters in its path that cannot be shown"
    if odd:
        step = "use another folder: `DETENT_PROJECT_ENVIRONMENT` names the project's"
        raise NotAnEnvironment(place, odd, next_steps=(step,))


def check_fillable(root: Path) -> None:
    """See that an environment can be put into what stands at ``root``, which stays.

    Raises :class:`NotAnEnvironment` for a file, for a folder that is a project or a checkout, and for one
    whose programs would go somewhere else.
    """
    place = os.path.abspath(root)  # noqa: PTH100
    if not os.path.lexists(place):
        return
    if not os.path.isdir(place):
        _refuse_odd(place)
    _refuse_holders(place)
    for name in ("bin", STATE_NAME):
        if os.path.islink(os.path.join(place, name)):
            raise NotAnEnvironment(
                place, f"`{name}` in it is a link, and what lies behind it may belong to others"
            )


def check_removable(root: Path) -> None:
    """See that what stands at ``root``, if anything, is an environment and nothing more.

    Raises :class:`NotAnEnvironment`.
    """
    place = os.path.abspath(root)  # noqa: PTH100
    if os.path.lexists(place) and not os.path.islink(place):
        _check_removable(place)


def remove_environment(root: Path) -> None:
    """Remove the environment at ``root``; a link is removed, what it leads to stays.

    Raises :class:`NotAnEnvironment` for what is none, :class:`FileTrouble`.
    """
    aside = set_aside(root)
    if aside is not None:
        fsio.remove_tree(aside)


def set_aside(root: Path) -> Path | None:
    """Free the place of an environment by one rename; give where it stands now, for it to be removed.

    ``None`` when there is nothing to remove any more: nothing stood there, or a link, which is gone now.
    """
    place = os.path.abspath(root)  # noqa: PTH100
    try:
        if os.path.islink(place):
            os.unlink(place)  # noqa: PTH108
            return None
        if not os.path.lexists(place):
            return None
        _check_removable(place)
        aside = scratch_beside(place)
        os.rename(place, aside)  # noqa: PTH104
    except OSError as error:
        raise fsio.file_trouble(error, place) from error
    return Path(aside)


def has_to_stay(root: Path, trouble: FileTrouble) -> bool:
    """Whether only the folder itself could not be replaced: a volume, or one in a read-only folder."""
    cause = trouble.__cause__
    is_folder = os.path.isdir(root) and not os.path.islink(root)
    is_about_it = isinstance(cause, OSError) and cause.errno in _STAYS
    return is_folder and is_about_it and os.access(root, os.W_OK | os.X_OK)


def empty_environment(root: Path) -> None:
    """Remove what is in an environment whose folder has to stay; who dies meanwhile leaves an unfinished one.

    Raises :class:`NotAnEnvironment` for what is none, :class:`FileTrouble`.
    """
    place = os.path.abspath(root)  # noqa: PTH100
    _check_removable(place)
    state, mark = os.path.join(place, STATE_NAME), os.path.join(place, UNFINISHED)
    try:
        names = os.listdir(place)
        if not names:
            return
        if os.path.islink(state):
            os.unlink(state)  # noqa: PTH108
        os.makedirs(state, exist_ok=True)  # noqa: PTH103
        if not os.path.lexists(mark):
            os.close(os.open(mark, fsio.CREATE, 0o644))
    except OSError as error:
        raise fsio.file_trouble(error, place) from error
    for name in (*(name for name in names if name != STATE_NAME), STATE_NAME):
        fsio.remove_tree(Path(place, name))


def scratch_beside(place: str) -> str:
    """Give a free name beside ``place`` that tells which process uses it."""
    name = f"{SCRATCH_PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
    return os.path.join(os.path.dirname(place), name)  # noqa: PTH120


def _moved_from(config: dict[str, str], place: str) -> str:
    """Give where the environment was made, if that is another folder; what others made does not say so."""
    made_at = config.get(PLACE_KEY, "")
    if made_at in ("", place.strip()):
        return ""
    try:
        is_here = os.path.samefile(made_at, place)  # noqa: PTH121
    except (OSError, ValueError):
        is_here = False
    return "" if is_here else made_at


def _base_behind(python: str, place: str) -> str | None:
    """Give the base interpreter; where the environment's own is a link, that has the last word."""
    base = base_of(python)
    real = os.path.realpath(python)
    if lies_below(real, place) or not looks_like_interpreter(real):
        return base
    return base if base is not None and os.path.realpath(base) == real else real


def _is_led_astray(python: str, place: str) -> bool:
    """Whether the way out of the environment is a relative link, as only a repository would bring it.

    It could lead to a program of the repository; who makes an environment links to an absolute path.
    """
    here = python
    while lies_below(os.path.dirname(here), place):  # noqa: PTH120
        if not os.path.islink(here):
            return False
        target = os.readlink(here)
        if os.path.isabs(target):  # noqa: PTH117
            return target.startswith("/proc/")
        here = os.path.join(os.path.dirname(here), target)  # noqa: PTH120
    return True


def _without_config(place: str) -> BrokenEnvironment | None:
    try:
        names = os.listdir(place)
    except OSError as error:
        raise fsio.file_trouble(error, place) from error
    if names == [STATE_NAME]:
        return BrokenEnvironment(Path(place), "it was never finished")
    if os.path.lexists(os.path.join(place, UNFINISHED)):
        return BrokenEnvironment(Path(place), "it was never finished")
    if sorted(names) == [STATE_NAME, ".gitignore"]:  # after `rm -rf .venv/*`
        return BrokenEnvironment(Path(place), "nothing is left in it")
    if os.path.islink(place):
        raise NotAnEnvironment(
            place,
            f"it is a link to `{os.readlink(place)}`, which is no virtual environment",
            next_steps=(f"remove the link `{place}`, then run the command again",),
        )
    if not names:
        return None
    kind = "a conda environment" if "conda-meta" in names else "a folder with other things in it"
    raise NotAnEnvironment(
        place, f"it is {kind}, not a virtual environment: there is no `{CONFIG_NAME}` in it"
    )


def _refuse_odd(place: str) -> NoReturn:
    if os.path.islink(place):
        target = os.readlink(place)
        problem = "does not exist" if not os.path.lexists(os.path.realpath(place)) else "is no folder"
        raise NotAnEnvironment(
            place,
            f"it is a link to `{target}`, which {problem}",
            next_steps=(f"remove the link `{place}`, then run the command again",),
        )
    raise NotAnEnvironment(place, "it is a file")


def _check_removable(place: str) -> None:
    if not os.path.isdir(place):
        _refuse_odd(place)
    if read_config(place) is None and _without_config(place) is None:
        return
    _refuse_holders(place)


def _refuse_holders(place: str) -> None:
    for holder in _HOLDERS:
        if os.path.lexists(os.path.join(place, holder)):
            raise NotAnEnvironment(place, f"there is `{holder}` in it, so it is more than an environment")
