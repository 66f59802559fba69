"""Starts a cell in the real kernel, stops it while it trains, runs it again: interrupt.py FOLDER

FOLDER is the kernel's working folder. Prints one line of JSON: how the cell ended, how long after the stop the kernel was idle,
how far its progress was, how the same cell ended when it was run again, and how far that was when it began to show it. Run by the
Python of the environment that jupyter-env.sh makes.
"""

import json
import os
import pathlib
import re
import sys
import time

for name in ("CONFIG", "DATA", "RUNTIME"):
    os.environ["JUPYTER_%s_DIR" % name] = str(pathlib.Path(sys.prefix, "jupyter-" + name.lower()))
os.environ["JUPYTER_PATH"] = ""

from jupyter_client.manager import start_new_kernel

SECONDS = 240
CELL = """
Runs.stepByStep(Runs.options("tiny", Path.of("run"),
        List.of("rows=[standard-finetuning]", "training.max_steps=800", "training.save_steps=100000", "test_size=32"),
        List.of(0), Set.of(), new NotebookProgress()))
"""
STEPS = re.compile(r"standard-finetuning\S* (\d+)/800")


def run(client, interrupt):
    """The status of the cell's reply, the seconds from the stop to idle, and the first and the last step that was shown."""
    asked = client.execute(CELL)
    shown = []
    pressed = None
    end = time.monotonic() + SECONDS
    while True:
        message = client.get_iopub_msg(timeout=end - time.monotonic())
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            found = STEPS.search(content["data"].get("text/plain", ""))
            if found:
                shown.append(int(found.group(1)))
        if interrupt is not None and pressed is None and shown and shown[-1] >= interrupt[0]:
            pressed = time.monotonic()
            interrupt[1]()
        if message["msg_type"] == "status" and content["execution_state"] == "idle":
            break
    idle = time.monotonic()
    reply = {}
    while reply.get("parent_header", {}).get("msg_id") != asked:
        reply = client.get_shell_msg(timeout=end - time.monotonic())
    return reply["content"]["status"], None if pressed is None else round(idle - pressed, 2), shown[0], shown[-1]


manager, client = start_new_kernel(kernel_name="retort-java", startup_timeout=SECONDS, cwd=sys.argv[1])
try:
    stopped = run(client, (20, manager.interrupt_kernel))
    again = run(client, None)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
names = ("status", "seconds", "first", "last")
print(json.dumps({"stopped": dict(zip(names, stopped)), "again": dict(zip(names, again))}))
