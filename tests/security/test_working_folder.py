"""A project is data: nothing that lies in the folder one stands in is imported by detent itself."""

from support.cli import Sandbox, publish
from support.index_server import IndexServer
from support.wheels import wheel

TRAP = "open('trapped', 'a').write(__name__ + '\\n')\nraise SystemExit('imported from the working folder')\n"


def test_modules_of_the_working_folder_are_not_imported(sandbox: Sandbox, index: IndexServer) -> None:
    publish(index, wheel("a", "1.0"))
    sandbox.manifest("a")
    for name in (
        "json",
        "http",
        "packaging",
        "platformdirs",
        "ssl",
        "tomllib",
        "sitecustomize",
        "usercustomize",
    ):
        sandbox.write(f"{name}.py", TRAP)

    synced = sandbox.detent("sync", env={"DETENT_CACHE_DIR": str(sandbox.root.parent / "empty")}).ok()
    helped = sandbox.detent("--help").ok()

    assert " + a==1.0\n" in synced.err
    assert "Usage: detent" in helped.out + helped.err
    assert not (sandbox.root / "trapped").exists()
