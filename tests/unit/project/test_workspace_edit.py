"""A member into the table of a workspace: every other byte stays."""

import pytest

from detent.errors import Unsupported
from detent.project.workspace_edit import add_member


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '[tool.detent.workspace]  # ours\nmembers = ["a"] # two\n',
            '[tool.detent.workspace]  # ours\nmembers = ["a", "x"] # two\n',
        ),
        ("[tool.detent.workspace]\nmembers = []\n", '[tool.detent.workspace]\nmembers = [\n    "x",\n]\n'),
        (
            "[tool.detent.workspace]\nexclude = []\n",
            '[tool.detent.workspace]\nmembers = ["x"]\nexclude = []\n',
        ),
        ('[tool.uv.workspace]\nmembers = ["a"]\n', '[tool.uv.workspace]\nmembers = ["a", "x"]\n'),
        ('[tool.detent]\nworkspace.members = ["a"]\n', '[tool.detent]\nworkspace.members = ["a", "x"]\n'),
        (
            '[tool.detent]\nworkspace = {members = ["a"]}\n',
            '[tool.detent]\nworkspace = {members = ["a", "x"]}\n',
        ),
        ('[project]\nname = "a"\n', '[project]\nname = "a"\n\n[tool.detent.workspace]\nmembers = ["x"]\n'),
    ],
)
def test_a_member_is_put_where_the_others_stand(before: str, after: str) -> None:
    assert add_member(before, "x") == after


def test_what_cannot_be_changed_safely_is_left_to_a_person() -> None:
    with pytest.raises(Unsupported) as caught:
        add_member("[tool.detent]\nworkspace = {exclude = []}\n", "x")

    assert caught.value.next_steps == ("add `x` to its `members` yourself",)
