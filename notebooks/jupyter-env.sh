#!/bin/sh
# jupyter-env.sh FOLDER [REQUIREMENTS...]
#
# Makes the Python environment FOLDER that notebooks run in, or leaves it where it is up to date, and writes its kernel
# "Java (Retort)", named retort-java, into it. Nothing outside FOLDER (and FOLDER.lock) is touched.
#
#   RETORT_CLASSPATH  the kernel's class path; required
#   RETORT_JVM_OPTS   more options for the kernel's JVM, separated by blanks; they come last and so win
#   JAVA_HOME         the kernel's JDK; else the java on PATH
#
# REQUIREMENTS are files of pinned packages for pip; requirements.txt beside this script unless given.
set -eu

fail() {
    echo "retort: $1" >&2
    exit 1
}

[ $# -ge 1 ] || fail "usage: jupyter-env.sh FOLDER [REQUIREMENTS...]"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$1
shift
[ $# -ge 1 ] || set -- "$here/requirements.txt"
[ -n "${RETORT_CLASSPATH:-}" ] || fail "RETORT_CLASSPATH is not set: it must hold the kernel's class path"
for requirements; do
    [ -f "$requirements" ] || fail "$requirements: no such file"
done

if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
else
    java=$(command -v java) || fail "no java on PATH: install a JDK 17 or set JAVA_HOME"
fi
[ -x "$java" ] || fail "$java: no such program; JAVA_HOME must name a JDK"
"$java" --list-modules 2>/dev/null | grep -q '^jdk.jshell@' ||
    fail "$java has no module jdk.jshell: notebooks need a whole JDK 17, not a runtime alone"

command -v python3 >/dev/null 2>&1 ||
    fail "notebooks need python3, which is not on PATH: install Python 3.10 or later"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "notebooks need Python 3.10 or later, and python3 is $(python3 --version 2>&1)"
python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 has no venv module: install it (Debian and Ubuntu: apt install python3-venv)"

mkdir -p "$(dirname -- "$folder")"
folder=$(CDPATH='' cd -- "$(dirname -- "$folder")" && pwd)/$(basename -- "$folder")

# Two launches at once take turns where the system has flock.
if command -v flock >/dev/null 2>&1; then
    exec 9>"$folder.lock"
    flock 9
fi

# The environment is made anew when the pins or the Python change: the stamp, written last, holds both.
stamp=$folder/retort-environment
wanted=$(python3 -c 'import sys; print(sys.version, sys.base_prefix)' && cat "$@")
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    if [ -e "$folder" ] && [ ! -f "$folder/pyvenv.cfg" ] && [ -n "$(ls -A "$folder")" ]; then
        fail "$folder is not empty and is no Python environment: name another folder"
    fi
    echo "retort: making the Jupyter environment in $folder; this is done once and takes a minute or two ..." >&2
    python3 -m venv --clear "$folder" >&2 || fail "python3 -m venv could not make $folder"
    names=$*
    for requirements; do
        set -- "$@" --requirement "$requirements"
        shift
    done
    log=$folder/pip.log
    "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$@" >"$log" 2>&1 ||
        fail "pip could not install $names; is the package index within reach? $(grep '^ERROR' "$log" | tail -n 1) (all of it: $log)"
    printf '%s\n' "$wanted" >"$stamp"
fi

# JSON is written by Python: a path may hold quotes and blanks, which is also why the kernel's own launcher, which splits
# JJAVA_JVM_OPTS at blanks, is not used.
"$folder/bin/python" -I - "$java" "$(dirname -- "$here")" ${RETORT_JVM_OPTS:-} <<'PYTHON'
import json, os, pathlib, sys

java, root, *options = sys.argv[1:]
# The kernel runs in the notebook's folder.
class_path = os.pathsep.join(os.path.abspath(entry) for entry in os.environ["RETORT_CLASSPATH"].split(os.pathsep) if entry)
kernels = pathlib.Path(sys.prefix, "share", "jupyter", "kernels")
spec = {
    "argv": [
        java,
        "-Xmx2g",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        "-Djava.awt.headless=true",
        "-Dai.djl.pytorch.graph_optimizer=false",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dretort.root=" + root,
        "--add-opens=jdk.jshell/jdk.jshell=ALL-UNNAMED",
        *options,
        # All on the JVM's own class path: embedded Flink looks for its classes there and nowhere else.
        "-cp",
        os.pathsep.join([str(kernels / "java" / "jjava.jar"), class_path]),
        "org.dflib.jjava.distro.JJava",
        "{connection_file}",
    ],
    "display_name": "Java (Retort)",
    "language": "java",
    "interrupt_mode": "message",
    "env": {"JJAVA_CLASSPATH": class_path, "OPT_OUT_TRACKING": "true", "GOMP_SPINCOUNT": "20000",
            "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "4294967296"},
    "metadata": {"debugger": False},
}
target = kernels / "retort-java" / "kernel.json"
target.parent.mkdir(parents=True, exist_ok=True)
beside = target.with_name("kernel.json.%d" % os.getpid())
beside.write_text(json.dumps(spec, indent=2) + "\n", encoding="utf-8")
os.replace(beside, target)
PYTHON
