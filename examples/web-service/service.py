"""A greeter: `python service.py` asks it once, `uvicorn service:app` serves it."""

import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/hello/{name}")
def hello(name: str) -> dict[str, str]:
    """Greet one person."""
    return {"greeting": f"hello, {name}"}


async def ask(path: str) -> httpx.Response:
    """Ask the application directly, without a server."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get(path)


if __name__ == "__main__":
    answer = asyncio.run(ask("/hello/world"))
    print(answer.status_code, answer.json()["greeting"])
