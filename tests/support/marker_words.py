"""Words that random markers are made of, sense and nonsense, and the interpreters they are held against."""

import random

PLATFORMS = [
    ("linux", "Linux", "posix"),
    ("darwin", "Darwin", "posix"),
    ("win32", "Windows", "nt"),
    ("cygwin", "CYGWIN_NT-10.0", "posix"),
    ("freebsd14", "FreeBSD", "posix"),
    ("freebsd", "FreeBSD", "posix"),
    ("sunos5", "SunOS", "posix"),
    ("android", "Android", "posix"),
    ("ios", "iPadOS", "posix"),
]
IMPLEMENTATIONS = [
    ("cpython", "CPython"),
    ("pypy", "PyPy"),
    ("graalpy", "GraalVM"),
    ("rustpython", "RustPython"),
]
RELEASES = [
    "6.8.0-45-generic",
    "23.1.0",
    "10",
    "5.15.0",
    "",
    "2012ServerR2",
    "6.1",
    "14.0-RELEASE",
    "5rc1",
    "5.15.0+l",
]
MACHINES = ["x86_64", "arm64", "aarch64", "AMD64", "i686", "ppc64", "ppc64le", "riscv64"]
PYTHONS = [(2, 7), (3, 1), *((3, minor) for minor in range(6, 16)), (4, 0)]


def environment(
    python: tuple[int, int] = (3, 11),
    micro: int = 0,
    platform: tuple[str, str, str] = PLATFORMS[0],
    implementation: tuple[str, str] = IMPLEMENTATIONS[0],
    release: str = "6.1",
    machine: str = "x86_64",
) -> dict[str, str]:
    version = f"{python[0]}.{python[1]}"
    return {
        "python_version": version,
        "python_full_version": f"{version}.{micro}",
        "implementation_version": f"{version}.{micro}",
        "sys_platform": platform[0],
        "platform_system": platform[1],
        "os_name": platform[2],
        "implementation_name": implementation[0],
        "platform_python_implementation": implementation[1],
        "platform_release": release,
        "platform_version": "#1 SMP",
        "platform_machine": machine,
    }


VERSION_LITERALS = [
    *("3.8", "3.9", "3.10", "3.11.0", "3.11.2", "3.1", "3", "2.7", "4", "3.8.*", "3.*", "3.9.1.*", "3.8.0.*"),
    *("3.11rc1", "3.11.2b1", "3.10.post1", "3.10+x", "3.9.1.5", "1!3", "foo", "", "3.8 3.9", "3.10,3.11"),
    *("3.6.1 3.10.10", "v3.9", "3.12.dev1", "3.08", "3.10.5", "3.5000", "3.9.0.0", "3.12.post1.dev2"),
]
LITERALS = {
    "python_version": VERSION_LITERALS,
    "python_full_version": VERSION_LITERALS,
    "sys_platform": [
        "linux",
        "win32",
        "darwin",
        "freebsd14",
        "cygwin",
        "linux darwin",
        "win",
        "bsd",
        "linux,freebsd14",
    ],
    "platform_system": ["Linux", "Windows", "Darwin", "FreeBSD", "Java", "Linux Windows", "win", "CYGWIN"],
    "os_name": ["nt", "posix", "java", "posix nt", "p"],
    "platform_machine": ["x86_64", "arm64", "x86_64 aarch64", "ppc64le", "64", "AMD64,arm64"],
    "implementation_name": ["cpython", "pypy", "cpython pypy", "rustpython", "py"],
    "platform_python_implementation": [
        "CPython",
        "PyPy",
        "Jython",
        "RustPython",
        "Py",
        "GraalVM",
        "CPython,PyPy",
    ],
    "platform_release": [
        "5",
        "5.15",
        "6.8.0-45-generic",
        "10",
        "foo",
        "5.*",
        "5.15.0",
        "5rc1",
        "5+x",
        "6 10 5.15.0",
    ],
    "platform_version": ["5", "10.0.19045", "SMP", "#1 SMP"],
    "implementation_version": ["3.10", "7.3", "3.13.0b2", "3.11.2", "7.*", "foo"],
}
VERSIONS = {"python_version", "python_full_version", "platform_release", "implementation_version"}
GATES = [
    "'a' in extras",
    "'B' not in extras",
    "'c_d' in extras",
    "'a' in dependency_groups",
    "'b' not in dependency_groups",
]


def comparison(chance: random.Random, *, closed: bool = False) -> str:
    """Give one comparison, some of them without meaning.

    Those of ``closed`` have an opposite. Some have none: what is no version compares with one neither way,
    and of `'3.11rc1' >= python_version` and `'3.11rc1' < python_version` none holds on 3.11 (PEP 440).
    """
    if chance.random() < 0.15:
        return chance.choice(GATES)
    variables = [
        name for name in LITERALS if not closed or name not in {"platform_release", "implementation_version"}
    ]
    variable = chance.choice(["python_version", "python_full_version", *variables])
    operators = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    operators += ["~="] if variable in VERSIONS else []
    operator, literal = chance.choice(operators), chance.choice(LITERALS[variable])
    if operator != "~=" and chance.random() < 0.15 and not (closed and variable in VERSIONS):
        return f"'{literal}' {operator} {variable}"
    return f'{variable} {operator} "{literal}"'


def combination(chance: random.Random, *, closed: bool = False) -> str:
    """Give up to five comparisons put together."""
    text = comparison(chance, closed=closed)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 4))):
        joined = chance.choice(("{} and {}", "{} or {}", "({}) and {}", "{} or ({})", "({}) and ({})"))
        text = joined.format(text, comparison(chance, closed=closed))
    return text


def interpreter(chance: random.Random) -> dict[str, str]:
    """Give some interpreter."""
    return environment(
        chance.choice(PYTHONS),
        chance.choice((0, 0, 1, 2, 5, 10)),
        chance.choice(PLATFORMS),
        chance.choice(IMPLEMENTATIONS),
        chance.choice(RELEASES),
        chance.choice(MACHINES),
    )
