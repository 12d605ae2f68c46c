"""Small stand-ins for the packages that examples/ use, with just the API used there.

They let the examples run word for word without the real index; marked `live`, the same test uses the real ones.
"""

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
import sys
from pathlib import Path


def main():
    sys.path.insert(0, str(Path.cwd()))
    for path in sorted(Path.cwd().glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name in sorted(vars(module)):
            if name.startswith("test_"):
                getattr(module, name)()
                print(f"{name} passed")
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
        wheel(
            "pytest",
            "9.0.0",
            requires=["colorama; sys_platform == 'win32'"],
            files={"pytest/__init__.py": _PYTEST},
            scripts={"pytest": "pytest:main"},
        ),
        wheel("colorama", "0.4.6"),
        wheel("numpy", "2.3.0", requires_python=">=3.11", files={"numpy/__init__.py": _NUMPY}),
        wheel("pandas", "2.3.0", requires=["numpy>=2"], files={"pandas/__init__.py": _PANDAS}),
        wheel("matplotlib", "3.10.0", requires=["numpy"]),
    )
