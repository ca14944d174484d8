"""incidentctl against its peers, on ministack, in one run: wall time, processor time, memory.

    python run.py PROGRAM [RUNS]

PROGRAM is a release build with its handler built (`cargo build -p incident-handler --profile handler
--no-default-features`). Peers that are not installed are skipped. Resets the state before each run and prints medians; absolute
figures depend on the machine.
Terraform's stack (tests/e2e/terraform) has fewer resources, which favours it.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e/emulators"))

from server import Server, free_port  # noqa: E402

PROGRAM = Path(sys.argv[1]).resolve()
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


class Peer:
    """Commands that deploy, redeploy without changes, and tear down."""

    def __init__(self, name, up, down, prepare=None):
        self.name, self.up, self.down, self.prepare = name, up, down, prepare or (lambda _endpoint: None)


def measured(command, endpoint, folder):
    """Wall seconds, processor seconds and largest process in MB of a command and its children."""
    environment = os.environ | CREDENTIALS | {"HOME": str(folder), "AWS_ENDPOINT_URL": endpoint, "TF_VAR_endpoint": endpoint}
    start = time.monotonic()
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([str(part) for part in command], env=environment, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{(folder / 'log').read_text()[-3000:]}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def peers(folder, bundle):
    found = [Peer("incidentctl", [PROGRAM, "up", "--yes", "--email", "ada@example.com"], [PROGRAM, "down", "--yes"])]
    script = [sys.executable, HERE / "boto3_deploy.py"]
    found.append(Peer("boto3 script", script + ["up", "ENDPOINT", bundle], script + ["down", "ENDPOINT", bundle]))
    if shutil.which("terraform"):
        found.append(terraform(folder, bundle))
    return found


def terraform(folder, bundle):
    """Locates and starts the provider once, outside the measurement."""
    shutil.copy(ROOT / "tests/e2e/terraform/main.tf", folder)
    os.environ |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_VAR_handler_zip": str(bundle)}
    plugins = os.environ.get("TF_PLUGIN_DIR")

    def prepare(_endpoint):
        for state in folder.glob("terraform.tfstate*"):
            state.unlink()
        if not (folder / ".terraform").exists():
            measured(["terraform", "init", "-input=false"] + ([f"-plugin-dir={plugins}"] if plugins else []), "", folder)

    apply, destroy = ["terraform", "apply", "-input=false", "-auto-approve"], ["terraform", "destroy", "-input=false", "-auto-approve"]
    return Peer("terraform", apply, destroy, prepare)


def rounds(peer, server, endpoint, folder):
    """Figures of `up`, of `up` without a change, and of `down`."""
    figures = {"up": [], "no change": [], "down": []}
    for _ in range(RUNS):
        urllib.request.urlopen(urllib.request.Request(f"{server.endpoint}/_ministack/reset", method="POST"), timeout=30).close()
        peer.prepare(endpoint)
        for what, command in [("up", peer.up), ("no change", peer.up), ("down", peer.down)]:
            figures[what].append(measured([endpoint if part == "ENDPOINT" else part for part in command], endpoint, folder))
    return {what: [statistics.median(column) for column in zip(*runs)] for what, runs in figures.items()}


def report(title, server, endpoint, found, folder):
    print(f"\n{title}, medians of {RUNS}\n{'':16}{'':12}{'wall s':>10}{'CPU s':>10}{'MB':>8}{'ours is':>12}")
    ours = None
    for peer in found:
        figures = rounds(peer, server, endpoint, folder)
        ours = ours or figures
        for what, (seconds, processor, memory) in figures.items():
            print(f"{peer.name:16}{what:12}{seconds:10.3f}{processor:10.2f}{memory:8.0f}{seconds / ours[what][0]:10.1f} x", flush=True)


def main():
    with tempfile.TemporaryDirectory() as name, Server(ROOT / "tests/e2e/emulators/ministack_completed.py") as server:
        folder = Path(name)
        bundle = folder / "handler.zip"
        (folder / "bootstrap").write_text("#!/bin/sh\n")
        subprocess.run([sys.executable, "-m", "zipfile", "-c", bundle, "bootstrap"], cwd=folder, check=True)
        found = peers(folder, bundle)
        report("ministack as it is", server, server.endpoint, found, folder)
        port = free_port()
        delay = subprocess.Popen([sys.executable, HERE / "delay.py", str(port), server.endpoint.rsplit(":", 1)[1], "50"])
        try:
            time.sleep(0.5)
            report("50 ms added to each call", server, f"http://127.0.0.1:{port}", found, folder)
        finally:
            delay.terminate()


main()
