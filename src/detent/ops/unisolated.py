"""Builds without isolation in their turn: what they may need is installed first, then they are built there.

Everything else of the selection goes in, and nothing is taken away; then the environment is made to match as
always. A build that fails leaves what was installed before it, and the next run goes on from there.
"""

from detent.events import ignore
from detent.install.plan import Keep, Plan
from detent.ops.matching import Begin, Gather, Settled, SyncOutcome, look, match
from detent.ops.world import World


def match_in_turns(world: World, settled: Settled, gather: Gather, *, begin: Begin) -> SyncOutcome:
    """Make the environment hold the selection (:func:`match`), what is built in it last.

    ``begin`` is called once, before the first change.
    """
    silent = world._replace(report=ignore)
    late = {choice.package.name for choice in look(silent, settled).plan.wanted if choice.build_in}
    if not late:
        return match(world, settled, gather, begin=begin)
    others = tuple(choice for choice in settled.selection.choices if choice.package.name not in late)
    before = settled._replace(
        selection=settled.selection._replace(choices=others),
        exact=False,
        reinstall=settled.reinstall - late,
        last=None,
    )
    seen = look(silent, before)
    if seen.is_in_step:
        return match(world, settled, gather, begin=begin)
    first = match(world, before, gather, begin=begin)
    then = settled._replace(reinstall=settled.reinstall & late)
    return _together(first, match(world, then, gather))


def _together(first: SyncOutcome, then: SyncOutcome) -> SyncOutcome:
    """Tell what both did as one."""
    return then._replace(
        environment_action=first.environment_action,
        plan=_both(first.plan, then.plan),
        fetched=first.fetched + then.fetched,
        check_seconds=first.check_seconds + then.check_seconds,
        gather_seconds=first.gather_seconds + then.gather_seconds,
        apply_seconds=first.apply_seconds + then.apply_seconds,
        compiled=first.compiled + then.compiled,
        bytecode_stored=first.bytecode_stored + then.bytecode_stored,
        bytecode_seconds=first.bytecode_seconds + then.bytecode_seconds,
    )


def _both(first: Plan, then: Plan) -> Plan:
    done = {action.name: action for action in first.actions if not isinstance(action, Keep)}
    actions = {action.name: action for action in then.actions}
    for name, action in done.items():
        if isinstance(actions.get(name, action), Keep) or name not in actions:
            actions[name] = action
    return Plan(tuple(actions[name] for name in sorted(actions)), first.found, first.leftovers, then.stuck)
