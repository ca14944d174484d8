"""Runs a third-party server on a free port of 127.0.0.1 for the duration of a `with`."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """A Python script that takes its port as argument."""

    def __init__(self, script):
        self.script = script

    def __enter__(self):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.folder = tempfile.TemporaryDirectory()
        environment = os.environ | {"BIND_HOST": "127.0.0.1", "AWS_ENDPOINT_URL": self.endpoint}
        self.log = open(Path(self.folder.name) / "log", "w+")
        self.process = subprocess.Popen(
            [sys.executable, self.script, str(port)], env=environment, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.folder.name
        )
        self.wait()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()
        self.folder.cleanup()

    def wait(self):
        """Waits for any response."""
        for _ in range(300):
            if self.process.poll() is not None:
                self.log.seek(0)
                sys.exit(f"{self.script} ended by itself with {self.process.returncode}:\n{self.log.read()}")
            try:
                return urllib.request.urlopen(self.endpoint, timeout=5).close()
            except urllib.error.HTTPError:
                return None
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.script} does not answer")
