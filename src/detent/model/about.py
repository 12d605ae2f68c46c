"""What a release says of itself beyond what it demands: what it is, whose it is, under which licence.

Values as core metadata has them (the specification's fields `Summary` to `Project-URL`), believed by nobody:
they are shown, never acted on.
"""

from detent.model.names import PackageName
from detent.named import NamedTuple

_LONGEST_LICENSE = 80
_APPROVED = "License :: OSI Approved"
_UNTOLD = frozenset({"", "unknown", "none", "license", "see license", "dual license"})


class About(NamedTuple):
    """One release, by its own word; every field is empty where it says nothing, or nothing is known."""

    name: PackageName
    version: str
    summary: str = ""
    license_expression: str = ""
    """`License-Expression` (PEP 639), as it stands."""
    license_text: str = ""
    """`License`: free text, from a name to the whole licence, its lines as they are."""
    license_classifiers: tuple[str, ...] = ()
    """The classifiers that begin with `License ::`, whole, in their order."""
    license_files: tuple[str, ...] = ()
    """`License-File`: paths below the `licenses` folder of the dist-info."""
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    home_page: str = ""
    """`Home-page`; see :meth:`home`."""
    urls: tuple[tuple[str, str], ...] = ()
    """`Project-URL`: label and address, in their order."""
    read_from: str = ""
    """The name of the file that says all this; empty where nothing is known."""

    @property
    def is_known(self) -> bool:
        """Whether any file was asked."""
        return bool(self.read_from)

    @property
    def license(self) -> str:
        """The licence in one line: the expression, else the name in the free text, else the classifiers."""
        if self.license_expression:
            return self.license_expression
        text = self.license_text.strip()
        if "\n" not in text and len(text) <= _LONGEST_LICENSE and text.lower().rstrip(".") not in _UNTOLD:
            return text
        told = [each for each in self.license_classifiers if each != _APPROVED] or self.license_classifiers
        if told:
            return ", ".join(dict.fromkeys(each.rpartition(" :: ")[2] for each in told))
        first = next((line.strip() for line in text.split("\n") if line.strip()), "")
        return first if len(first) <= _LONGEST_LICENSE else first[: _LONGEST_LICENSE - 1] + "…"

    @property
    def home(self) -> str:
        """The address of its home page, whichever field has it."""
        labels = {"".join(c for c in label.lower() if c.isalnum()): url for label, url in reversed(self.urls)}
        return self.home_page or labels.get("homepage", "") or labels.get("home", "")
