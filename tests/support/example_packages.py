"""Small stand-ins for the packages that examples/, README.md and the tutorial use, with just the API used there.

They let all that run word for word without the real index; marked `live`, the same test uses the real ones.
"""

from support.backends import HATCHLING, repacked_installed
from support.wheels import Wheel, wheel

_FASTAPI = """\
class FastAPI:
    def __init__(self):
        self.routes = []

    def get(self, path):
        return lambda function: self.routes.append((path.partition("{")[0], function)) or function
"""

_HTTPX = """\
class Response:
    status_code = 200

    def __init__(self, content):
        self.content = content

    def json(self):
        return self.content


class ASGITransport:
    def __init__(self, app):
        self.app = app


class AsyncClient:
    def __init__(self, transport, base_url):
        self.app = transport.app

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass

    async def get(self, path):
        for prefix, function in self.app.routes:
            if path.startswith(prefix):
                return Response(function(path.removeprefix(prefix)))
"""

_UVICORN = """\
import sys


def main():
    print("serving", *sys.argv[1:])
"""

_PYTEST = """\
import importlib
import re
import sys
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def raises(kind, match):
    try:
        yield
    except kind as error:
        assert re.search(match, str(error))
    else:
        raise AssertionError(f"no {kind.__name__}")


def main():
    passed = 0
    for path in sorted((*Path.cwd().glob("test_*.py"), *Path.cwd().glob("tests/test_*.py"))):
        sys.path.insert(0, str(path.parent))
        module = importlib.import_module(path.stem)
        for name in sorted(vars(module)):
            if name.startswith("test_"):
                getattr(module, name)()
                passed += 1
    print("." * passed + "[100%]".rjust(79 - passed))
    print(f"{passed} passed in 0.01s")
"""

_RICH = """\
import builtins
import re


def print(text):
    builtins.print(re.sub(r"\\[/?bold\\]", "", text))
"""

_RICH_CONSOLE = """\
class Console:
    def print(self, thing):
        print(thing)
"""

_RICH_TABLE = """\
class Table:
    def __init__(self, *heads):
        self.rows = [heads]

    def add_row(self, *cells):
        self.rows.append(cells)

    def __str__(self):
        widths = [max(map(len, column)) for column in zip(*self.rows)]
        lines = ["\u2501" * (width + 2) for width in widths]
        rows = [[f" {cell.ljust(width)} " for cell, width in zip(row, widths)] for row in self.rows]
        return "\\n".join([
            "\u250f" + "\u2533".join(lines) + "\u2513",
            "\u2503" + "\u2503".join(rows[0]) + "\u2503",
            "\u2521" + "\u2547".join(lines) + "\u2529",
            *("\u2502" + "\u2502".join(row) + "\u2502" for row in rows[1:]),
            "\u2514" + "\u2534".join("\u2500" * (width + 2) for width in widths) + "\u2518",
        ])
"""

_NUMPY = """\
def ptp(values):
    return max(values) - min(values)
"""

_PANDAS = """\
import csv


class Grouped(dict):
    def mean(self):
        return self.__class__({key: sum(values) / len(values) for key, values in self.items()})

    def __iter__(self):
        return iter(self.values())


class Frame:
    def __init__(self, rows):
        self.rows = rows

    def groupby(self, key):
        return By(self.rows, key)


class By:
    def __init__(self, rows, key):
        self.rows = rows
        self.key = key

    def __getitem__(self, column):
        groups = Grouped()
        for row in sorted(self.rows, key=lambda row: row[self.key]):
            groups.setdefault(row[self.key], []).append(float(row[column]))
        return groups


def read_csv(path):
    with open(path, newline="") as file:
        return Frame(list(csv.DictReader(file)))
"""


def example_packages() -> tuple[Wheel, ...]:
    """Give the wheels to publish: new enough for the bounds the examples have, and a few of what they need."""
    return (
        wheel("fastapi", "0.120.0", requires=["starlette"], files={"fastapi/__init__.py": _FASTAPI}),
        wheel("starlette", "1.0.0"),
        wheel("httpx", "0.28.1", files={"httpx/__init__.py": _HTTPX}),
        wheel(
            "uvicorn",
            "0.40.0",
            files={"uvicorn/__init__.py": _UVICORN},
            scripts={"uvicorn": "uvicorn:main"},
        ),
        *session_packages(),
        wheel("numpy", "2.3.0", requires_python=">=3.11", files={"numpy/__init__.py": _NUMPY}),
        wheel("pandas", "2.3.0", requires=["numpy>=2"], files={"pandas/__init__.py": _PANDAS}),
        wheel("matplotlib", "3.10.0", requires=["numpy"]),
    )


def session_packages() -> tuple[Wheel, ...]:
    """Give what the sessions in README.md and the tutorial install, in the versions they show.

    What builds their projects is the real back end, of which packaging and pluggy are a part.
    """
    files = {
        "rich/__init__.py": _RICH,
        "rich/console.py": _RICH_CONSOLE,
        "rich/table.py": _RICH_TABLE,
    }
    return (
        *(
            wheel("rich", version, requires=["markdown-it-py>=2.2.0", "pygments<3.0.0,>=2.13.0"], files=files)
            for version in ("14.3.4", "15.0.0")
        ),
        wheel("markdown-it-py", "4.3.0", requires=["mdurl"]),
        wheel("mdurl", "0.1.2"),
        wheel("pygments", "2.21.0"),
        wheel(
            "pytest",
            "9.2.0",
            requires=[
                "colorama>=0.4; sys_platform == 'win32'",
                "iniconfig>=1.0.1",
                "packaging>=22",
                "pluggy<2,>=1.5",
                "pygments>=2.15",
            ],
            files={"pytest/__init__.py": _PYTEST},
            scripts={"pytest": "pytest:main"},
        ),
        wheel("colorama", "0.4.6"),
        wheel("iniconfig", "2.3.1"),
        *map(repacked_installed, HATCHLING),
    )
