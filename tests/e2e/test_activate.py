"""`eval "$(detent activate)"`."""

import shlex
import subprocess
import sys

from support.cli import Sandbox

DETENT = f"{shlex.quote(sys.executable)} -m detent"


def test_the_shell_that_evaluates_it_is_in_the_environment(sandbox: Sandbox) -> None:
    sandbox.manifest()
    sandbox.detent("sync").ok()
    below = sandbox.root / "below"
    below.mkdir()

    done = subprocess.run(
        ["bash", "-c", f'eval "$({DETENT} activate)" && echo "$VIRTUAL_ENV" && command -v python'],
        cwd=below,
        env=sandbox.variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    environment = sandbox.root / ".venv"
    assert done.stdout.splitlines() == [str(environment), str(environment / "bin" / "python")]
    assert sandbox.detent("activate", "fish").ok().out == f"source '{environment}/bin/activate.fish'\n"


def test_there_has_to_be_an_environment(sandbox: Sandbox) -> None:
    sandbox.manifest()

    done = sandbox.detent("activate", "bash")

    assert done.code == 2
    assert "there is no environment at `.venv`" in done.err
    assert "run `detent sync`" in done.err
