"""Builders of locks, their entries and files, and the targets they are selected for."""

import hashlib
from collections.abc import Mapping, Sequence

from detent.lock.model import Edge, Lock, LockedPackage
from detent.model.adjustment_texts import read_adjustment_texts
from detent.model.candidate import Artifact, Digest
from detent.model.inputs import Inputs, RecordedInputs
from detent.model.requirement import (
    Origin,
    Requirement,
    extra_name,
    group_name,
    package_name,
    parse_requirement,
)
from detent.model.target import Target

INDEX = "https://index.example.com/simple/"


def artifact(
    filename: str, *, url: str = "", size: int | None = None, uploaded_at: int | None = None
) -> Artifact:
    """A file whose hash is made from its name."""
    digest = Digest("sha256", hashlib.sha256(filename.encode()).hexdigest())
    return Artifact(filename, url or f"https://files.example.com/{filename}", (digest,), size, uploaded_at)


def entry(
    name: str,
    version: str = "1.0",
    *,
    marker: str = "",
    needs: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    edges: Sequence[str] = (),
    wheels: Sequence[str] = ("py3-none-any",),
    sdist: bool = False,
    index: str = INDEX,
) -> LockedPackage:
    """An entry with one pure wheel; ``edges`` are written `name` or `name version`, ``wheels`` are tags."""
    stem = f"{name.replace('-', '_')}-{version}"
    return LockedPackage(
        name=package_name(name),
        version=version,
        marker=marker,
        dependencies=tuple(Edge(package_name(n), v) for n, _, v in (e.partition(" ") for e in edges)),
        index=index,
        sdist=artifact(f"{stem}.tar.gz") if sdist else None,
        wheels=tuple(artifact(f"{stem}-{tag}.whl") for tag in sorted(wheels)),
        requires=tuple(sorted(needs)),
        extras=tuple((extra_name(e), tuple(sorted(lines))) for e, lines in sorted((extras or {}).items())),
    )


def inputs(
    dependencies: Sequence[str] = (),
    *,
    extras: Mapping[str, Sequence[str]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    default_groups: Sequence[str] = (),
    requires_python: str = ">=3.9",
    options: Mapping[str, str] | None = None,
    name: str = "demo",
    adjustments: Mapping[str, Sequence[str]] | None = None,
) -> Inputs:
    """The wishes of a project called demo; ``adjustments`` are lines as a lock records them, by table."""
    return Inputs(
        name=package_name(name),
        requires_python=requires_python,
        dependencies=_requirements(dependencies, "project.dependencies"),
        extras=tuple(
            (extra_name(e), _requirements(lines, f"project.optional-dependencies.{e}"))
            for e, lines in sorted((extras or {}).items())
        ),
        groups=tuple(
            (group_name(g), _requirements(lines, f"dependency-groups.{g}"))
            for g, lines in sorted((groups or {}).items())
        ),
        default_groups=tuple(map(group_name, default_groups)),
        index_url=INDEX,
        options=tuple(sorted((options or {}).items())),
        adjustments=read_adjustment_texts(
            tuple((t, tuple(lines)) for t, lines in (adjustments or {}).items())
        ),
    )


def _requirements(texts: Sequence[str], table: str) -> tuple[Requirement, ...]:
    return tuple(parse_requirement(text, Origin(table)) for text in texts)


def lock(
    *packages: LockedPackage,
    made_from: Inputs | RecordedInputs | None = None,
    requires_python: str | None = None,
    forks: Sequence[str] = (),
    environments: Sequence[str] = (),
) -> Lock:
    """A lock of these entries, made from an empty project unless told."""
    recorded = (made_from or inputs()).recorded() if not isinstance(made_from, RecordedInputs) else made_from
    if requires_python is not None:
        recorded = recorded._replace(requires_python=requires_python)
    return Lock(
        requires_python=recorded.requires_python,
        packages=tuple(sorted(packages)),
        environments=tuple(environments),
        extras=tuple(extra_name(name) for name, _ in recorded.extras),
        groups=tuple(group_name(name) for name, _ in recorded.groups),
        forks=tuple(forks),
        inputs=recorded,
    )


def foreign(*packages: LockedPackage, default_groups: Sequence[str] = (), requires_python: str = "") -> Lock:
    """A lock as another tool writes it: no record of what it was made from."""
    return Lock(
        requires_python=requires_python,
        packages=tuple(sorted(packages)),
        default_groups=tuple(map(group_name, default_groups)),
        created_by="other",
    )


def target(
    version: str = "3.12.1",
    *,
    platform: str = "linux",
    machine: str = "x86_64",
    tags: Sequence[str] | None = None,
) -> Target:
    """A CPython; its tags are a short, ordered list unless told."""
    minor = ".".join(version.split(".")[:2])
    python = "cp" + minor.replace(".", "")
    arch = {"linux": f"manylinux_2_17_{machine}", "win32": "win_amd64", "darwin": "macosx_11_0_arm64"}[
        platform
    ]
    system, name = {"linux": ("Linux", "posix"), "win32": ("Windows", "nt"), "darwin": ("Darwin", "posix")}[
        platform
    ]
    environment = {
        "implementation_name": "cpython",
        "implementation_version": version,
        "os_name": name,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "6.1.0",
        "platform_system": system,
        "platform_version": "1",
        "python_full_version": version,
        "python_version": minor,
        "sys_platform": platform,
    }
    if tags is None:
        tags = (
            f"{python}-{python}-{arch}",
            f"{python}-abi3-{arch}",
            f"{python}-none-{arch}",
            f"py3-none-{arch}",
            f"{python}-none-any",
            f"py{minor.replace('.', '')}-none-any",
            "py3-none-any",
        )
    return Target(version, environment, tuple(tags))
