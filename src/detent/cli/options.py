"""Reading flag values, and what several commands make of them: pure.

The options of each operation stand in modules of their own, so that a command imports its operation alone.
"""

from math import inf

from detent.cli.flags import SETTINGS
from detent.cli.parse import Value, Values
from detent.errors import UsageError
from detent.model.names import PackageName, package_name
from detent.ops.selection import Chosen
from detent.ops.upgrade import Upgrade


def text(values: Values, name: str) -> str | None:
    """Give a flag that holds one word."""
    value = values.get(name)
    return value if isinstance(value, str) else None


def words(values: Values, name: str) -> tuple[str, ...]:
    """Give a flag or argument that holds several words."""
    value = values.get(name)
    return value if isinstance(value, tuple) else ()


def is_on(values: Values, name: str) -> bool:
    """Whether a switch is on."""
    value: Value = values.get(name)
    return bool(value)


def flags(values: Values) -> dict[str, object]:
    """Give the flags that override settings, by the setting's name, and those that decide what is read."""
    everything = any(is_on(values, name) for name in ("refresh", "upgrade", "upgrade_group"))
    return {
        **{setting: values.get(name) for name, setting in SETTINGS.items()},
        "config-file": text(values, "config_file"),
        "no-config": is_on(values, "no_config"),
        "max-seconds": _seconds(values),
        "build-constraint": words(values, "build_constraint"),
        "refresh": everything,
        "forget-built": is_on(values, "refresh") or bool(words(values, "refresh_package")),
        "only-reads": is_on(values, "only_reads"),
        "refresh-package": (*words(values, "refresh_package"), *_moving(values)),
    }


def _seconds(values: Values) -> float | None:
    """Give the bound on searching; raises :class:`UsageError` for what is no positive number."""
    written = text(values, "max_seconds")
    if written is None:
        return None
    try:
        seconds = float(written)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < inf:
        raise UsageError(
            "`--max-seconds` takes a positive number",
            why=f"`{written}` is none",
            next_steps=("write it like `--max-seconds 60`",),
        )
    return seconds


def _moving(values: Values) -> tuple[str, ...]:
    """Give the packages that are to move: what is newest of them is asked, not remembered."""
    names = (word.partition("==")[0].strip() for word in words(values, "upgrade_package"))
    return tuple(filter(_is_name, names))


def _is_name(word: str) -> bool:
    try:
        return bool(package_name(word))
    except ValueError:
        return False  # told where the flag is read


def upgrade(values: Values) -> Upgrade:
    """Give what `-U` and `-P` set free."""
    return Upgrade(
        everything=is_on(values, "upgrade"),
        packages=words(values, "upgrade_package"),
        groups=words(values, "upgrade_group"),
    )


def chosen(values: Values) -> Chosen:
    """Give the extras and groups asked for."""
    return Chosen(
        extra=words(values, "extra"),
        all_extras=is_on(values, "all_extras"),
        no_extra=words(values, "no_extra"),
        group=_separated(values, "group"),
        no_group=_separated(values, "no_group"),
        only_group=_separated(values, "only_group"),
        all_groups=is_on(values, "all_groups"),
        no_default_groups=is_on(values, "no_default_groups"),
        no_dev=is_on(values, "no_dev"),
        only_dev=is_on(values, "only_dev"),
        package=packages(values, "package") if "all_packages" in values else (),
        all_packages=is_on(values, "all_packages"),
    )


def packages(values: Values, name: str) -> tuple[PackageName, ...]:
    """Give a flag that holds names of packages; raises :class:`UsageError` for what is none."""
    try:
        return tuple(map(package_name, words(values, name)))
    except ValueError as error:
        raise UsageError(
            f"`{_spelling(name)}` takes the name of a package",
            why=str(error),
            next_steps=("write a name such as `httpx`",),
        ) from error


def _separated(values: Values, name: str) -> tuple[str, ...]:
    """Give a flag that holds names, commas between them as poetry has it: no name has one."""
    return tuple(part for word in words(values, name) for part in word.split(",") if part or "," not in word)


def _spelling(name: str) -> str:
    return f"--{name.replace('_', '-')}"
