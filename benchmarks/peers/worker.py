"""How a peer's side of `retort bench` is driven: ready, then one turn of the work for every line `go`."""
import json
import sys
import time


def read_work(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def serve(run):
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        if line.strip() != "go":
            break
        start = time.perf_counter()
        values = run()
        values["seconds"] = time.perf_counter() - start
        print(json.dumps(values), flush=True)
