#!/usr/bin/env bash
# Usage: lint_shapes.sh INCIDENTCTL. Renders and lints the template for every setting that changes its shape.
# Needs cfn-lint.
set -euo pipefail
incidentctl=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

render() { # NAME SETTINGS [ARGUMENT...]
    local name=$1
    printf '%s\n' "$2" >"$name.yaml"
    shift 2
    "$incidentctl" template --config "$name.yaml" "$@" >"$name.template.yaml"
}

render defaults ''
render addresses 'emails: [ada@example.com]'
render many-addresses '' --email ada@example.com --email grace@example.com --email joan@example.com
render tags 'tags: {team: payments, "cost center": "42"}'
render key 'kms_key: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
render boundary 'permissions_boundary: arn:aws:iam::111122223333:policy/boundary'
render protected 'deletion_protection: true'
render never-swept 'schedule: never'
render swept-by-the-clock 'schedule: cron(0/15 8-17 ? * MON-FRI *)'
alarms='function-errors function-throttles function-destinations not-recorded events-depth events-age handler-errors handler-dlq-depth rule-dlq-depth alert-delivery'
for alarm in $alarms; do
    render "without-$alarm" "alarms: {$alarm: false}"
done
evidence='logs changes metrics executions who'
for kind in $evidence; do
    render "without-$kind" "analysis: {$kind: false}"
done
unread=$(printf '%s: false, ' $evidence)
render without-evidence "analysis: {${unread%, }}"
none=$(printf '%s: false, ' $alarms)
render without-alarms "alarms: {${none%, }}"
render least "alarms: {${none%, }}
analysis: {${unread%, }}
schedule: never"
render most 'stack: a-name-of-thirty-two-characters-
emails: [ada@example.com, grace@example.com]
log_retention_days: 3653
handler_memory: 10240
handler_concurrency: 1000
schedule: rate(1 minute)
analysis: {who: true}
tags: {team: payments}
kms_key: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
permissions_boundary: arn:aws:iam::111122223333:policy/boundary
deletion_protection: true'

cfn-lint --regions us-east-1 --template ./*.template.yaml
echo "$(ls ./*.template.yaml | wc -l) shapes of the template are clean"
