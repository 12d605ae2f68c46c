"""Run with `detent run pytest`."""

import asyncio

from service import ask


def test_it_greets_by_name() -> None:
    assert asyncio.run(ask("/hello/ada")).json() == {"greeting": "hello, ada"}
