"""The deployer's whole lifecycle on independent AWS emulators.

    python run.py PROGRAM

PROGRAM is a built incidentctl. ministack and moto run on free ports of 127.0.0.1 and end with this script. They have
different gaps (moto runs no functions without Docker; ministack accepts much that AWS rejects), so both are used.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from account import Account, differences
from server import Server

HERE = Path(__file__).parent
PROGRAM = Path(sys.argv[1]).resolve()
ADDRESS = "ada@example.com"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": os.devnull}
CONFIGURATION = "emails: [ada@example.com, grace@example.com]\nlog_retention_days: 14\nhandler_memory: 512\ntags: {team: platform}\n"

# ministack's CloudFormation ignores these table settings, and gives URLs of queues another host; AWS's does not.
LOST_BY_CLOUDFORMATION = (
    "TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification",
    "Environment.Variables.INCIDENT_DEAD_LETTER_QUEUE_URL",
)
LOST_IN_ACCOUNT = (
    "/tables/devops-incidents/TimeToLive", "/tables/devops-incidents/Backups", "/tables/devops-incidents/SSEDescription",
    "/functions/devops-incident-handler/Configuration/Environment/Variables/INCIDENT_DEAD_LETTER_QUEUE_URL",
)


class Emulator(Server):
    """An emulator with an incidentctl that targets it."""

    def __init__(self, name, script, runs_functions):
        super().__init__(HERE / script)
        self.name, self.runs_functions = name, runs_functions

    def incidentctl(self, *arguments, code=0):
        """Runs a command and returns its JSON documents, last one first."""
        command = [PROGRAM, *arguments, "--endpoint-url", self.endpoint, "--region", "us-east-1", "--output", "json"]
        # The first command builds the handler if it is missing, so its timeout covers a build.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "INCIDENTCTL_"))} | CREDENTIALS
        done = subprocess.run(command, env=environment, cwd=self.folder.name, capture_output=True, text=True, timeout=900)
        if done.returncode != code:
            sys.exit(f"FAILED on {self.name}: {' '.join(map(str, command))}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
        return [json.loads(line) for line in reversed(done.stdout.splitlines())]

    def check(self, what, holds, detail=""):
        if not holds:
            sys.exit(f"FAILED on {self.name}: {what}: {detail}")
        print(f"ok: {self.name}: {what}")


def up(emulator, *arguments):
    """Without functions, the self-check at the end of `up` must fail."""
    if emulator.runs_functions:
        return emulator.incidentctl("up", "--yes", *arguments)[0]
    return emulator.incidentctl("up", "--yes", *arguments, code=1)[0]


def unchanged(emulator, what, *arguments, lost=()):
    plan = emulator.incidentctl("plan", *arguments, *([] if lost else ["--detailed-exitcode"]))[0]
    changes = [
        f"{change['logical_id']}: {change['action']} {detail['path']}"
        for change in plan["changes"] if change["action"] != "none"
        for detail in change["properties"] or [{"path": ""}] if not detail["path"].startswith(lost or ("nothing",))
    ]
    emulator.check(f"plan after {what} has no change", not changes, changes)


def story(emulator, *engine):
    account = Account(emulator.endpoint)
    lost = LOST_BY_CLOUDFORMATION if engine else ()
    before = account.contents()
    first = up(emulator, "--email", ADDRESS, *engine)
    emulator.check("up creates the stack", not emulator.runs_functions or first["ok"] and first["created"] >= 29, first)
    unchanged(emulator, "up", "--email", ADDRESS, lost=lost)
    made = account.contents()

    (Path(emulator.folder.name) / "incidentctl.yaml").write_text(CONFIGURATION)
    up(emulator)
    unchanged(emulator, "an update", lost=lost)
    updated = account.contents()
    handler = updated["functions"]["devops-incident-handler"]
    emulator.check("the update reached the function", handler["Configuration"]["MemorySize"] == 512, handler)
    groups = updated["log groups"]
    emulator.check("the update reached the log groups", {group["retentionInDays"] for group in groups.values()} == {14}, groups)
    emulator.check("the update reached the tags", handler["Tags"].get("team") == "platform", handler["Tags"])

    if not engine:
        drift(emulator, account)
        up(emulator)
        unchanged(emulator, "drift and up")
        found = differences(updated, account.contents())
        emulator.check("up repairs the drift", not found, found)
    if emulator.runs_functions:
        drill = emulator.incidentctl("trigger-test")[0]
        emulator.check("a failure becomes an incident and a mail", drill["ok"] and drill["stages"]["notified"], drill)

    emulator.incidentctl("down", "--yes")
    found = differences(before, account.contents())
    emulator.check("down leaves nothing", not found, found)
    (Path(emulator.folder.name) / "incidentctl.yaml").unlink()
    return made


def drift(emulator, account):
    account.client("lambda").update_function_configuration(FunctionName="devops-incident-handler", MemorySize=1024)
    account.client("cloudwatch").delete_alarms(AlarmNames=["devops-handler-errors"])
    account.client("logs").put_retention_policy(logGroupName="/aws/lambda/devops-error-generator", retentionInDays=3)
    account.client("events").disable_rule(Name="devops-alarm-changes")
    account.client("dynamodb").update_continuous_backups(
        TableName="devops-incidents", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    plan = emulator.incidentctl("plan", "--detailed-exitcode", code=2)[0]
    changes = {change["logical_id"]: (change["action"], change["cause"]) for change in plan["changes"] if change["action"] != "none"}
    expected = {
        "IncidentHandler": ("update", "drift"), "HandlerErrorAlarm": ("create", "drift"), "GeneratorLogGroup": ("update", "drift"),
        "AlarmChangeRule": ("update", "drift"), "IncidentTable": ("update", "drift"),
    }
    emulator.check("plan shows the drift", changes == expected, changes)


def main():
    with Emulator("moto", "moto_with_cbor.py", runs_functions=False) as moto:
        story(moto)
    with Emulator("ministack", "ministack_completed.py", runs_functions=True) as ministack:
        direct = story(ministack)
        through_cloudformation = story(ministack, "--engine", "cloudformation")
        found = [line for line in differences(direct, through_cloudformation) if not line.startswith(LOST_IN_ACCOUNT)]
        ministack.check("both engines create the same stack", not found, "\n".join(found))


main()
