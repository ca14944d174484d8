#!/usr/bin/env bash
# Terraform's AWS provider creates, refreshes and destroys a stack on the local AWS.
# Usage: terraform.sh ZIP, in the environment that `local status --export` prints. $TF_PLUGIN_DIR may hold a downloaded provider.
set -euo pipefail
zip=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$(dirname "${BASH_SOURCE[0]}")"/terraform/*.tf "$work"
cd "$work"

export TF_IN_AUTOMATION=1 TF_VAR_handler_zip=$zip CHECKPOINT_DISABLE=1
terraform init -input=false -no-color ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} >init.log 2>&1 || {
    grep -q 'Failed to query available provider packages' init.log && { echo "skipped: the AWS provider cannot be downloaded"; exit 0; }
    cat init.log; exit 1
}

expect_plan() { # NAME EXIT-CODE: 0 no change, 2 changes
    local code=0
    terraform plan -input=false -no-color -detailed-exitcode >plan.log 2>&1 || code=$?
    [ "$code" = "$2" ] || { cat plan.log; echo "$1: plan ended with $code, not $2"; exit 1; }
    echo "ok: $1"
}

expect_plan "plan of a new stack" 2
terraform apply -input=false -no-color -auto-approve >apply.log 2>&1 || { tail -60 apply.log; echo "apply failed"; exit 1; }
grep -E '^Apply complete' apply.log
expect_plan "plan after apply changes nothing" 0
terraform destroy -input=false -no-color -auto-approve >destroy.log 2>&1 || { tail -60 destroy.log; echo "destroy failed"; exit 1; }
grep -E '^Destroy complete' destroy.log
