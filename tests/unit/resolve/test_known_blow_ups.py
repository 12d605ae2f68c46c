"""Worlds of the kind that resolvers are known to lose themselves in: what is looked at stays in proportion."""

import random

from detent.model.requirement import package_name
from support.resolving import resolve
from support.worlds import World, project, release, ticking, world


def solved(releases: World, *dependencies: str) -> tuple[dict[str, str], int]:
    """Resolve; give the versions of the answer, and how many metadata files it took."""
    (resolution,) = resolve(project(dependencies), releases, clock=ticking())
    versions = {
        str(name): releases.listing(name).release(number).version for name, number in resolution.pins.items()
    }
    return versions, len(set(releases.metadata_asked))


def cloud(count: int = 600) -> dict[str, object]:
    """Make a client and its core, released in step, of which the older core wants an older transport."""
    client: dict[str, object] = {}
    core: dict[str, object] = {}
    for number in range(count):
        version, following = f"1.{number // 20}.{number % 20}", f"1.{number // 20 + 1}"
        client[version] = [f"core>={version},<{following}", "transfer<2"]
        core[version] = ["transport<1.27" if number < 500 else "transport<3"]
    twin = {f"{n}.0": [f"core>=1.{n}.0,<1.{n}.2"] for n in range(4, 30)}
    old_twin = {f"{n}.0": release(["core"], sdist_only=True) for n in range(4)}
    return {
        "client": client,
        "core": core,
        "transfer": {f"1.{n}": ["core>=1.0,<2"] for n in range(30)},
        "transport": [f"1.{n}" for n in range(40)] + ["2.0"],
        "twin": twin | old_twin,
    }


def test_a_client_and_its_core_with_hundreds_of_releases_each() -> None:
    versions, read = solved(world(cloud()), "client", "transport")

    assert (versions["client"], versions["core"], versions["transport"]) == ("1.29.19", "1.29.19", "2.0")
    assert read < 10


def test_a_bound_deep_below_takes_both_back_together() -> None:
    packages = cloud()
    packages["core"] = {
        version: ["transport>=1.30"] if int(version.split(".")[1]) >= 20 else ["transport"]
        for version in packages["core"]  # type: ignore[attr-defined]
    }
    versions, read = solved(world(packages), "client", "transport<1.30")

    assert (versions["client"], versions["core"]) == ("1.19.19", "1.19.19")
    assert read < 2 * 200 + 20


def test_a_twin_that_lags_behind_comes_before_what_it_holds_back() -> None:
    versions, read = solved(world(cloud()), "twin", "client")

    assert (versions["twin"], versions["client"]) == ("29.0", "1.29.1")
    assert read < 30


def test_no_old_release_is_built_on_the_way_to_an_answer() -> None:
    releases = world(cloud())

    versions, _ = solved(releases, "client", "twin>=4")

    assert versions["twin"] == "29.0"
    built = {
        (package_name("twin"), releases.listing(package_name("twin")).number(f"{n}.0")) for n in range(4)
    }
    assert not built & set(releases.metadata_asked)


def test_the_order_of_the_file_is_no_reason_to_build_old_releases() -> None:
    releases = world(cloud())

    versions, _ = solved(releases, "client", "twin")

    assert (versions["twin"], versions["client"]) == ("29.0", "1.29.1")
    twin = package_name("twin")
    read = {number for name, number in releases.metadata_asked if name == twin}
    assert all(releases.listing(twin).wheels >> number & 1 for number in read)


def test_an_extra_is_not_looked_for_in_releases_from_before_it_that_would_have_to_be_built() -> None:
    releases = world(
        {
            "cleaner": {f"{n}.0": release(sdist_only=True) for n in range(1, 9)}
            | {"9.0": [], "10.0": ["style<2; extra == 'css'"]},
            "notes": {"1.0": [], "2.0": ["cleaner[css]"]},
            "style": ["1.0", "2.0"],
        }
    )

    versions, _ = solved(releases, "style", "notes")

    assert versions == {"style": "2.0", "notes": "1.0"}
    cleaner = package_name("cleaner")
    read = {number for name, number in releases.metadata_asked if name == cleaner}
    assert {releases.listing(cleaner).release(number).version for number in read} <= {"9.0", "10.0"}


def test_an_application_with_dozens_of_extras_that_share_a_library() -> None:
    chance = random.Random(5)
    count = 60
    extras = [f"e{n}" for n in range(count)]
    packages: dict[str, object] = {
        "app": {
            f"{t}.0": [f"provider{n}>={max(0, t - 20)}.0; extra == 'e{n}'" for n in range(count)]
            for t in range(30)
        },
        "sdk": {f"{t}.0": [f"proto>={t // 5},<{t // 5 + 2}"] for t in range(50)},
        "proto": [f"{t}.0" for t in range(12)],
    }
    for n in range(count):
        packages[f"provider{n}"] = {
            f"{t}.0": [
                f"app>={max(0, t // 2 - 3)}.0",
                f"sdk>={max(0, t - chance.randint(0, 8))}.0,<{t + 3}.0",
            ]
            for t in range(60)
        }

    versions, read = solved(world(packages), f"app[{','.join(extras)}]", "proto<8")

    assert (versions["app"], versions["proto"]) == ("29.0", "7.0")
    assert read < 1500


def test_dozens_of_packages_released_in_step_around_one_that_stays_behind() -> None:
    chance = random.Random(3)
    names = [f"p{n}" for n in range(40)]
    packages: dict[str, object] = {}
    for place, name in enumerate(names):
        needed = chance.sample(names[place + 1 :], min(4, len(names) - place - 1))
        packages[name] = {
            f"{t}.0": [f"{other}>={max(0, t - 1)}.0,<{t + 2}.0" for other in needed] for t in range(60)
        }

    versions, read = solved(world(packages), "p0", "p39<30")

    assert int(versions["p0"].split(".")[0]) >= 29
    assert read < 1200
