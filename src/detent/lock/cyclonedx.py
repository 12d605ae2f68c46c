"""An excerpt of a lock as a CycloneDX 1.6 bill of materials (JSON): what is shipped, and who needs what.

Nothing in it is made up or counted by a clock, so the same lock gives the same bytes: the serial number is
made of the content, and there is a moment only where one is given. Foreign text is made harmless.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from detent.lock.edges import is_end
from detent.lock.excerpt import Taken, edges_within, excerpt
from detent.lock.filename import is_url
from detent.lock.graph_page_data import clean, link_of
from detent.lock.links import entry_ids
from detent.lock.model import Lock, LockedPackage
from detent.lock.select import Wanted
from detent.model import markers
from detent.model.about import About
from detent.model.candidate import Artifact
from detent.model.licenses import license_of
from detent.model.names import ExtraName, GroupName, PackageName
from detent.named import NamedTuple

Json: TypeAlias = dict[str, object]

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_ALGORITHMS = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
_EMAIL = r"[^<>\s@\"]+@[^<>\s@\"]+"
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("homepage", "home", "website"), "website"),
    **dict.fromkeys(("source", "sourcecode", "repository", "github", "gitlab", "code", "sources"), "vcs"),
    **dict.fromkeys(("documentation", "docs", "doc"), "documentation"),
    **dict.fromkeys(("changelog", "changes", "releasenotes", "whatsnew", "history"), "release-notes"),
    **dict.fromkeys(("issues", "bugs", "issue", "issuetracker", "tracker", "bugtracker"), "issue-tracker"),
    **dict.fromkeys(("chat", "discord", "gitter"), "chat"),
    **dict.fromkeys(("mailinglist",), "mailing-list"),
    **dict.fromkeys(("support", "help"), "support"),
}
"""What labels of addresses mean, as the specification of core metadata has them, without blanks and marks."""


class Own(NamedTuple):
    """The project, or a member of its workspace."""

    about: About
    folder: str = ""
    """Relative to the root of the workspace; empty for the root."""
    is_package: bool = True
    requires_python: str = ""


class Terms(NamedTuple):
    """What a bill is made with."""

    tool: str
    """The version of detent."""
    public_index: str
    """The index that package URLs mean where they name none."""
    own: tuple[Own, ...]
    """What the bill is of, the root first; none: the project is left out."""
    moment: int | None = None
    """Seconds since the epoch; ``None``: the bill has no time."""
    hashes: bool = True


class Gate(NamedTuple):
    """What brings packages in: dependencies, or an extra or a group."""

    kind: str
    """``extra`` or ``group``; empty for dependencies."""
    name: str
    reached: frozenset[LockedPackage]


def gates(lock: Lock, project: PackageName, wanted: Wanted, pruned: frozenset[PackageName]) -> list[Gate]:
    """Find what each extra and each group of a selection brings in, and what the dependencies do."""
    members = lock.inputs.members if lock.inputs is not None else ()
    bases = {member.base for member in members} & wanted.groups
    names: dict[GroupName, tuple[str, str]] = {
        group: ("group", str(group)) for group in wanted.groups if group not in bases
    }
    for member in members:
        names |= {member.of_extra(e): ("extra", f"{member.name}[{e}]") for e in member.extras}
        names |= {member.of_group(g): ("group", f"{member.name}:{g}") for g in member.groups}
    nothing: frozenset[ExtraName] = frozenset()

    def reached(selection: Wanted) -> frozenset[LockedPackage]:
        return frozenset(one.package for one in excerpt(lock, project, selection, pruned=pruned))

    return [
        Gate("", "", reached(Wanted(nothing, frozenset(bases), base=wanted.base))),
        *(
            Gate("extra", str(extra), reached(Wanted(frozenset((extra,)), frozenset(), base=False)))
            for extra in sorted(wanted.extras)
        ),
        *(
            Gate(*names[group], reached(Wanted(nothing, frozenset((group,)), base=False)))
            for group in sorted(wanted.groups - bases)
        ),
    ]


def render_cyclonedx(
    taken: Sequence[Taken],
    abouts: Mapping[tuple[PackageName, str], About],
    found: Sequence[Gate],
    terms: Terms,
) -> str:
    """Write the bill; ``abouts`` is what the packages say of themselves, as far as it is known."""
    own = {str(each.about.name) for each in terms.own}
    entries = [one for one in taken if one.package.name not in own]
    packages = [one.package for one in entries]
    refs = _unique([*(_own_ref(each) for each in terms.own), *entry_ids(packages)])
    own_refs, entry_refs = refs[: len(terms.own)], refs[len(terms.own) :]
    # A workspace without a project at its root is something of its own, with the members below it.
    main = _own_component(terms.own[0], own_refs[0]) if terms.own else None
    is_bare = len(terms.own) > 1 and bool(terms.own[0].folder)
    if is_bare:
        main = {"type": "application", "bom-ref": _unique([*refs, "workspace"])[-1], "name": "workspace"}
    shown = list(zip(terms.own, own_refs, strict=True))[0 if is_bare else 1 :]
    components = [
        *(_own_component(each, ref) for each, ref in shown),
        *(
            _component(one, ref, abouts.get((one.package.name, one.package.known_version)), found, terms)
            for one, ref in zip(entries, entry_refs, strict=True)
        ),
    ]
    needs = _needs(taken, entries, entry_refs, dict(zip(map(_name, terms.own), own_refs, strict=True)))
    if main is not None:
        below = needs.setdefault(str(main["bom-ref"]), set())
        below |= {ref for _, ref in shown}
        if not below:  # a lock of another tool does not say what the project needs
            below |= set(entry_refs) - {ref for its in needs.values() for ref in its}
    metadata: Json = {
        **({"timestamp": _moment(terms.moment)} if terms.moment is not None else {}),
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": [{"type": "application", "name": "detent", "version": terms.tool}]},
        **({"component": main} if main is not None else {}),
    }
    bill: Json = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": sorted(components, key=lambda each: str(each["bom-ref"])),
        "dependencies": [
            {"ref": ref, **({"dependsOn": sorted(below)} if below else {})}
            for ref, below in sorted(needs.items())
        ],
    }
    number = uuid5(NAMESPACE_URL, json.dumps(bill))
    head = {key: bill.pop(key) for key in ("$schema", "bomFormat", "specVersion")}
    return json.dumps({**head, "serialNumber": number.urn, **bill}, indent=2) + "\n"


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unique(texts: Iterable[str]) -> list[str]:
    """Tell apart what is called the same, in their order."""
    seen: Counter[str] = Counter()
    found = []
    for text in texts:
        seen[text] += 1
        found.append(f"{text} ({seen[text]})" if seen[text] > 1 else text)
    return found


def _name(own: Own) -> str:
    return str(own.about.name)


def _own_ref(own: Own) -> str:
    name = _name(own) or "project"
    return f"{name}=={own.about.version}" if own.about.version else name


# ---- dependencies ----------------------------------------------------------------------------


def _needs(
    taken: Sequence[Taken], entries: Sequence[Taken], refs: Sequence[str], own: Mapping[str, str]
) -> dict[str, set[str]]:
    """Give what each component needs, by its reference."""
    needs: dict[str, set[str]] = {ref: set() for ref in (*own.values(), *refs)}
    ref_of = dict(zip((one.package for one in entries), refs, strict=True))
    for one in taken:
        ref = ref_of.get(one.package, own.get(str(one.package.name)))
        for owner in one.needed_by:
            # As in `demo (extra: x)`: no name has a parenthesis.
            asker = own.get(owner.partition("(")[0].strip())
            if asker is not None and ref is not None and asker != ref:
                needs[asker].add(ref)
    kept = edges_within(taken)
    by_name: dict[PackageName, list[LockedPackage]] = {}
    for one in taken:
        by_name.setdefault(one.package.name, []).append(one.package)
    for one, package in zip(taken, kept, strict=True):
        asker = ref_of.get(one.package)
        for edge in package.dependencies if asker is not None else ():
            for end in by_name.get(edge.name, ()):
                below = ref_of.get(end, own.get(str(end.name)))
                if is_end(edge, end) and below is not None and asker is not None:
                    needs[asker].add(below)
    return needs


# ---- components ------------------------------------------------------------------------------


def _own_component(own: Own, ref: str) -> Json:
    properties = [
        *([("detent:workspace:path", own.folder)] if own.folder else []),
        *([("detent:requires-python", own.requires_python)] if own.requires_python else []),
    ]
    return {
        "type": "library" if own.is_package else "application",
        "bom-ref": ref,
        **_said(own.about),
        "name": clean(_name(own)) or "project",
        **({"version": own.about.version} if own.about.version else {}),
        **_licenses(own.about),
        **_listed("externalReferences", _links(own.about)),
        **_properties(properties),
    }


def _component(one: Taken, ref: str, about: About | None, found: Sequence[Gate], terms: Terms) -> Json:
    package, direct = one.package, one.package.direct
    reached = [gate for gate in found if package in gate.reached]
    kinds = {gate.kind for gate in reached}
    properties = [(f"detent:{gate.kind}", gate.name) for gate in reached if gate.kind]
    marker = markers.render(one.marker)
    properties += [("detent:marker", marker)] if marker else []
    if direct is not None and direct.kind == "directory":
        path = "/".join(filter(None, (direct.location, direct.subdirectory)))
        properties.append(("detent:path", path))
    told = about or About(package.name, package.known_version)
    links = [*_distributions(package, hashes=terms.hashes), *_links(told)]
    if direct is not None and direct.kind == "vcs":
        links.insert(0, {"type": "vcs", "url": _address(direct.location), "comment": clean(direct.commit)})
    purl = _purl(package, terms.public_index)
    return {
        "type": "library",
        "bom-ref": ref,
        **_said(told),
        "name": str(package.name),
        **({"version": package.known_version} if package.known_version else {}),
        # What only groups bring in is there for whoever works on the project.
        "scope": "required" if "" in kinds or not kinds else "optional" if "extra" in kinds else "excluded",
        **_licenses(told),
        **({"purl": purl} if purl else {}),
        **_listed("externalReferences", links),
        **_properties(properties),
    }


def _listed(key: str, values: Iterable[Json]) -> Json:
    """Give the values under a key, each once; nothing where there are none."""
    found = list({json.dumps(value): value for value in values}.values())
    return {key: found} if found else {}


def _properties(pairs: Iterable[tuple[str, str]]) -> Json:
    return _listed("properties", ({"name": name, "value": clean(value)} for name, value in sorted(pairs)))


def _said(about: About) -> Json:
    people = _together(about.author, about.author_email) or _together(
        about.maintainer, about.maintainer_email
    )
    return {
        **_listed("authors", people),
        **({"description": clean(about.summary)} if about.summary else {}),
    }


def _together(name: str, email: str) -> list[Json]:
    """Give who a name and an address mean: one person where there is one of each."""
    names, emails = list(_people(name)), list(_people(email))
    if len(names) == len(emails) == 1 and "name" not in emails[0] and "email" not in names[0]:
        return [{**names[0], **emails[0]}]
    known = {person.get("name") for person in emails}
    return [*(person for person in names if person.get("name") not in known), *emails]


def _people(text: str) -> Iterator[Json]:
    """Read `Jo <jo@example.com>, ...`; what is no address is a name."""
    for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", clean(text)):
        match = re.fullmatch(rf"\"?(?P<name>[^<>\"]*?)\"?\s*<(?P<email>{_EMAIL})>", part.strip())
        name, email = (match["name"].strip(), match["email"]) if match is not None else (part.strip(), "")
        if match is None and re.fullmatch(_EMAIL, name):
            name, email = "", name
        if name or email:
            yield {**({"name": name} if name else {}), **({"email": email} if email else {})}


def _licenses(about: About) -> Json:
    found = license_of(about)
    declared = {"acknowledgement": "declared"}
    if found.expression is None:
        named = {"license": {"name": clean(found.text), **declared}}
        return {"licenses": [named]} if found.text else {}
    terms = found.expression.terms
    is_id = len(terms) == 1 and str(terms[0]) == terms[0].license and not _is_own(terms[0].license)
    if is_id:
        return {"licenses": [{"license": {"id": found.spdx, **declared}}]}
    return {"licenses": [{"expression": found.spdx, **declared}]}


def _is_own(identifier: str) -> bool:
    return identifier.startswith("LicenseRef-")


def _links(about: About) -> Iterator[Json]:
    urls = (*((("home", about.home_page),) if about.home_page else ()), *about.urls)
    for label, text in urls:
        url = link_of(text)
        kind = _KINDS.get("".join(c for c in label.lower() if c.isalnum()), "other")
        if url:
            yield {"type": kind, "url": url, **({"comment": clean(label)} if kind == "other" else {})}


def _distributions(package: LockedPackage, *, hashes: bool) -> Iterator[Json]:
    for file in (*((package.sdist,) if package.sdist is not None else ()), *package.wheels):
        found = _hashes(file) if hashes else []
        yield {
            "type": "distribution",
            "url": _address(file.url or file.filename),
            "comment": clean(file.filename),
            **({"hashes": found} if found else {}),
        }


def _hashes(file: Artifact) -> list[Json]:
    return [
        {"alg": _ALGORITHMS[d.algorithm], "content": d.value}
        for d in file.digests
        if d.algorithm in _ALGORITHMS
    ]


def _address(location: str) -> str:
    """Give a place as an address without a login; a path relative to the lock stays one."""
    try:
        parts = urlsplit(location)
        if parts.scheme and parts.netloc:
            user, at, host = parts.netloc.rpartition("@")
            kept = f"{user.partition(':')[0]}{at}" if not parts.scheme.startswith("http") else ""
            location = parts._replace(netloc=f"{kept}{host}").geturl()
    except ValueError:
        return quote(location, safe="", errors="replace")
    return quote(location, safe="%/:@?#[]!$&'()*+,;=~", errors="replace")


def _purl(package: LockedPackage, public_index: str) -> str:
    """Name a package as the rest of the world does; a folder has no such name."""
    direct = package.direct
    qualifiers = ""
    below = ""
    if direct is not None:
        if direct.kind == "directory" or not is_url(direct.location) or direct.location.startswith("file:"):
            return ""
        place = _address(direct.location)
        if direct.kind == "vcs":
            place = f"{direct.vcs}+{place}@{direct.commit}"
        key = "vcs_url" if direct.kind == "vcs" else "download_url"
        qualifiers = f"?{key}={quote(place, safe=':/')}"
        below = f"#{quote(direct.subdirectory, safe='/')}" if direct.subdirectory else ""
    elif package.index and package.index != public_index:
        qualifiers = f"?repository_url={quote(_address(package.index), safe=':/')}"
    version = f"@{quote(package.known_version, safe='')}" if package.known_version else ""
    return f"pkg:pypi/{package.name}{version}{qualifiers}{below}"
