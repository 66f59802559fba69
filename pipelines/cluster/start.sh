#!/bin/sh
# start.sh DIR [SLOTS]
#
# Starts a Flink session cluster of this machine in DIR: a JobManager and one TaskManager with SLOTS slots (2), both on
# 127.0.0.1 only, of 4 GiB of memory together. Waits until the slots are there, then prints the REST address, which is also
# in DIR/rest; logs are in DIR/log. stop.sh DIR ends it.
#
#   RETORT_FLINK_PORT  the port of the REST address; a free one unless given
#   JAVA_HOME          the JDK or runtime, Java 17 or newer; else the java on PATH
#
# Flink itself comes from the package index, once, into target/flink beside this folder (235 MB). Needs python3.
set -eu

version=1.19.3
wait_seconds=180

fail() {
    echo "retort: $1" >&2
    exit 1
}

[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: start.sh DIR [SLOTS]"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
slots=${2:-2}
case $slots in
    '' | *[!0-9]* | 0* | ????*) fail "SLOTS is a number from 1 to 999, not $slots" ;;
esac
port=${RETORT_FLINK_PORT:-0}
case $port in
    *[!0-9]* | ??????*) fail "RETORT_FLINK_PORT is the number of a port, not $port" ;;
esac

if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
else
    java=$(command -v java) || fail "no java on PATH: install Java 17 or newer, or set JAVA_HOME"
fi
[ -x "$java" ] || fail "$java: no such program; JAVA_HOME must name a JDK"
java_version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = *//p')
[ "${java_version%%.*}" -ge 17 ] 2>/dev/null || fail "$java is Java ${java_version:-unknown}: Java 17 or newer is needed"
command -v python3 >/dev/null 2>&1 || fail "the cluster's scripts need python3, which is not on PATH"

mkdir -p "$1" 2>/dev/null || fail "$1: the folder cannot be made"
folder=$(CDPATH='' cd -- "$1" && pwd)
case $folder in
    *[:,\|]*) fail "$folder: Flink takes no folder with : , or | in its name; choose another one" ;;
esac
for role in jobmanager taskmanager; do
    if [ -f "$folder/$role.pid" ] && kill -0 "$(cat "$folder/$role.pid")" 2>/dev/null; then
        fail "$folder: a cluster is running there; end it with $here/stop.sh $folder"
    fi
done
rm -f "$folder/rest" "$folder/jobmanager.pid" "$folder/taskmanager.pid"
mkdir -p "$folder/conf" "$folder/log" "$folder/tmp"

# Flink's own jars, made beside and renamed, so that what is there is whole. Two starts at once take turns where there is flock.
flink=$(dirname -- "$here")/target/flink
mkdir -p "$(dirname -- "$flink")"
(
    if command -v flock >/dev/null 2>&1; then
        flock 9
    fi
    if [ ! -f "$flink/pyflink/lib/flink-dist-$version.jar" ]; then
        echo "retort: fetching Flink $version into $flink; this is done once and takes a minute ..." >&2
        rm -rf "$flink" "$flink.partial"
        mkdir "$flink.partial"
        if ! python3 -m pip --version >/dev/null 2>&1; then
            python3 -m venv "$flink.partial/venv" >"$folder/log/pip.log" 2>&1 ||
                fail "python3 has neither pip nor venv: install one (Debian and Ubuntu: apt install python3-venv)"
            PATH=$flink.partial/venv/bin:$PATH
        fi
        python3 -m pip install --quiet --no-input --disable-pip-version-check --no-deps --no-compile \
            --target "$flink.partial/flink" "apache-flink-libraries==$version" >"$folder/log/pip.log" 2>&1 ||
            fail "pip could not install apache-flink-libraries==$version; is the package index within reach? $(grep '^ERROR' "$folder/log/pip.log" | tail -n 1) (all of it: $folder/log/pip.log)"
        mv "$flink.partial/flink" "$flink"
        rm -rf "$flink.partial"
    fi
) 9>"$flink.lock"

# The JobManager's own port must be known before the TaskManager starts, so none of them can be left to Flink.
ports=$(python3 - "$port" <<'PYTHON'
import socket, sys

held = []
for port in (int(sys.argv[1]), 0):
    held.append(socket.socket())
    held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held[-1].bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        sys.exit("retort: port %d of 127.0.0.1 cannot be had: %s; set RETORT_FLINK_PORT to another" % (port, str(error).rstrip(".")))
print(*(s.getsockname()[1] for s in held))
PYTHON
)
rest=${ports% *}
rpc=${ports#* }

cat >"$folder/conf/config.yaml" <<EOC
jobmanager.rpc.address: 127.0.0.1
jobmanager.bind-host: 127.0.0.1
jobmanager.rpc.port: $rpc
jobmanager.memory.process.size: 1g
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: $rest
web.submit.enable: false
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.memory.process.size: 3g
taskmanager.numberOfTaskSlots: $slots
EOC
cat >"$folder/conf/log4j.properties" <<'EOC'
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
EOC

opens=
for package in java.util java.util.concurrent java.lang java.lang.invoke java.net java.io java.nio java.time java.text; do
    opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done

# What Flink works out of the memory sizes: a line of JVM flags and a line of -D settings.
resources() {
    "$java" -cp "$flink/pyflink/bin/bash-java-utils.jar:$flink/pyflink/lib/*" \
        org.apache.flink.runtime.util.bash.BashJavaUtils "$1" --configDir "$folder/conf" 2>"$folder/log/resources.log" |
        sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p'
}

# launch ROLE RESOURCES MAIN [ARGUMENT...]: writes ROLE.pid and log/ROLE.log
launch() {
    role=$1 main=$3
    settings=$(resources "$2")
    [ -n "$settings" ] || fail "Flink cannot work out the memory of the $role: see $folder/log/resources.log"
    shift 3
    # shellcheck disable=SC2046,SC2086
    nohup "$java" $(echo "$settings" | sed -n 1p) -XX:+UseSerialGC $opens "-Djava.io.tmpdir=$folder/tmp" \
        "-Dlog4j.configurationFile=file:$folder/conf/log4j.properties" -cp "$flink/pyflink/lib/*" \
        "$main" --configDir "$folder/conf" "$@" $(echo "$settings" | sed -n 2p) \
        </dev/null >"$folder/log/$role.log" 2>&1 &
    echo $! >"$folder/$role.pid"
}

# Whatever goes wrong from here on, nothing is left running.
trap 'status=$?; [ "$status" -eq 0 ] || "$here/stop.sh" "$folder" >/dev/null 2>&1; exit "$status"' EXIT
trap 'exit 130' INT TERM
launch jobmanager GET_JM_RESOURCE_PARAMS org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint \
    --executionMode cluster
launch taskmanager GET_TM_RESOURCE_PARAMS org.apache.flink.runtime.taskexecutor.TaskManagerRunner

python3 - "$folder" "$rest" "$slots" "$wait_seconds" <<'PYTHON'
import json, os, pathlib, sys, time, urllib.request

folder, rest, slots, seconds = sys.argv[1:]
# A proxy of the environment is not for this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
begin = time.monotonic()
shown = 0
while True:
    passed = int(time.monotonic() - begin)
    for role in ("jobmanager", "taskmanager"):
        try:
            os.kill(int(pathlib.Path(folder, role + ".pid").read_text()), 0)
        except OSError:
            sys.exit("retort: Flink's %s ended by itself: the end of %s/log/%s.log says why" % (role, folder, role))
    try:
        with opener.open("http://127.0.0.1:%s/overview" % rest, timeout=5) as reply:
            there = json.load(reply)["slots-total"]
    except (OSError, ValueError, KeyError):
        there = 0
    if there >= int(slots):
        break
    if passed > int(seconds):
        sys.exit("retort: Flink shows %d of %s slots after %s s: see %s/log" % (there, slots, seconds, folder))
    if passed - shown >= 5:
        shown = passed
        print("retort: waiting for Flink: %d of %s slots after %d s" % (there, slots, passed), file=sys.stderr, flush=True)
    time.sleep(0.2)
PYTHON
echo "127.0.0.1:$rest" >"$folder/rest"
echo "127.0.0.1:$rest"
