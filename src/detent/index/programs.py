"""Programs of the system, found by the absolute path and never in the project.

Nothing is started here.
"""

# ruff: noqa: PTH113, PTH117, PTH118 (folders of PATH are texts)

import os
from collections.abc import Collection, Mapping


def find_program(name: str, variables: Mapping[str, str], outside: Collection[str]) -> tuple[str, str]:
    """Give the path of a program; nothing at or below the folders ``outside`` is taken for it.

    The second is what was passed over for that. Either is empty where there is none.
    """
    passed_over = ""
    for folder in program_folders(variables):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            if is_outside(folder, outside) and is_outside(path, outside):
                return path, passed_over
            passed_over = passed_over or path
    return "", passed_over


def program_folders(variables: Mapping[str, str]) -> list[str]:
    """Give the folders of PATH; a relative one would be another one wherever a program works."""
    return [folder for folder in variables.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(folder)]


def is_outside(path: str, outside: Collection[str]) -> bool:
    """Whether a path lies in none of these folders, by its name and where it leads to."""
    places = {os.path.normpath(path), os.path.realpath(path)}
    tops = {place for top in outside for place in (os.path.normpath(top), os.path.realpath(top))}
    return not any(
        place == top or place.startswith(f"{top.rstrip('/')}/") for place in places for top in tops
    )
