"""Sends a request that may be held, and waits until it has been approved. Standard library only."""

import json
import sys
import urllib.error
import urllib.request


def send(method, url, headers, body=None):
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        # Longer than the gateway lets a connection wait.
        return urllib.request.urlopen(request, timeout=330)
    except urllib.error.HTTPError as answer:
        return answer


def send_approved(method, url, headers, body=None):
    """The application's answer, or the gateway's when nobody approved."""
    answer = send(method, url, headers, body)
    credential = answer.headers.get("Countersign-Approval")
    if answer.status != 403 or credential is None:
        return answer
    held = json.load(answer)["held"]
    print(f"{held['summary']}\nApprove it here: {held['url']}", file=sys.stderr, flush=True)
    again = {**headers, "Countersign-Release": credential, "Prefer": "wait=300"}
    while True:
        answer = send(method, url, again)
        # 409 with Retry-After: nobody has decided yet.
        if answer.status != 409 or answer.headers.get("Retry-After") is None:
            return answer


if __name__ == "__main__":
    # held.py METHOD URL BODY; who you are comes in by standard input, as a JSON object of header fields.
    method, url, body = sys.argv[1:]
    answer = send_approved(method, url, json.load(sys.stdin), body.encode())
    print(answer.read().decode())
    sys.exit(0 if answer.status < 400 else 1)
