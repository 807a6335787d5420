#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A night's work in one script, for those who want more than `memcli cron install` does: read what is new, consolidate,
# look for damage, and keep a week of backups. It prints nothing unless something is wrong.
#
#     sh examples/nightly.sh FOLDER_OF_CHATS FOLDER_OF_BACKUPS
#
# MEMCLI_MEMORY names the memory, if it is not the usual one.

set -eu

chats=${1:?a folder of chats}
backups=${2:?a folder for backups}

# 0: done. 3: some input could not be read; it was told on stderr, once. 11: another run is at work: leave it alone.
status=0
memcli cron run --max-minutes 30 "$chats" || status=$?
case $status in
    0 | 3) ;;
    11) exit 0 ;;
    *) exit "$status" ;;
esac

memcli --quiet check >/dev/null || {
    status=$?
    echo "the memory is damaged, the old backups are kept: memcli check says how" >&2
    exit "$status"
}

# One a weekday: the one of a week ago is replaced. A backup is verified by restoring it: memcli restore.
mkdir -p "$backups"
memcli --quiet backup --force "$backups/memory-$(date +%u).memcli.zst"
