"""Locks of real projects from the real index, each verified with packaging alone.

Not run in CI: `pytest tests/live -m live -s`. `DETENT_CACHE_DIR` keeps what was fetched for the next time.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.verifier import verify

pytestmark = pytest.mark.live

PROJECTS = {
    "small": """
requires-python = ">=3.9"
dependencies = ["requests", "click", "rich"]
""",
    "web": """
requires-python = ">=3.10"
dependencies = [
    "fastapi[standard]>=0.110", "sqlalchemy>=2", "alembic", "celery[redis]", "boto3", "httpx[http2]", "pydantic[email]",
    "gunicorn; sys_platform != 'win32'",
]
[dependency-groups]
dev = ["pytest>=8", "pytest-asyncio", "mypy", "ruff", {include-group = "docs"}]
docs = ["mkdocs-material"]
""",
    "science": """
requires-python = ">=3.10"
dependencies = ["numpy", "pandas[excel,parquet]", "scikit-learn", "matplotlib", "jupyterlab", "polars", "xarray", "numba"]
""",
    "forky": """
requires-python = ">=3.9"
dependencies = [
    "numpy", "scipy", "pandas", "matplotlib", "ipython", "tomli; python_version < '3.11'",
    "pywin32; sys_platform == 'win32'", "colorama; sys_platform == 'win32'", "uvloop; sys_platform != 'win32'",
    "pyobjc-core; sys_platform == 'darwin'", "importlib-metadata; python_version < '3.12'",
]
""",
    "torch": """
requires-python = ">=3.10,<3.14"
dependencies = ["torch>=2.4", "torchvision", "transformers[torch]", "accelerate", "datasets", "peft"]
[project.optional-dependencies]
quantised = ["bitsandbytes; sys_platform == 'linux'"]
serve = ["fastapi", "uvicorn[standard]"]
""",
    "two torches": """
requires-python = ">=3.10,<3.13"
dependencies = ["numpy", "safetensors"]
[project.optional-dependencies]
old = ["torch==2.2.2", "numpy<2"]
new = ["torch>=2.6"]
[tool.detent]
conflicts = [[{extra = "old"}, {extra = "new"}]]
""",
    "django": """
requires-python = ">=3.10"
dependencies = [
    "django>=4.2", "djangorestframework", "django-filter", "django-environ", "psycopg[binary]", "whitenoise[brotli]",
    "celery", "django-debug-toolbar", "django-allauth[socialaccount]",
]
[project.optional-dependencies]
s3 = ["django-storages[s3]"]
all = ["live-django[s3]"]
""",
    "django of two times": """
requires-python = ">=3.10"
dependencies = ["django", "djangorestframework"]
[dependency-groups]
lts = ["django>=4.2,<4.3"]
new = ["django>=5.2"]
[tool.detent]
conflicts = [[{group = "lts"}, {group = "new"}]]
""",
    "airflow": """
requires-python = ">=3.10,<3.13"
dependencies = ["apache-airflow[amazon,celery,google,http,postgres,redis]>=2.9,<3"]
""",
    "aws": """
requires-python = ">=3.9"
dependencies = ["boto3", "aioboto3", "s3fs", "awscli", "moto[s3,sqs]", "botocore"]
""",
    "dbt": """
requires-python = ">=3.10"
dependencies = ["dbt-core>=1.8", "dbt-postgres", "dbt-snowflake", "dbt-bigquery", "sqlfluff"]
""",
    "jupyter": """
requires-python = ">=3.10"
dependencies = ["jupyter", "notebook", "jupyterhub", "ipywidgets", "nbconvert[webpdf]", "voila"]
""",
    "notebook and tests": """
requires-python = ">=3.11"
dependencies = []
[dependency-groups]
notebook = ["notebook", "pandas", "seaborn"]
test = ["pytest>=8", "pytest-cov", "pytest-xdist[psutil]", "hypothesis[numpy]", "coverage[toml]"]
lint = ["ruff", "mypy", "pre-commit"]
""",
    "windows and mac": """
requires-python = ">=3.9"
dependencies = [
    "keyring", "psutil; sys_platform != 'emscripten'", "pywin32>=306; sys_platform == 'win32'", "wmi; os_name == 'nt'",
    "pyobjc-framework-cocoa; platform_system == 'Darwin'", "python-xlib; sys_platform == 'linux'", "pystray", "watchdog",
    "pyinstaller; platform_python_implementation == 'CPython' and python_version < '3.15'",
]
[tool.detent]
environments = ["sys_platform == 'win32'", "sys_platform == 'darwin'"]
""",
    "constrained": """
requires-python = ">=3.10"
dependencies = ["flask", "flask-sqlalchemy", "flask-login", "requests", "google-cloud-storage"]
[tool.detent]
constraint-dependencies = ["werkzeug<3.1", "urllib3<2; sys_platform == 'win32'", "protobuf<5"]
override-dependencies = ["certifi>=2024.1.1", "idna<3.10; python_version < '3.12'"]
exclude-dependencies = ["greenlet"]
""",
    "language models": """
requires-python = ">=3.10,<3.14"
dependencies = ["langchain", "langchain-openai", "openai", "tiktoken", "chromadb", "sentence-transformers"]
""",
    "streaming": """
requires-python = ">=3.10,<3.13"
dependencies = ["apache-beam[gcp]", "confluent-kafka", "pyspark", "delta-spark", "fastavro"]
""",
    "command line": """
requires-python = ">=3.8"
dependencies = ["typer[all]", "textual", "questionary", "tomlkit", "platformdirs", "gitpython", "pyyaml", "jinja2"]
""",
    "scrapers": """
requires-python = ">=3.9"
dependencies = ["scrapy", "playwright", "selenium", "beautifulsoup4[lxml]", "parsel", "aiohttp[speedups]", "twisted[tls]"]
""",
    "maps": """
requires-python = ">=3.10"
dependencies = ["geopandas", "rasterio", "folium", "pyproj", "shapely", "dask[complete]", "xarray[complete]"]
""",
    "requirements of tools": """
requires-python = ">=3.9"
dependencies = ["tox", "nox", "poetry", "pdm", "hatch", "build[virtualenv]", "twine", "pip-tools", "cibuildwheel"]
""",
}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return os.environ.get("DETENT_CACHE_DIR") or str(tmp_path_factory.mktemp("cache"))


def manifest(name: str) -> str:
    return f'[project]\nname = "live-{name.replace(" ", "-")}"\nversion = "0"{PROJECTS[name]}'


@pytest.mark.parametrize("name", PROJECTS)
def test_a_lock_of_a_real_project_has_all_that_is_needed_and_nothing_else(
    name: str, tmp_path: Path, cache: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(manifest(name), "utf-8")
    for command in ("lock", "verify"):
        done = subprocess.run(
            [sys.executable, "-m", "detent", command],
            cwd=tmp_path,
            env={**os.environ, "DETENT_CACHE_DIR": cache},
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "pylock.toml").read_text("utf-8")

    found = verify(text, manifest(name))

    print(
        f"\n{name}: {text.count('[[packages]]')} entries, {found.environments} environments and selections, "
        f"{found.evaluations} evaluations, {len(found.unmet)} unmet, {len(found.superfluous)} superfluous, "
        f"{len(found.doubled)} doubled, {len(found.disagreements)} disagreements with packaging"
    )
    assert found.faults[:10] == ()
