"""The six protected actions in Flask, as one would write them. Each notes that it ran."""

import json
import os

from flask import Flask, request

app = Flask(__name__)


def ran(action):
    with open(os.environ["RUNS"], "a") as runs:
        runs.write(action + "\n")
    return "ran"


def over(value):
    try:
        return float(value) > 1000
    except (TypeError, ValueError, OverflowError):
        return False


@app.route("/transfer", methods=["POST", "PATCH", "PUT"], strict_slashes=False)
def transfer():
    body = request.get_json(force=True, silent=True)
    values = request.values.getlist("amount")
    if isinstance(body, dict):
        values.append(body.get("amount"))
    return ran("A") if any(over(value) for value in values) else "small"


@app.route("/users/<path:user>", methods=["DELETE"])
def delete_user(user):
    return ran("B")


@app.route("/users/<path:user>", methods=["POST"])
def change_user(user):
    method = request.headers.get("X-HTTP-Method-Override") or request.values.get("_method") or "POST"
    return ran("B") if method.upper() == "DELETE" else "changed"


@app.route("/admin", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "DELETE"])
@app.route("/admin/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "DELETE"])
@app.route("/admin/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
def admin(rest):
    return ran("C")


@app.route("/export", strict_slashes=False)
def export():
    return ran("D") if "full" in [value.strip().lower() for value in request.values.getlist("format")] else "summary"


@app.route("/graphql", methods=["GET", "POST"], strict_slashes=False)
def graphql():
    body = request.get_json(force=True, silent=True)
    documents = request.values.getlist("query")
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, dict):
            documents.append(str(one.get("query")))
    runs = any("mutation" in document and "deleteUser" in document for document in documents)
    return ran("E") if runs else "data"


@app.route("/rpc", methods=["GET", "POST"], strict_slashes=False)
def rpc():
    body = request.get_json(force=True, silent=True)
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, dict) and one.get("method") == "tools/call":
            params = one.get("params")
            name = params.get("name") if isinstance(params, dict) else params[0] if isinstance(params, list) and params else None
            if name == "wipe":
                return ran("F")
    return json.dumps({"result": None})


@app.route("/", defaults={"rest": ""})
@app.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def other(rest):
    return "other"


if __name__ == "__main__":
    import sys
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    WSGIRequestHandler.log_message = lambda *_: None
    make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
