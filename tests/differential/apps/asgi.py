"""The six protected actions in Starlette. Each notes that it ran."""

import json
import os

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


def ran(action):
    with open(os.environ["RUNS"], "a") as runs:
        runs.write(action + "\n")
    return PlainTextResponse("ran")


def over(value):
    try:
        return float(value) > 1000
    except (TypeError, ValueError, OverflowError):
        return False


async def given(request):
    """Body as JSON where it is that, and every value by name from query and form."""
    raw = await request.body()
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    values = list(request.query_params.multi_items())
    try:
        values += [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    except Exception:  # an unreadable form has no values
        pass
    return body, values


def answer(ran_or_not):
    return ran_or_not or PlainTextResponse("other")


async def transfer(request):
    body, values = await given(request)
    amounts = [value for name, value in values if name == "amount"] + ([body.get("amount")] if isinstance(body, dict) else [])
    return answer(any(over(amount) for amount in amounts) and ran("A"))


async def users(request):
    _, values = await given(request)
    methods = [request.method, request.headers.get("x-http-method-override", ""), dict(values).get("_method", "")]
    return answer("DELETE" in [method.upper() for method in methods] and ran("B"))


async def admin(request):
    return ran("C")


async def export(request):
    _, values = await given(request)
    return answer(any(name == "format" and value.strip().lower() == "full" for name, value in values) and ran("D"))


async def graphql(request):
    body, values = await given(request)
    documents = [value for name, value in values if name == "query"]
    documents += [str(one.get("query")) for one in (body if isinstance(body, list) else [body]) if isinstance(one, dict)]
    return answer(any("mutation" in text and "deleteUser" in text for text in documents) and ran("E"))


async def rpc(request):
    body, _ = await given(request)
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, dict) and one.get("method") == "tools/call":
            params = one.get("params")
            name = params.get("name") if isinstance(params, dict) else params[0] if isinstance(params, list) and params else None
            if name == "wipe":
                return ran("F")
    return PlainTextResponse("{}")


async def other(request):
    return PlainTextResponse("other")


EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
app = Starlette(routes=[
    Route("/transfer", transfer, methods=EVERY), Route("/users/{user:path}", users, methods=EVERY), Route("/admin", admin, methods=EVERY),
    Route("/admin/{rest:path}", admin, methods=EVERY), Route("/export", export, methods=EVERY), Route("/graphql", graphql, methods=EVERY),
    Route("/rpc", rpc, methods=EVERY), Route("/{rest:path}", other, methods=EVERY),
])
