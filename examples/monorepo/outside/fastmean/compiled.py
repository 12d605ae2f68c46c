"""Compiles the extension with the C compiler that this Python was made with, or that `CC` names."""

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Compiled(BuildHookInterface):
    """Called by hatchling before it packs a wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what goes into the wheel."""
        said = {name: shlex.split(sysconfig.get_config_var(name) or "") for name in ("LDSHARED", "CCSHARED")}
        compiler, *flags = said["LDSHARED"]
        made = Path(self.root, "build", "fastmean" + sysconfig.get_config_var("EXT_SUFFIX"))
        made.parent.mkdir(exist_ok=True)
        subprocess.run(
            [
                *shlex.split(os.environ.get("CC", compiler)),
                *("-O2", *flags, *said["CCSHARED"]),
                f"-I{sysconfig.get_path('include')}",
                f"-I{sysconfig.get_path('platinclude')}",
                *("fastmean.c", "-o", str(made)),
            ],
            cwd=self.root,
            check=True,
        )
        build_data["force_include"][str(made)] = made.name
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
