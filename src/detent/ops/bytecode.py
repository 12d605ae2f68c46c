"""Byte code for what an environment is going to hold: found in the store, and made there where it lacks.

Packages that stay get it too, if they have none of this kind yet and the store still has them; nothing is
fetched or built for it.
"""

from collections.abc import Iterator, Mapping

from detent.install.bytecode import ByteCode
from detent.install.plan import Install, Keep, Linking, Plan, Replace
from detent.model.names import PackageName
from detent.ops.means import Means
from detent.python.interpreter import Interpreter
from detent.store.entry import WheelEntry


class GatheredByteCode:
    """What was gathered for one environment, and what it took."""

    def __init__(self, means: Means, interpreter: Interpreter, linking: Linking, kind: str) -> None:
        self._means = means
        self._executable = interpreter.executable
        self._linking = linking
        self._kind = kind
        self._asked: set[tuple[PackageName, str]] = set()
        self.by_name: dict[PackageName, ByteCode] = {}
        self.compiled = 0
        """How many files were compiled now."""
        self.stored = 0
        """How many had been compiled before."""
        self.seconds = 0.0

    def gather(self, todo: Plan, entries: Mapping[PackageName, WheelEntry]) -> None:
        """Bring what a plan needs and was not asked for before; ``entries`` are of what it installs.

        Not to be called while an environment is held, but for the little that changed meanwhile.
        """
        if not lacks_bytecode(todo, self._kind):
            return
        started = self._means.clock()
        wanted = [one for one in self._wanted(todo, entries) if (one[0], one[1].digest) not in self._asked]
        if wanted:
            self._asked.update((name, entry.digest) for name, entry, _ in wanted)
            provided = self._means.bytecode().provide(
                [entry for _, entry, _ in wanted],
                executable=self._executable,
                kind=self._kind,
                by_directory={entry.digest for _, entry, is_by_directory in wanted if is_by_directory},
            )
            for name, entry, _ in wanted:
                if entry.digest in provided.files:
                    self.by_name[name] = ByteCode(self._kind, entry, provided.files[entry.digest])
            self.compiled += provided.compiled
            self.stored += provided.stored
        self.seconds += self._means.clock() - started

    def of(self, entry: WheelEntry) -> ByteCode | None:
        """Give all byte code of a wheel, behind links too; ``None`` where none is wanted or can be had."""
        if not self._kind:
            return None
        provided = self._means.bytecode().provide([entry], executable=self._executable, kind=self._kind)
        files = provided.files.get(entry.digest)
        return None if files is None else ByteCode(self._kind, entry, files)

    def _wanted(
        self, todo: Plan, entries: Mapping[PackageName, WheelEntry]
    ) -> Iterator[tuple[PackageName, WheelEntry, bool]]:
        for action in todo.actions:
            name = action.name
            match action:
                case Install() | Replace() if name in entries:
                    yield name, entries[name], self._linking.is_by_directory(name)
                case Keep(old) if old.bytecode != self._kind:
                    entry = self._means.wheels().get(old.digest)
                    if entry is not None:
                        yield name, entry, old.is_by_directory
                case _:
                    pass


def lacks_bytecode(todo: Plan, kind: str) -> bool:
    """Whether something that will be there has no byte code of this kind yet; of no kind, nothing lacks."""
    return kind != "" and any(
        action.old.bytecode != kind if isinstance(action, Keep) else isinstance(action, Install | Replace)
        for action in todo.actions
    )
