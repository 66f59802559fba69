"""Runs a notebook from its first cell to its last in a fresh kernel: execute.py NOTEBOOK OUT

OUT is the notebook with its outputs, without what differs from run to run or machine to machine (times, kernel versions);
its folder is the kernel's working folder. Run by the Python of the environment that jupyter-env.sh makes. The first cell that
fails is printed with its error, and the exit status is 1.
"""

import os
import pathlib
import re
import sys

# Neither the user's Jupyter settings nor their other kernels are seen, and nothing is written into their home.
for name in ("CONFIG", "DATA", "RUNTIME"):
    os.environ["JUPYTER_%s_DIR" % name] = str(pathlib.Path(sys.prefix, "jupyter-" + name.lower()))
os.environ["JUPYTER_PATH"] = ""

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

CELL_SECONDS = 300
START_SECONDS = 120
KERNEL = "retort-java"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def execute(source, target):
    notebook = nbformat.read(source, as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL,
        timeout=CELL_SECONDS,
        startup_timeout=START_SECONDS,
        record_timing=False,
        resources={"metadata": {"path": str(target.parent)}},
    )
    running = [0]
    client.on_cell_execute = lambda cell, cell_index: running.__setitem__(0, cell_index)
    failure = None
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        cell = notebook.cells[running[0]]
        failure = "%s, cell %d:\n%s\n\n%s" % (source.name, running[0] + 1, cell.source, reason(error, cell))
    notebook.metadata.get("language_info", {}).pop("version", None)
    nbformat.write(notebook, target)
    if failure:
        print(failure, file=sys.stderr)
        return 1
    nbformat.validate(notebook)
    return 0


def reason(error, cell):
    # The exception holds the kernel's own stack; the cell's output holds that of the cell.
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return COLOURS.sub("", "\n".join(output.traceback))
    return "the kernel died" if isinstance(error, DeadKernelError) else str(error)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: execute.py NOTEBOOK OUT")
    out = pathlib.Path(sys.argv[2]).resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    sys.exit(execute(pathlib.Path(sys.argv[1]).resolve(), out))
