"""The template of environments is rendered by virtualenv, in a cache that is full or broken: told in words."""

import errno
import itertools
import os
from functools import partial
from pathlib import Path

import pytest

from detent.errors.python import InterpreterBroken
from detent.errors.store import FileTrouble
from detent.python.interpreter import Interpreters
from detent.python.probe import probe_interpreter
from detent.python.rendering import render_template
from detent.store.cache import open_store
from support.interpreters import base_python
from support.syscalls import CHANGES, can_watch, warm, watched

STEP = int(os.environ.get("FAULT_STEP", "19"))
CODES = (errno.ENOSPC, errno.EIO, errno.EACCES)
TOLD = 3

pytestmark = pytest.mark.skipif(
    not can_watch(), reason="this kernel lets nobody decide about the calls of another process"
)


def test_a_template_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    layout = open_store(tmp_path / "store")
    probe = partial(probe_interpreter, variables=os.environ, timeout_seconds=30)
    interpreter = Interpreters(layout, probe).read(base_python())

    def render() -> int:
        try:
            render_template(interpreter, layout=layout, variables=os.environ)
        except (FileTrouble, InterpreterBroken):
            return TOLD
        return 0

    warm(render)
    codes = []
    for number in itertools.count(1, STEP):
        code = CODES[number % len(CODES)]
        ended = watched(render, CHANGES, tmp_path, at=number, choose=lambda *_, code=code: code)
        if len(ended.made) < number:
            break
        assert ended.code in (0, TOLD), f"{ended.made[number - 1]}: {ended.said}"
        codes.append(ended.code)
    assert TOLD in codes
