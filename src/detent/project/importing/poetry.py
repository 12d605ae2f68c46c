"""A Poetry project as a pyproject.toml that needs no Poetry (PEP 621, PEP 735).

`[tool.poetry]` becomes `[project]`, its groups `[dependency-groups]`. `[build-system]` stays, and so do the keys
of `[tool.poetry]` that poetry-core reads and no standard has a place for (which files go into the wheel). A
project that has a `[project]` table already gives up its groups and the dependencies that are only there.
"""

from collections.abc import Mapping

from detent.project.document import Document, parse_document
from detent.project.importing.conversion import Conversion, Findings, default_group_rows, index_rows
from detent.project.importing.poetry_dependencies import Need, read_needs
from detent.project.importing.poetry_metadata import PoetryProject, metadata_tables
from detent.project.importing.remarks import parts, without
from detent.project.importing.tables import (
    Item,
    NewTable,
    Row,
    block,
    literal,
    render,
    spliced,
    with_list,
    with_rows,
    with_value,
)
from detent.project.placing import Table

_PATH = ("tool", "poetry")
