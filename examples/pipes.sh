#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# memcli in shell pipelines: many questions in one run, JSON for other programs, exit codes as logic.
#
#     sh examples/pipes.sh
#
# Answers go to stdout, everything else to stderr, so a pipe carries nothing but data.
# MEMCLI_MEMORY names a memory to use; without it the sample logs are read into a temporary one.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE

dir=${MEMCLI_MEMORY:-$scratch/memory}
if [ -z "${MEMCLI_MEMORY:-}" ]; then
    # 3: done, but some input was skipped.
    memcli --memory "$dir" --quiet ingest "$here/logs" || [ $? -eq 3 ]
fi

echo "== Many questions, the engines loaded once"
# In: one JSON object a line with "id" and "question" (other fields are ignored), or one plain question a line.
# Out: one JSON object a line, in the same order. A batch that abstained or met conflicts may end with 4 or 5.
status=0
memcli --memory "$dir" --json ask - <"$here/questions.jsonl" >"$scratch/answers.jsonl" || status=$?
case $status in
    0 | 4 | 5) ;;
    *) exit "$status" ;;
esac

echo "== JSON for another program: the answer and where it was said"
python3 -c '
import json, sys

for line in sys.stdin:
    reply = json.loads(line)
    if reply["abstained"]:
        print("?", reply["question"])
        continue
    print("+", reply["question"], "->", reply["answer"])
    for source in reply["citations"][:1]:
        print("   ", source["source"], source["line"], source["said_at"])
' <"$scratch/answers.jsonl"

echo "== How many were left unanswered"
# grep -c prints 0 and fails where there is no match.
grep -c '"abstained": *true' "$scratch/answers.jsonl" || true

echo "== Plain lines in, the first answer out"
printf '%s\n' "Who is the landlady of the new flat?" "What colour is Maya's new bike?" |
    memcli --memory "$dir" --json ask - | head -n 1

echo "== Exit codes as logic"
if memcli --memory "$dir" --quiet ask "Who takes over plot 12 in the garden?" >"$scratch/answer.txt"; then
    echo "known:"
    cat "$scratch/answer.txt"
else
    case $? in
        4) echo "unknown: ask somebody who was there" ;;
        5) echo "disputed:" && cat "$scratch/answer.txt" ;;
        11) echo "busy: another memcli is writing, try again later" ;;
        *) echo "something went wrong" && exit 1 ;;
    esac
fi

if memcli --memory "$dir" --quiet search "helicopter lessons" >"$scratch/hits.txt"; then
    echo "nearest to helicopter lessons:"
    head -n 1 "$scratch/hits.txt"
else
    case $? in
        4) echo "nobody ever spoke of helicopter lessons" ;;
        *) echo "something went wrong" && exit 1 ;;
    esac
fi
