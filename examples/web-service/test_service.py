"""Run with `detent run pytest`."""

from fastapi.testclient import TestClient
from service import app


def test_it_greets_by_name() -> None:
    assert TestClient(app).get("/hello/ada").json() == {"greeting": "hello, ada"}
