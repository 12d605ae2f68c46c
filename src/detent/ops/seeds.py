"""Seeds: the installers an environment is given when it is made, for those who go on with pip by hand.

Only pip: builds ask for setuptools and wheel themselves today, and virtualenv brings them no more. It comes
from the index and through the cache, as everything else does.
"""

from detent import fsio
from detent.install.plan import Linking
from detent.model.requirement import parse_requirement
from detent.ops.build_environment import provision
from detent.ops.world import World
from detent.python.environment import Environment
from detent.python.pyvenv import CONFIG_NAME, SEED_KEY, read_config

_SEEDS = ("pip",)


def plant_seeds(world: World, environment: Environment) -> tuple[tuple[str, str], ...]:
    """Install the seeds, beside whatever is there, and give their names and versions.

    The environment says afterwards that it has them, so that no sync takes them away. Raises what resolving
    and fetching raise, and :class:`FileTrouble`.
    """
    planted = provision(
        world,
        environment,
        tuple(map(parse_requirement, _SEEDS)),
        exact=False,
        linking=Linking(world.settings.link_mode.value, world.settings.no_directory_links),
    )
    path = environment.root / CONFIG_NAME
    try:
        if (read_config(str(environment.root)) or {}).get(SEED_KEY) != "true":
            fsio.write_atomic(path, path.read_bytes() + f"{SEED_KEY} = true\n".encode())
    except OSError as error:
        raise fsio.file_trouble(error, path) from error
    return tuple((choice.package.name, choice.package.version) for choice in planted.choices)
