#!/usr/bin/env bash
# Reads the stack `devops` from the local AWS with the aws CLI, in the environment that `local status --export` prints.
set -euo pipefail
export AWS_PAGER=""

check() { # WHAT EXPECTED COMMAND...
    local what=$1 expected=$2 found
    shift 2
    # SQS: in us-east-1 the CLI prefers a legacy host name to AWS_ENDPOINT_URL, but not to the flag.
    found=$(aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" --output text) || { echo "FAILED: $what: aws $*"; exit 1; }
    [ "$found" = "$expected" ] || { echo "FAILED: $what: '$found', not '$expected'"; exit 1; }
    echo "ok: $what"
}

role=devops-incident-handler-$AWS_REGION
check "role" "$role" iam get-role --role-name "$role" --query Role.RoleName
check "table" ACTIVE dynamodb describe-table --table-name devops-incidents --query Table.TableStatus
check "topic" 1 sns list-topics --query 'length(Topics)'
check "function" Active lambda get-function-configuration --function-name devops-incident-handler --query State
check "log group" 30 logs describe-log-groups --log-group-name-prefix /aws/lambda/devops-incident-handler --query 'logGroups[0].retentionInDays'
check "alarms" 7 cloudwatch describe-alarms --alarm-name-prefix devops- --query 'length(MetricAlarms)'
check "rules" 5 events list-rules --name-prefix devops- --query 'length(Rules)'
check "target" incident-handler events list-targets-by-rule --rule devops-function-failures --query 'Targets[0].Id'
check "queues" 2 sqs list-queues --queue-name-prefix devops- --query 'length(QueueUrls)'
check "invoke config" 0 lambda get-function-event-invoke-config --function-name devops-error-generator --query MaximumRetryAttempts
# From a file: versions 1 and 2 of the CLI parse payload arguments differently.
payload=$(mktemp)
trap 'rm -f "$payload"' EXIT
echo '{"kind":"exception"}' >"$payload"
check "invocation" 202 lambda invoke --function-name devops-error-generator --invocation-type Event --payload "fileb://$payload" --query StatusCode /dev/null
