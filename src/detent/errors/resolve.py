"""Why no versions were found."""

from collections.abc import Sequence

from detent.errors import DetentError


class ResolveError(DetentError):
    """No set of versions answers the project's requirements."""

    code = "resolve"


class Conflict(ResolveError):
    """The requirements contradict each other; ``facts`` is the proof in a person's words."""

    code = "conflict"

    def __init__(
        self, facts: Sequence[str], *, environment: str = "", next_steps: Sequence[str] = ()
    ) -> None:
        where = f" where {environment}" if environment else ""
        super().__init__(
            f"no versions satisfy everything{where}", why="\n".join(facts), next_steps=next_steps
        )


class TooDeep(ResolveError):
    """The search used up its budget; ``effort`` says what that was.

    ``bound`` is a requirement that would cut it short; ``is_tried`` says that it was seen to.
    """

    code = "too-deep"

    def __init__(
        self, effort: str, first: str, second: str, *, bound: str = "", is_tried: bool = False
    ) -> None:
        if bound and is_tried:
            step = f"add `{bound}` to the project's requirements: with it there is an answer"
        elif bound:
            step = f"add a lower bound, such as `{bound}`, to the project's requirements"
        else:
            step = f"add a lower bound to `{first}` or `{second}` in `pyproject.toml`"
        super().__init__(
            f"no answer was found within {effort}",
            why=f"most of it went into versions of `{first}` and `{second}` that refuse each other",
            next_steps=(step,),
        )


class MarkersTooLarge(ResolveError):
    """The markers of the dependencies combine into more cases than the process may hold."""

    code = "markers-too-large"

    def __init__(self, nodes: int) -> None:
        super().__init__(
            "the markers of the dependencies combine into too many cases",
            why=f"more than {nodes} were needed",
            next_steps=("narrow `requires-python`", "or raise the limit with `DETENT_MARKER_NODES`"),
        )
