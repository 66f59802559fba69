"""Runs JupyterLab with the kernel "Java (Retort)" until standard input ends: lab.py FOLDER [--no-browser] [--port=N] [--verbose]

FOLDER is what JupyterLab shows. Run by the Python of the environment that jupyter-env.sh makes with requirements-lab.txt; what
starts it holds the other end of standard input, so that JupyterLab and its kernels end with it, however it ends.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

# Neither the user's Jupyter settings nor their other kernels are seen, and nothing is written into their home.
for name in ("CONFIG", "DATA", "RUNTIME"):
    os.environ["JUPYTER_%s_DIR" % name] = str(pathlib.Path(sys.prefix, "jupyter-" + name.lower()))
for name in ("SETTINGS", "WORKSPACES"):
    os.environ["JUPYTERLAB_%s_DIR" % name] = str(pathlib.Path(sys.prefix, "jupyter-config", "lab", name.lower()))
os.environ["IPYTHONDIR"] = str(pathlib.Path(sys.prefix, "ipython"))
for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
    os.environ[name] = ""

import nbformat
from jupyterlab.labapp import LabApp
from nbformat.sign import NotebookNotary

KERNEL = "retort-java"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def options(given):
    chosen = [
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.root_dir=%s" % given.folder.resolve(),
        "--ServerApp.open_browser=%s" % (not given.no_browser),
        # In containers there is often no other user; the server can be reached from this machine alone, with its token.
        "--ServerApp.allow_root=True",
        *("--%s.log_level=%s" % (app, "INFO" if given.verbose else "WARN") for app in ("ServerApp", "LabApp")),
        "--MultiKernelManager.default_kernel_name=" + KERNEL,
        # JupyterLab brings a Python kernel and the wheel of JJava another Java kernel; notebooks here want neither.
        "--KernelSpecManager.allowed_kernelspecs=" + KERNEL,
        "--KernelSpecManager.ensure_native_kernel=False",
        # It would run the user's npm to look for servers of languages that notebooks here do not use.
        "--LanguageServerManager.autodetect=False",
        "--LabApp.extension_manager=readonly",
        # JupyterLab asks for the history first, which JJava does not answer, and would call the kernel's state unknown until
        # a cell is run: the answer about the kernel itself, left out by default, must count as well.
        "--MappingKernelManager.untracked_message_types=comm_info_request",
    ]
    if given.port:
        chosen += ["--ServerApp.port=%d" % given.port, "--ServerApp.port_retries=0"]
    return chosen


def ask_nothing():
    """JupyterLab's own defaults ask whether to fetch news, and look for newer versions than the pinned one."""
    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    file = pathlib.Path(sys.prefix, "share", "jupyter", "lab", "settings", "overrides.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def trust_committed(folder):
    """The outputs of notebooks that stand as they were committed are the project's own: JupyterLab shows their charts at once."""
    try:
        known, changed = (
            set(subprocess.run(["git", "-C", folder, *command], capture_output=True, check=True).stdout.split(b"\0"))
            for command in (["ls-files", "-z", "--", "*.ipynb"], ["ls-files", "-z", "--modified"])
        )
    except (OSError, subprocess.CalledProcessError):
        return
    notary = NotebookNotary()
    for name in known - changed - {b""}:
        notary.sign(nbformat.read(folder / os.fsdecode(name), as_version=4))
    notary.store.close()


def end_with_standard_input():
    # Not through sys.stdin, whose lock a thread must not hold when Python ends.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    # Ctrl-C goes to a terminal's whole process group. JupyterLab would ask whether it is meant; what started it decides that.
    os.setpgid(0, 0)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    ask_nothing()
    given = arguments()
    trust_committed(given.folder)
    LabApp.launch_instance(argv=options(given))
