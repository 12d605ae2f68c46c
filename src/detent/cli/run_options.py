"""From flag values to the options of `run`: pure."""

from detent.cli.options import is_on, text, words
from detent.cli.parse import Values
from detent.cli.sync_options import syncing
from detent.ops.run import RunOptions


def run(values: Values) -> RunOptions:
    """Options of `run`; its sync keeps what is installed beside the selection unless `--exact`.

    What the last sync selected counts where nothing is selected here.
    """
    return RunOptions(
        command=words(values, "command"),
        is_module=is_on(values, "module"),
        no_sync=is_on(values, "no_sync"),
        no_project=is_on(values, "no_project"),
        is_isolated=is_on(values, "isolated"),
        project=text(values, "project"),
        sync=syncing(values)._replace(exact=is_on(values, "exact"), last="kept", command="run"),
    )
