#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a folder of chat logs to cited answers:
#
#     sh examples/quickstart.sh
#
# The memory is made in a temporary folder and removed at the end. To keep it, say where:
#
#     MEMCLI_MEMORY="$HOME/try-memcli" sh examples/quickstart.sh

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

scratch=
if [ -z "${MEMCLI_MEMORY:-}" ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf -- "$scratch"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 141' PIPE
fi
dir=${MEMCLI_MEMORY:-$scratch/memory}

# Exit code 3 means: done, but some input could not be read and was set aside. That is no reason to stop.
ingest() {
    status=0
    memcli --memory "$dir" ingest "$@" || status=$?
    case $status in
        0) ;;
        3) echo "(some input was skipped, see above)" ;;
        *) exit "$status" ;;
    esac
}

# Exit codes 4 and 5 are answers too: "I do not know" and "I was told two different things".
ask() {
    printf '\n> memcli ask "%s"\n' "$1"
    status=0
    memcli --memory "$dir" ask "$1" || status=$?
    case $status in
        0) ;;
        4) echo "(nothing in the memory answers this)" ;;
        5) echo "(answered, but the memory holds statements in conflict)" ;;
        *) exit "$status" ;;
    esac
}

# Every format is recognised by its content. Ingesting the same folder again adds nothing.
ingest "$here/logs"

# A date that was only said as "yesterday", a fact that was corrected later, and one that was never mentioned.
ask "When was Maya's job interview?"
ask "What is the dentist's phone number?"
ask "Which football club does Tomás support?"

# Search lists the turns themselves, with their ids for "memcli open".
printf '\n> memcli search "Kipper at the vet" --limit 5\n'
memcli --memory "$dir" search "Kipper at the vet" --limit 5

if [ -z "$scratch" ]; then
    printf '\nThe memory is kept in %s\n' "$dir"
fi
