"""Does a vector that runs a protected action on a real server run it through the gateway?

Each vector goes to each server directly, which shows that the test can fail, and then through a gateway in front of it. No handler of a
protected action may run there, whatever the vector is about.
"""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

from servers import VECTORS, World, send, servers, with_user


def vectors(name: str) -> list[dict]:
    rows = [json.loads(line) for line in (VECTORS / name).read_text(encoding="utf-8").splitlines()]
    return [row | {"raw": with_user(base64.b64decode(row["raw_b64"]))} for row in rows if row["http"] != "2"]


def run_one(world: World, rows: list[dict], controls: list[dict]) -> dict:
    directly, through, faults = {}, {}, []
    for row in rows:
        send(world.port, row["raw"], 0.25)
        if ran := settled(world):
            directly[row["id"]] = ran
    for row in rows:
        answer = send(world.gateway_port, row["raw"], 1.0)
        if ran := settled(world):
            through[row["id"]] = ran, answer[:200]
    for row in controls:
        answer = send(world.gateway_port, row["raw"], 3.0)
        held = answer.startswith(b"HTTP/1.1 403") and b"approval-required" in answer
        # What the server itself makes of a harmless request is its own affair.
        passed = answer.startswith(b"HTTP/1.") and b"urn:countersign:problem" not in answer and b"Countersign" not in answer
        if row["expect"] == "hold" and not held or row["expect"] == "pass" and not passed:
            faults.append((row["id"], row["expect"], answer[:300]))
    if ran := settled(world):
        faults.append(("a control", ran))
    return {"directly": directly, "through": through, "faults": faults}


def settled(world: World) -> str:
    """What has run; handlers note it before they answer, so only one that was not waited for can come late."""
    ran = world.ran()
    if not ran:
        time.sleep(0.002)
        ran = world.ran()
    return ran


def test_no_protected_handler_runs_behind_the_gateway(binary, short, tmp_path, request):
    rows = vectors("bypass.jsonl") + ([] if short else [row for row in vectors("more.jsonl") if row["action"]])
    if short:
        rows = [row for row in rows if row["tier"] == 1]
    controls = vectors("controls.jsonl")

    def whole(name: str) -> dict:
        world = World(name, tmp_path / "".join(c for c in name if c.isalnum()), binary)
        try:
            return run_one(world, rows, controls)
        finally:
            world.stop()

    with ThreadPoolExecutor(5) as pool:
        results = dict(zip(servers(), pool.map(whole, servers())))
    table = ["| server | vectors | run their action directly | run one through the gateway | controls amiss |", "|---|---|---|---|---|"]
    for name, result in results.items():
        table.append(f"| {name} | {len(rows)} | {len(result['directly'])} | {len(result['through'])} | {len(result['faults'])} |")
    request.config.differential_table = table
    for name, result in results.items():
        assert len(result["directly"]) >= 20, f"{name} runs hardly anything directly: {sorted(result['directly'])}"
    known = json.loads((VECTORS / "open.json").read_text())
    for result in results.values():
        result["through"] = {vector: ran for vector, ran in result["through"].items() if vector not in known}
    through = {name: result["through"] for name, result in results.items() if result["through"]}
    faults = {name: result["faults"] for name, result in results.items() if result["faults"]}
    assert not through, json.dumps(through, indent=1, default=repr)
    assert not faults, json.dumps(faults, indent=1, default=repr)
