"""Who may be told what: credentials given by the names of indexes, and which certificates are trusted.

Credentials of a name go to the origin the name had when it was first used on this machine, or to the one its
variable states. Of the files with logins none is read here: the caller brings what looks them up.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from detent.errors import UsageError
from detent.errors.fetch import IndexOriginChanged
from detent.index.tls import Trust
from detent.index.urls import Credentials, origin, service_of
from detent.model.sources import UrlSource
from detent.ops.discover import Project
from detent.project.indexes import IndexSetting
from detent.project.references import with_variables
from detent.project.settings import Settings

TOKEN_USER = "__token__"  # noqa: S105 (a name)
"""The user of a password that is given without one."""


def login_urls(
    indexes: Iterable[IndexSetting], project: Project | None, variables: Mapping[str, str]
) -> Iterator[str]:
    """Give every URL that somebody may log in to, with the user information it carries."""
    for index in indexes:
        yield from filter(_is_remote, (index.mirror, index.url))
    yield from named_in(project, variables)
    for manifest in project.manifests() if project is not None else ():
        for rule in manifest.inputs("").all_sources():
            if isinstance(rule.source, UrlSource) and _is_remote(rule.source.url):
                yield rule.source.url


def named_in(project: Project | None, variables: Mapping[str, str]) -> Iterator[str]:
    """Give the URLs for which a project names variables to log in with, and with their values in them."""
    for manifest in project.manifests() if project is not None else ():
        yield from filter(None, (with_variables(url, variables) for url in manifest.logins))


def named_logins(
    indexes: Iterable[IndexSetting], variables: Mapping[str, str], origin_of: Callable[[str, str], str]
) -> Iterator[tuple[str, Credentials]]:
    """Give the credentials that variables hold for indexes, each with the URL it is for.

    ``origin_of`` gives the origin that a name had first. Raises :class:`IndexOriginChanged`.
    """
    for index in indexes:
        if not index.name or index.is_local or index.authenticate == "never":
            continue
        name = _in_variables(index.name)
        begin = f"DETENT_INDEX_{name}"
        username = variables.get(f"{begin}_USERNAME", "")
        password = variables.get(f"{begin}_PASSWORD", "")
        if username or password:
            stated = _stated(variables.get(f"{begin}_ORIGIN", ""), f"{begin}_ORIGIN")
            url = _place(index, begin, stated, lambda now, name=name: origin_of(name, now))  # type: ignore[misc]
            yield url, Credentials(username or TOKEN_USER, password)


def _place(index: IndexSetting, begin: str, stated: str, origin_of: Callable[[str], str]) -> str:
    now = service_of(index.url)
    for url in filter(_is_remote, (index.url, index.mirror)):
        if stated and service_of(url) == stated:
            return url
    was = stated or origin_of(now)
    if was != now:
        raise IndexOriginChanged(index.name, was=was, now=now, variable=begin, is_stated=bool(stated))
    return index.url


def _stated(text: str, variable: str) -> str:
    text = text.strip()
    if not text:
        return ""
    url = text if "://" in text else f"https://{text}"
    if not _is_remote(url) or not origin(url)[1]:
        raise UsageError(
            f"`{variable}` must be the origin of an index, such as `https://index.example.com`",
            next_steps=("set it so, or unset it",),
        )
    return service_of(url)


def _in_variables(name: str) -> str:
    return re.sub("[^A-Z0-9]", "_", name.upper())


def _is_remote(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def trust_of(chosen: Settings, indexes: Iterable[IndexSetting], variables: Mapping[str, str]) -> Trust:
    """Give which certificates are trusted, not checked and shown."""
    file = chosen.certificates
    if chosen.system_certs.value and not any(own in file.origin for own in ("`--cert`", "`SSL_CERT_FILE`")):
        file = file._replace(value=None)
    folders = variables.get("SSL_CERT_DIR", "").split(os.pathsep)
    clients = [
        (name, int(port), Path(index.client_cert))
        for index in indexes
        if index.client_cert and not index.is_of_project
        for _, name, port in map(origin, filter(_is_remote, (index.mirror, index.url)))
    ]
    return Trust(
        file=file.value,
        folders=tuple(Path(folder) for folder in folders if folder),
        client=chosen.client_cert.value,
        clients=tuple(clients),
        insecure=frozenset(host for setting in chosen.insecure_hosts for host in setting.value),
        insecure_by=" and ".join(dict.fromkeys(setting.origin for setting in chosen.insecure_hosts)),
    )
