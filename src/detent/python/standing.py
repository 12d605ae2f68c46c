"""The environment of a project: what stands at its place, and making it stand there.

What starts programs or imports virtualenv comes as callables, since most runs need neither.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal, TypeAlias

from detent import fsio
from detent.errors.install import EnvironmentExists
from detent.errors.store import FileTrouble
from detent.events import Detail, Report, ignore
from detent.model.limits import Limits
from detent.named import NamedTuple
from detent.python.environment import (
    LOCK,
    STATE_NAME,
    BrokenEnvironment,
    Environment,
    Style,
    check_fillable,
    check_place,
    check_removable,
    empty_environment,
    environment_at,
    has_to_stay,
    matches,
    read_environment,
    remove_environment,
    set_aside,
)
from detent.python.interpreter import Interpreter, Interpreters
from detent.python.template import (
    TEMPLATE_VERSION,
    Template,
    is_plain,
    publish,
    read_template,
    stamp_out,
    sweep,
    toolkit,
    write_template,
)
from detent.store.fingerprint import fingerprint
from detent.store.layout import Layout

_DEFAULT_LIMITS = Limits()

Render: TypeAlias = Callable[[Interpreter], Template]
"""Renders the template of an interpreter's environments (:func:`detent.python.rendering.render_template`)."""
Make: TypeAlias = Callable[[Path, Interpreter, Style], None]
"""Makes one environment without a template (:func:`detent.python.rendering.make_environment`)."""


class Place(NamedTuple):
    """Where an environment will stand, and what has to happen for it."""

    root: Path
    action: Literal["kept", "created", "replaced"]
    environment: Environment | None = None
    """The one that is kept."""
    reason: str = ""
    """Why the one that stands there is replaced."""


class Standing:
    """Looks at, makes and replaces environments."""

    def __init__(
        self,
        layout: Layout,
        interpreters: Interpreters,
        *,
        render: Render,
        make: Make,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self._layout = layout
        self._interpreters = interpreters
        self._render = render
        self._make = make
        self._limits = limits
        self._templates: dict[Path, Template] = {}

    def look(self, root: Path, interpreter: Interpreter, *, keeps_moved: bool = False) -> Place:
        """Say what :meth:`ensure` would do; raises :class:`NotAnEnvironment` for a place that is taken.

        ``keeps_moved`` is for who takes an environment as it is: one that was made somewhere else too.
        """
        root = Path(os.path.abspath(root))  # noqa: PTH100 (a link is kept as it is)
        match read_environment(root, self._interpreters):
            case None:
                return Place(root, "created")
            case BrokenEnvironment(reason=reason):
                return Place(root, "replaced", reason=reason)
            case environment if not matches(environment, interpreter):
                return Place(root, "replaced", reason=f"it is one of {environment.interpreter.description}")
            case environment if environment.moved_from and not keeps_moved:
                return Place(root, "replaced", reason=f"it was made at `{environment.moved_from}`, not here")
            case environment:
                return Place(root, "kept", environment)

    def ensure(
        self, place: Place, interpreter: Interpreter, *, prompt: str, report: Report = ignore
    ) -> Environment:
        """Make the environment stand at its place, as :meth:`look` said; one that has come meanwhile is kept.

        One process at a time does this for a place, and an environment somebody works in is not taken away.
        """
        if place.environment is not None:
            sweep(place.root.parent)
            return place.environment
        with self._lock(self._turn(place.root), report):
            now = self.look(place.root, interpreter)
            if now.environment is not None:
                return now.environment
            if now.action == "created":
                return self._put(now, interpreter, Style(prompt))
            report(Detail(f"`{now.root}` is made again: {now.reason}"))
            with self._nobody_in(now.root, report):
                return self._put(now, interpreter, Style(prompt))

    def can_be_stamped_out(self, root: Path, interpreter: Interpreter, *, prompt: str) -> bool:
        """Whether an environment can be made at ``root`` without starting or importing anything."""
        return is_plain(str(root), prompt) and self._kept_template(interpreter) is not None

    def make_apart(self, root: Path, interpreter: Interpreter, *, prompt: str) -> Environment:
        """Make an environment where nothing stands and nobody else looks, such as in a scratch folder."""
        return self._put(Place(root, "created"), interpreter, Style(prompt))

    def create(
        self,
        root: Path,
        interpreter: Interpreter,
        style: Style,
        *,
        clear: bool = False,
        report: Report = ignore,
        begun: Callable[[], object] = lambda: None,
    ) -> Environment:
        """Make an environment because somebody asked for one, where none stands.

        ``clear`` lets it take the place of another. ``begun`` is called once nothing stands against it.
        Raises :class:`EnvironmentExists`, and :class:`NotAnEnvironment` for what is none.
        """
        root = Path(os.path.abspath(root))  # noqa: PTH100 (a link is kept as it is)
        with self._lock(self._turn(root), report):
            if style.keeps_contents:
                check_fillable(root)
                begun()
                with self._nobody_in(root, report):
                    self._make(root, interpreter, style)
                return environment_at(root, interpreter)
            found = read_environment(root, self._interpreters)
            if found is not None and not clear:
                raise EnvironmentExists(str(root))
            check_removable(root)
            begun()
            with self._nobody_in(root, report):
                return self._put(Place(root, "created" if found is None else "replaced"), interpreter, style)

    def hold(self, root: Path, *, report: Report = ignore) -> fsio.FileLock:
        """Give the lock that keeps the environment at ``root`` from being replaced while it is filled."""
        return self._lock(self._turn(root), report, shared=True)

    def forget(self, root: Path) -> None:
        """Drop what is kept of a place where nobody will make an environment again, such as in a scratch."""
        self._turn(root).unlink(missing_ok=True)

    def _nobody_in(self, root: Path, report: Report) -> AbstractContextManager[object]:
        """Wait until nobody works in the environment at ``root``, and keep others out."""
        state = root / STATE_NAME  # a link would lead to somebody else's file of that name
        is_worked_in = state.is_dir() and not state.is_symlink()
        return self._lock(root / LOCK, report) if is_worked_in else nullcontext()

    def _put(self, place: Place, interpreter: Interpreter, style: Style) -> Environment:
        is_common = is_plain(str(place.root), style.prompt) and not style.system_site_packages
        template = self._template(interpreter) if is_common else None
        try:
            if template is not None and template.entries:
                self._exchange(place, template, style)
            else:
                check_place(place.root)
                if place.action == "replaced":
                    remove_environment(place.root)
                self._make(place.root, interpreter, style)
        except FileTrouble as trouble:
            if not has_to_stay(place.root, trouble):
                raise
            empty_environment(place.root)
            self._make(place.root, interpreter, style)
        return environment_at(place.root, interpreter)

    def _exchange(self, place: Place, template: Template, style: Style) -> None:
        """Put a new environment in the place of the old one: finished before, so a full disk leaves that."""
        finished = stamp_out(template, place.root, style.prompt)
        try:
            aside = set_aside(place.root) if place.action == "replaced" else None
        except BaseException:
            fsio.remove_tree(finished)
            raise
        publish(finished, place.root)
        if aside is not None:
            fsio.remove_tree(aside)

    def _turn(self, root: Path) -> Path:
        key = fingerprint(os.fsencode(os.path.abspath(root)))  # noqa: PTH100
        return self._layout.lock(f"environment-{key}")

    def _lock(self, path: Path, report: Report, *, shared: bool = False) -> fsio.FileLock:
        return fsio.FileLock(
            path,
            wait_seconds=self._limits.lock_wait_seconds,
            notice_seconds=self._limits.lock_notice_seconds,
            report=report,
            shared=shared,
        )

    def _template(self, interpreter: Interpreter) -> Template:
        template = self._kept_template(interpreter)
        if template is None:
            template = self._render(interpreter)
            write_template(self._place(interpreter), template)
        return template

    def _kept_template(self, interpreter: Interpreter) -> Template | None:
        path = self._place(interpreter)
        if path not in self._templates:
            template = read_template(path)
            if template is None:
                return None
            self._templates[path] = template
        return self._templates[path]

    def _place(self, interpreter: Interpreter) -> Path:
        facts = (str(TEMPLATE_VERSION), interpreter.digest, interpreter.executable, toolkit())
        key = fingerprint("\0".join(facts).encode("utf-8", "surrogateescape"))
        return self._layout.template(key)
