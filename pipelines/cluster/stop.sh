#!/bin/sh
# stop.sh DIR
#
# Ends the Flink cluster that start.sh started in DIR: exactly the two processes whose ids are there. Logs stay.
set -eu

fail() {
    echo "retort: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: stop.sh DIR"
[ -d "$1" ] || fail "$1: no such folder"
folder=$(CDPATH='' cd -- "$1" && pwd)

# An id may long since belong to another program: only one whose command names this folder is ended.
is_ours() {
    case $(ps -ww -o args= -p "$1" 2>/dev/null) in
        *"org.apache.flink.runtime."*" --configDir $folder/conf"*) return 0 ;;
        *) return 1 ;;
    esac
}

for role in taskmanager jobmanager; do
    file=$folder/$role.pid
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    if is_ours "$pid"; then
        kill "$pid" 2>/dev/null || true
        waited=0
        while is_ours "$pid"; do
            if [ "$waited" -ge 100 ]; then
                echo "retort: Flink's $role did not end in 20 s and is killed" >&2
                kill -9 "$pid" 2>/dev/null || true
                break
            fi
            waited=$((waited + 1))
            sleep 0.2
        done
    fi
    rm -f "$file"
done
rm -f "$folder/rest"
rm -rf "$folder/tmp"
