"""What of a lock has to be built somewhere, as far as a lock can tell: each with where that is needed.

The project and its members, folders, repositories, and what has no wheel on some platform it is needed on.
What may not be built is none of it. Deciding only; nothing is fetched and nothing is read.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from detent.build.frontend import Kind
from detent.lock.builds import Built, built_of, called
from detent.lock.choice import Choice
from detent.lock.coverage import Supply, coverage
from detent.lock.filename import is_url
from detent.lock.model import Direct, Lock, LockedPackage
from detent.model import markers
from detent.model.build_policy import BuildPolicy
from detent.model.candidate import Artifact
from detent.model.markers import Marker
from detent.named import NamedTuple
from detent.ops.discover import Project
from detent.ops.local import git_choice


class Subject(NamedTuple):
    """Something that has to be built somewhere."""

    choice: Choice
    where: Marker
    """Of the environments of the lock, those it is needed in."""
    kinds: tuple[Kind, ...]

    @property
    def built(self) -> Built:
        """What the lock knows it as."""
        return built_of(self.choice.package)

    @property
    def title(self) -> str:
        """How messages name it."""
        return called(self.built)


def own_subjects(project: Project | None) -> Iterator[Subject]:
    """Give the project and its members, which are built in every way there is."""
    for part in project.packages() if project is not None else ():
        if part.manifest.is_package:
            direct = Direct("directory", part.root.as_uri(), editable=True)
            package = LockedPackage(part.name, "", direct=direct)
            choice = Choice(package, Artifact("", "", ()), True)
            yield Subject(choice, markers.ALWAYS, ("wheel", "editable", "sdist"))


def subjects_in(lock: Lock, root: Path, policy: BuildPolicy) -> Iterator[Subject]:
    """Give what of a lock has no wheel somewhere it is needed, and may be built; paths begin at ``root``."""
    # On the usual platforms besides, which coverage leaves out where others are required.
    rows = (*coverage(lock), *coverage(_without_required(lock)))
    without = {(row.name, row.version) for row in rows if row.supply is Supply.SDIST}
    for package in lock.packages:
        if not policy.may_build(package.name):
            continue
        where = markers.environment_only(markers.parse(package.marker))
        direct = package.direct
        if direct is not None and direct.kind == "directory":
            if direct.is_package:
                yield Subject(_folder(package, direct, root), where, ("wheel", "editable"))
        elif direct is not None and direct.kind == "vcs":
            yield Subject(git_choice(Choice(package, Artifact("", "", ()), False)), where, ("wheel",))
        elif package.sdist is not None and (
            not package.wheels
            or (package.name, package.version) in without
            or not policy.may_use_wheels(package.name)
        ):
            yield Subject(Choice(package, package.sdist, False), where, ("wheel",))


def _folder(package: LockedPackage, direct: Direct, root: Path) -> Choice:
    url = direct.location
    if not is_url(url):
        url = Path(os.path.abspath(root / url / direct.subdirectory)).as_uri()  # noqa: PTH100 (keeps links)
    package = package._replace(direct=direct._replace(location=url, subdirectory=""))
    return Choice(package, Artifact("", url, ()), False)


def _without_required(lock: Lock) -> Lock:
    """Give a lock as if the project required no environments."""
    if lock.inputs is None:
        return lock
    tables = tuple(table for table in lock.inputs.adjustments if table[0] != "required-environments")
    return lock._replace(inputs=lock.inputs._replace(adjustments=tables))
