"""The peer of `retort bench sample`: bespokelabs-curator asks about every question once, with a cache of its own.

Arguments: the work's JSON file; an empty folder for the cache and the answers. Prints how many rows there are.
"""
import importlib.util
import json
import os
import sys
from pathlib import Path

with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
folder = Path(sys.argv[2])

os.environ["CURATOR_CACHE_DIR"] = str(folder)
os.environ["HF_HOME"] = str(folder / "hf")
os.environ["TELEMETRY_ENABLED"] = "false"
# A progress display that redraws takes time; the plain one is the faster.
os.environ["CURATOR_DISABLE_RICH_DISPLAY"] = "1"
# litellm ships the token table that tiktoken would download, and its table of prices.
litellm = Path(importlib.util.find_spec("litellm").submodule_search_locations[0])
os.environ["TIKTOKEN_CACHE_DIR"] = str(litellm / "litellm_core_utils" / "tokenizers")
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from bespokelabs import curator  # noqa: E402


class Asker(curator.LLM):
    def prompt(self, row):
        return row["messages"]

    def parse(self, row, response):
        return {"id": row["id"], "text": response}


with open(work["questions"], encoding="utf-8") as file:
    questions = [json.loads(line) for line in file]
asker = Asker(
    model_name=work["model"],
    backend="openai",
    backend_params={
        "base_url": work["base_url"],
        "api_key": "none",
        "max_concurrent_requests": work["concurrency"],
        "max_requests_per_minute": 10_000_000,
        "max_tokens_per_minute": 10_000_000_000,
    },
)
rows = asker(questions).dataset
assert len(rows) == len(questions) and all(rows["text"]), "curator did not answer every question"
print(json.dumps({"rows": len(rows)}))
