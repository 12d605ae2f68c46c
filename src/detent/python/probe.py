"""Asking an interpreter about itself: one start with ``-I -S -B``, one line of JSON back.

With these flags no ``site``, no ``.pth`` file, no variable and no module of the working folder takes part.
The tags come from ``packaging.tags`` run inside the interpreter asked; a Python too old for that module gets
them computed here, where it shares this process's platform. ``ops/wiring`` imports it at the first miss.
"""

import json
import os
import platform
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, cast

import packaging
from packaging import tags

from detent.errors.python import InterpreterBroken
from detent.model.target import Target
from detent.python.interpreter import Interpreter, Scheme

_MARK = "detent-probe:"
_TAIL = 300
"""How much of an interpreter's complaint is shown."""

# Runs in any Python 3: no f-strings, no annotations, nothing that is not in the standard library of 3.2.
_SCRIPT = r"""
import binascii, importlib.util, json, os, platform, struct, sys, sysconfig

def version_text(info):
    text = "{}.{}.{}".format(info[0], info[1], info[2])
    return text if info[3] == "final" else text + info[3][0] + str(info[4])

def relative_paths(root):
    names = sysconfig.get_scheme_names()
    name = "venv" if "venv" in names else ("nt" if os.name == "nt" else "posix_prefix")
    variables = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), root)
    paths = sysconfig.get_paths(name, vars=variables)
    names = ("purelib", "platlib", "scripts")
    return {name: os.path.relpath(paths[name], root).replace(os.sep, "/") for name in names}

def wheel_tags(folder):
    sys.path.append(folder)
    try:
        from packaging import tags
    except Exception:
        return None
    finally:
        sys.path.remove(folder)
    return [str(tag) for tag in tags.sys_tags()]

full = platform.python_version()
answer = {
    "version": full,
    "executable": sys.executable,
    "implementation": sys.implementation.name,
    "base_prefix": sys.base_prefix,
    "environment": {
        "implementation_name": sys.implementation.name,
        "implementation_version": version_text(sys.implementation.version),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": full + "local" if full.endswith("+") else full,
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
    "paths": relative_paths(os.path.join(os.sep, "root")),
    "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
    "bits": struct.calcsize("P") * 8,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "cache_tag": sys.implementation.cache_tag or "",
    "magic": binascii.hexlify(getattr(importlib.util, "MAGIC_NUMBER", b"")).decode(),
    "debug": hasattr(sys, "gettotalrefcount"),
    "platform": sysconfig.get_platform(),
    "libc": list(platform.libc_ver()),
    "tags": wheel_tags(sys.argv[1]),
}
sys.stdout.write("\n" + sys.argv[2] + json.dumps(answer) + "\n")
"""


class _Answer(TypedDict):
    """What the script writes."""

    version: str
    executable: str
    implementation: str
    base_prefix: str
    environment: dict[str, str]
    paths: dict[str, str]
    extension_suffix: str
    bits: int
    free_threaded: bool
    cache_tag: str
    magic: str
    debug: bool
    platform: str
    libc: list[str]
    tags: list[str] | None


def probe_interpreter(
    executable: str, *, variables: Mapping[str, str], timeout_seconds: float
) -> Interpreter:
    """Start the interpreter at ``executable`` once; raises :class:`InterpreterBroken`.

    Where a script stands there, the one that it starts is described, under that one's own path.
    ``variables`` is the environment it is started in, less all that could change a Python.
    """
    packaging_folder = str(Path(packaging.__file__).parent.parent)
    command = [executable, "-I", "-S", "-B", "-c", _SCRIPT, packaging_folder, _MARK]
    try:
        finished = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=os.sep,
            env=clean_variables(variables),
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise InterpreterBroken(
            executable, f"it gave no answer within {timeout_seconds:g} seconds"
        ) from error
    except OSError as error:
        raise InterpreterBroken(executable, f"it does not start: {error.strerror}") from error
    for line in finished.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith(_MARK):
            try:
                answer = cast("_Answer", json.loads(line.removeprefix(_MARK)))
            except ValueError as error:
                raise InterpreterBroken(executable, "its answer was cut short") from error
            is_started_by_it = answer["executable"] and _is_script(executable)
            return _interpreter(answer["executable"] if is_started_by_it else executable, answer)
    complaint = finished.stderr.decode("utf-8", "replace").strip()[-_TAIL:]
    reason = f"it ended with code {finished.returncode} and no answer"
    raise InterpreterBroken(executable, f"{reason}: {complaint}" if complaint else reason)


def _is_script(executable: str) -> bool:
    try:
        with open(executable, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read(2) == b"#!"
    except OSError:
        return False


def clean_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Take out what changes how a Python starts or which environment it believes to be in."""
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    }


def _interpreter(executable: str, answer: _Answer) -> Interpreter:
    environment = answer["environment"]
    wheel_tags = answer["tags"] if answer["tags"] is not None else _tags_from_here(executable, answer)
    paths = answer["paths"]
    return Interpreter(
        executable=executable,
        version=answer["version"].rstrip("+"),
        implementation=answer["implementation"],
        base_prefix=answer["base_prefix"],
        target=Target(environment["python_full_version"], environment, tuple(wheel_tags)),
        scheme=Scheme(
            purelib=paths["purelib"],
            platlib=paths["platlib"],
            scripts=paths["scripts"],
            data="",
            # `sysconfig` names the base's own folder here; this is where pip puts them in an environment.
            headers=f"include/site/python{environment['python_version']}",
        ),
        extension_suffix=answer["extension_suffix"],
        is_64bit=answer["bits"] == 64,
        is_free_threaded=answer["free_threaded"],
        bytecode_kind=answer["cache_tag"] and f"{answer['cache_tag']}-{answer['magic']}",
    )


def _tags_from_here(executable: str, answer: _Answer) -> list[str]:
    """Compute the tags of a CPython that ``packaging`` no longer runs on, for a platform like our own."""
    major, minor = answer["version"].split(".")[:2]
    version = (int(major), int(minor))
    if version < (3, 8):
        return []
    here = (sysconfig.get_platform(), list(platform.libc_ver()))
    if answer["implementation"] != "cpython" or (answer["platform"], answer["libc"]) != here:
        reason = f"{answer['implementation']} {answer['version']} cannot say which wheels it takes"
        raise InterpreterBroken(executable, reason)
    name = f"cp{major}{minor}"
    platforms = list(tags.platform_tags())
    abis = [name + ("d" if answer["debug"] else ""), *([name] if answer["debug"] else [])]
    own = tags.cpython_tags(version, abis, platforms)
    return [str(tag) for tag in (*own, *tags.compatible_tags(version, name, platforms))]
