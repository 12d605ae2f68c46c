"""A greeter: `detent run python service.py` asks it once, `detent run --extra serve uvicorn service:app` serves."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@app.get("/hello/{name}")
def hello(name: str) -> dict[str, str]:
    """Greet one person."""
    return {"greeting": f"hello, {name}"}


if __name__ == "__main__":
    answer = TestClient(app).get("/hello/world")
    print(answer.status_code, answer.json()["greeting"])
