"""Logins that a project names variables for, told to git: by variables, which no list of processes shows.

A credential helper of a few words hands each out, and git asks it for the scheme, host and port it was
written for alone: a header would go wherever that host redirects to. What else git knows for such a host is
not asked, nor told to keep it.
"""

from collections.abc import Iterable, Mapping

from detent.index.urls import Credentials, split_credentials

_COUNT = "GIT_CONFIG_COUNT"
_USERNAME, _PASSWORD = "DETENT_GIT_USERNAME", "DETENT_GIT_PASSWORD"


def with_logins(variables: Mapping[str, str], urls: Iterable[str]) -> dict[str, str]:
    """Give variables for git with the logins that stand in these URLs, the first for each host."""
    logins: dict[str, Credentials] = {}
    for url in urls:
        place, credentials = split_credentials(url)
        # Git and its helpers speak in lines.
        if credentials is not None and "".join(credentials).isprintable():
            logins.setdefault("/".join(place.split("/", 3)[:3]), credentials)
    told: dict[str, str] = {}
    settings: list[tuple[str, str]] = []
    for number, (place, credentials) in enumerate(logins.items()):
        told[f"{_USERNAME}_{number}"], told[f"{_PASSWORD}_{number}"] = credentials
        settings += [(f"credential.{place}.helper", helper) for helper in ("", _helper(number))]
    count = variables.get(_COUNT, "")
    first = int(count) if count.isdecimal() else 0
    for number, (name, value) in enumerate(settings, start=first):
        told[f"GIT_CONFIG_KEY_{number}"], told[f"GIT_CONFIG_VALUE_{number}"] = name, value
    return {**variables, **told, _COUNT: str(first + len(settings))} if told else dict(variables)


def _helper(number: int) -> str:
    """Give a helper for git (gitcredentials); its secrets stand in variables, and it keeps nothing."""
    told = f'"username=${_USERNAME}_{number}" "password=${_PASSWORD}_{number}"'
    return f"!told() {{ test \"$1\" = get && printf '%s\\n' {told}; }}; told"
