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
check "alarms" 10 cloudwatch describe-alarms --alarm-name-prefix devops- --query 'length(MetricAlarms)'
check "rules" 6 events list-rules --name-prefix devops- --query 'length(Rules)'
check "target" incident-handler events list-targets-by-rule --rule devops-function-failures --query 'Targets[0].Id'
check "queues" 3 sqs list-queues --queue-name-prefix devops- --query 'length(QueueUrls)'
check "invoke config" 0 lambda get-function-event-invoke-config --function-name devops-error-generator --query MaximumRetryAttempts
# From a file: versions 1 and 2 of the CLI parse payload arguments differently.
payload=$(mktemp)
trap 'rm -f "$payload"' EXIT
echo '{"kind":"exception"}' >"$payload"
check "invocation" 202 lambda invoke --function-name devops-error-generator --invocation-type Event --payload "fileb://$payload" --query StatusCode /dev/null
# The queue and the function that event_source_mapping.py left.
source=arn:aws:sqs:$AWS_REGION:000000000000:mapped
uuid=$(aws lambda create-event-source-mapping --function-name mapped --event-source-arn "$source" --batch-size 5 --query UUID --output text)
mapping_is() { # STATE
    for _ in $(seq 100); do
        [ "$(aws lambda get-event-source-mapping --uuid "$uuid" --query State --output text 2>&1 | tail -1)" = "$1" ] && return
        sleep 0.1
    done
}
mapping_is Enabled
check "mapping" "5	Enabled" lambda get-event-source-mapping --uuid "$uuid" --query '[BatchSize,State]'
check "mapping is listed" "$uuid" lambda list-event-source-mappings --function-name mapped --query 'EventSourceMappings[].UUID'
check "mapping is changed" 7 lambda update-event-source-mapping --uuid "$uuid" --batch-size 7 --query BatchSize
mapping_is Enabled
check "mapping is deleted" Deleting lambda delete-event-source-mapping --uuid "$uuid" --query State
