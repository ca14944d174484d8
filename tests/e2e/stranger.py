#!/usr/bin/env python3
"""Another user of this machine and a page in a browser try to access a running local AWS.

Usage: stranger.py DIRECTORY, in the environment that `local status --export` prints. DIRECTORY is the local AWS's.
Only root can switch users; otherwise the file checks are skipped.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import sys
import urllib.parse
from pathlib import Path

DIRECTORY = Path(sys.argv[1])
ADDRESS = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
PORT = int(ADDRESS.rsplit(":", 1)[1])
SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
REGION = os.environ["AWS_REGION"]
NOBODY = 65534
PROCESS = json.loads((DIRECTORY / "local.json").read_text())["pid"]


def check(what, holds, found=""):
    if not holds:
        sys.exit(f"FAILED: {what}: {found}")
    print(f"ok: {what}")


def become_another_user():
    """Returns whether it succeeded."""
    if os.getuid() != 0:
        print("skipped: file checks as another user, which need root")
        return False
    # Even when the parent directory is open, as a home often is.
    for folder in [DIRECTORY.parent]:
        folder.chmod(0o755)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    return True


def readable():
    """What the user can read of the local AWS: files, directories, and /proc entries of its process."""
    found = []
    known = ["", "local.json", "local.log", "local.lock", "start.lock", "outbox", "functions"]
    paths = [DIRECTORY / name for name in known]
    paths += [Path(f"/proc/{PROCESS}/{name}") for name in ("environ", "cwd", "fd", "maps", "mem")]
    for path in paths:
        try:
            list(path.iterdir()) if path.is_dir() else path.open("rb").read(1)
            found.append(str(path))
        except OSError:
            pass
    if SECRET.encode() in Path(f"/proc/{PROCESS}/cmdline").read_bytes():
        found.append("the secret in the command line")
    return found


def presigned(method, path, service, key, secret, body):
    """A request that a page can make: no custom headers, the signature in the query."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{REGION}/{service}/aws4_request"
    fields = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{key}/{scope}",
        "X-Amz-Date": now,
        "X-Amz-Expires": "900",
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{name}={urllib.parse.quote(value, safe='-._~')}" for name, value in sorted(fields.items()))
    canonical = f"{method}\n{path}\n{query}\nhost:{ADDRESS}\n\nhost\n{hashlib.sha256(body).hexdigest()}"
    signed = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing_key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing_key = hmac.new(signing_key, part.encode(), hashlib.sha256).digest()
    return f"{path}?{query}&X-Amz-Signature={hmac.new(signing_key, signed.encode(), hashlib.sha256).hexdigest()}"


def status(method, path, body=b"", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers={"Host": ADDRESS} | headers)
    return connection.getresponse().status


def calls():
    """Requests that must be rejected, by description."""
    body = b'{"FunctionName":"stranger"}'
    page = {"Origin": "https://evil.example", "Content_Type": "text/plain"}
    functions = "/2015-03-31/functions"
    guessed = presigned("POST", functions, "lambda", "test", "test", body)
    known = presigned("POST", functions, "lambda", os.environ["AWS_ACCESS_KEY_ID"], SECRET, body)
    yield "no signature", status("POST", functions, body)
    yield "the well-known key, presigned", status("POST", guessed, body)
    yield "the well-known key, presigned, from a page", status("POST", guessed, body, **page)
    yield "the right key, from a page", status("POST", known, body, **page)
    yield "the right key, by another name", status("POST", known, body, Host=f"evil.example:{PORT}")
    for method, what in [("GET", "status"), ("GET", "calls"), ("GET", "faults"), ("PUT", "faults"), ("POST", "events"), ("POST", "stop")]:
        yield f"{method} /_local/{what}", status(method, f"/_local/{what}", b"[]")
        yield f"{method} /_local/{what} with a guess", status(method, f"/_local/{what}", b"[]", X_Local_Secret="test")
    yield "a guessed confirmation", status("GET", "/confirmation.html?TopicArn=arn:aws:sns:us-east-1:000000000000:devops-alerts&Token=test")
    yield "a preflight", status("OPTIONS", functions, Origin="https://evil.example", Access_Control_Request_Method="POST")


# Before switching users: the first request makes Python load modules the other user may not read.
check("its user is admitted", status("GET", "/_local/status", X_Local_Secret=SECRET) == 200)
if become_another_user():
    check("another user can read nothing", not readable(), readable())
for what, answer in calls():
    check(f"rejected: {what}", 400 <= answer < 500, answer)
check("it is still running", status("GET", "/_local/status", X_Local_Secret=SECRET) == 200)
