"""Bills of materials: what is foreign in them is harmless, and every one of them is valid."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detent.lock.cyclonedx import Gate, Own, Terms, render_cyclonedx
from detent.lock.excerpt import Taken
from detent.lock.model import Direct, Edge, LockedPackage
from detent.model import markers
from detent.model.about import About
from detent.model.candidate import Artifact
from detent.model.names import package_name
from support.boms import bill, component, needs
from support.locks import INDEX, entry

DEMO = Own(About(package_name("demo"), "1.0"))


def terms(*own: Own, moment: int | None = None) -> Terms:
    return Terms("1.2.3", INDEX, own or (DEMO,), moment)


def taken(package: LockedPackage, *needed_by: str) -> Taken:
    return Taken(package, markers.ALWAYS, needed_by or ("demo",))


def rendered(*entries: Taken, abouts: tuple[About, ...] = (), own: tuple[Own, ...] = ()) -> str:
    known = {(about.name, about.version): about for about in abouts}
    gates = [Gate("", "", frozenset(one.package for one in entries))]
    return render_cyclonedx(entries, known, gates, terms(*own))


def direct(kind: str, location: str, *, commit: str = "", subdirectory: str = "") -> LockedPackage:
    vcs = "git" if commit else ""
    place = Direct(kind, location, vcs=vcs, commit=commit, subdirectory=subdirectory)
    return LockedPackage(package_name("a"), "1.0", direct=place)


def test_a_bill_names_the_tool_and_its_project_and_no_clock() -> None:
    found = bill(rendered())

    assert found["metadata"] == {
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": [{"type": "application", "name": "detent", "version": "1.2.3"}]},
        "component": {"type": "library", "bom-ref": "demo==1.0", "name": "demo", "version": "1.0"},
    }


def test_versions_of_one_name_are_two_components_and_edges_tell_them_apart() -> None:
    old, new = entry("a", "1.0"), entry("a", "2.0")
    user = entry("b")._replace(dependencies=(Edge(package_name("a"), "2.0"),))

    found = bill(rendered(taken(old), taken(new, "b"), taken(user)))

    assert needs(found, "b==1.0") == ["a==2.0"]
    assert needs(found, "demo==1.0") == ["a==1.0", "b==1.0"]


def test_entries_that_nothing_tells_apart_have_references_of_their_own() -> None:
    one, other = (direct("vcs", "https://git.example.com/a", commit=c * 40) for c in "ab")

    refs = [each["bom-ref"] for each in bill(rendered(taken(one), taken(other)))["components"]]

    assert refs == ["a==1.0 @ https://git.example.com/a", "a==1.0 @ https://git.example.com/a (2)"]


@pytest.mark.parametrize(
    ("package", "purl"),
    [
        (entry("a-b", "1.0"), "pkg:pypi/a-b@1.0"),
        (entry("a", "1!1.0+x.1"), "pkg:pypi/a@1%211.0%2Bx.1"),
        (
            entry("a", index="https://jo:secret@other.example.com/simple/"),
            "pkg:pypi/a@1.0?repository_url=https://other.example.com/simple/",
        ),
        (
            direct("vcs", "https://git.example.com/a.git", commit="c" * 40, subdirectory="x/y"),
            f"pkg:pypi/a@1.0?vcs_url=git%2Bhttps://git.example.com/a.git%40{'c' * 40}#x/y",
        ),
        (
            direct("archive", "https://files.example.com/a-1.0.tar.gz"),
            "pkg:pypi/a@1.0?download_url=https://files.example.com/a-1.0.tar.gz",
        ),
    ],
)
def test_a_package_url_says_where_a_package_is_from(package: LockedPackage, purl: str) -> None:
    (found,) = bill(rendered(taken(package)))["components"]

    assert found["purl"] == purl


@pytest.mark.parametrize(
    "package",
    [direct("directory", "./libs/a"), direct("archive", "wheels/a.whl"), direct("archive", "file:///a")],
)
def test_what_lies_on_this_machine_has_no_package_url(package: LockedPackage) -> None:
    assert "purl" not in component(bill(rendered(taken(package))), "a")


def test_addresses_have_no_login_and_no_blank() -> None:
    file = Artifact("a b.whl", "https://jo:secret@files.example.com/a b.whl", ())
    package = entry("a")._replace(wheels=(file,))

    (link,) = component(bill(rendered(taken(package))), "a")["externalReferences"]

    assert link == {
        "type": "distribution",
        "url": "https://files.example.com/a%20b.whl",
        "comment": "a b.whl",
    }


def test_a_name_and_an_address_are_one_person() -> None:
    about = About(package_name("a"), "1.0", author="Jo", author_email="jo@example.com")
    several = About(
        package_name("b"), "1.0", author_email='"Li, Mo" <mo@example.com>, k@example.com', author="Mo"
    )

    found = bill(rendered(taken(entry("a")), taken(entry("b")), abouts=(about, several)))

    assert component(found, "a")["authors"] == [{"name": "Jo", "email": "jo@example.com"}]
    assert component(found, "b")["authors"] == [
        {"name": "Mo"},
        {"name": "Li, Mo", "email": "mo@example.com"},
        {"email": "k@example.com"},
    ]


@pytest.mark.parametrize(
    ("expression", "licenses"),
    [
        ("mit", [{"license": {"id": "MIT", "acknowledgement": "declared"}}]),
        ("GPL-2.0+", [{"expression": "GPL-2.0+", "acknowledgement": "declared"}]),
        ("LicenseRef-Ours", [{"expression": "LicenseRef-Ours", "acknowledgement": "declared"}]),
        ("Ours", [{"license": {"name": "Ours", "acknowledgement": "declared"}}]),
    ],
)
def test_a_licence_is_an_identifier_an_expression_or_a_name(expression: str, licenses: object) -> None:
    about = About(package_name("a"), "1.0", license_expression=expression)

    assert component(bill(rendered(taken(entry("a")), abouts=(about,))), "a")["licenses"] == licenses


def test_a_workspace_without_a_project_is_above_its_members() -> None:
    one, other = (Own(About(package_name(name), "1.0"), f"libs/{name}") for name in ("one", "other"))

    found = bill(rendered(taken(entry("a"), "one (extra: x)"), own=(one, other)))

    assert found["metadata"]["component"]["name"] == "workspace"
    assert needs(found, "workspace") == ["one==1.0", "other==1.0"]
    assert needs(found, "one==1.0") == ["a==1.0"]


def test_of_a_lock_that_does_not_say_who_needs_what_the_tops_are_needed() -> None:
    below = entry("b")
    above = entry("a")._replace(dependencies=(Edge(package_name("b")),))
    nobody = (Taken(above, markers.ALWAYS, ()), Taken(below, markers.ALWAYS, ("a",)))

    assert needs(bill(rendered(*nobody)), "demo==1.0") == ["a==1.0"]


texts = st.text(max_size=30) | st.sampled_from(
    ("\x1b]0;x\x07", "\ud800", "a@b <a@b>", "<a@b>", "x" * 5_000, "https://a b", "javascript:alert(1)", "\N{BOM}"
)
) | st.from_regex(r"https?://[^\s]{0,20}", fullmatch=True)  # fmt: skip


@given(st.lists(texts, min_size=10, max_size=10), texts)
def test_whatever_a_package_says_the_bill_is_valid_and_plain(words: list[str], url: str) -> None:
    about = About(
        package_name("a"), "1.0", words[0], words[1], words[2], (f"License :: {words[3]}",), (words[4],),
        words[5], words[6], words[7], words[8], url, ((words[9], url),), "a.whl",
    )  # fmt: skip
    file = Artifact(words[4] or "a.whl", url, ())

    text = rendered(taken(entry("a")._replace(wheels=(file,))), abouts=(about,))

    bill(text)
    assert text.isascii()
    assert "\x1b" not in text
    assert rendered(taken(entry("a")._replace(wheels=(file,))), abouts=(about,)) == text
    assert "\\u001b" not in json.dumps(json.loads(text))
