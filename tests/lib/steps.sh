# shellcheck shell=bash
# Steps: named, timed, counted. A failed step does not keep the next ones from running.

step_names=()
declare -A step_titles=()
report=()
passed=0
failed=0

# step NAME TITLE: `check_NAME` does it.
step() {
    step_names+=("$1")
    step_titles[$1]=$2
}

say() { printf '\n==> %s\n' "$*"; }

# Ends all of it: what cannot be had, and why.
cannot() {
    printf 'tests/run: %s\n' "$*" >&2
    exit 1
}

run_step() {
    local name=$1 began=$SECONDS outcome
    say "$name: ${step_titles[$name]}"
    # A subshell of its own: `set -e` is off inside of a condition.
    set +e
    (
        set -euo pipefail
        "check_$name"
    )
    local status=$?
    set -e
    if [ "$status" = 0 ]; then
        outcome=passed
        passed=$((passed + 1))
    else
        outcome=FAILED
        failed=$((failed + 1))
    fi
    report+=("$(printf '%-11s %-7s %5d s' "$name" "$outcome" $((SECONDS - began)))")
}

run_steps() {
    if [ "${1-}" = --list ]; then
        local name
        for name in "${step_names[@]}"; do printf '%-11s %s\n' "$name" "${step_titles[$name]}"; done
        return
    fi
    local chosen=("$@") name
    [ $# -gt 0 ] || chosen=("${step_names[@]}")
    for name in "${chosen[@]}"; do
        [ -n "${step_titles[$name]-}" ] || cannot "there is no step $name; tests/run --list shows them"
    done
    for name in "${chosen[@]}"; do run_step "$name"; done
    say "steps"
    printf '%s\n' "${report[@]}"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
