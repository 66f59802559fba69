"""The peer of `retort bench sample`: distilabel asks about every question once, with a cache of its own.

Arguments: the work's JSON file; an empty folder for the cache and the answers. Prints how many rows there are.
"""
import json
import os
import sys
from pathlib import Path

with open(sys.argv[1], encoding="utf-8") as file:
    work = json.load(file)
folder = Path(sys.argv[2])
os.environ["HF_HOME"] = str(folder / "hf")
os.environ["DISTILABEL_CACHE_DIR"] = str(folder)
os.environ["DISTILABEL_LOG_LEVEL"] = "WARNING"

from distilabel.models import OpenAILLM  # noqa: E402
from distilabel.pipeline import Pipeline  # noqa: E402
from distilabel.steps import LoadDataFromDicts  # noqa: E402
from distilabel.steps.tasks import TextGeneration  # noqa: E402

if __name__ == "__main__":
    with open(work["questions"], encoding="utf-8") as file:
        questions = [json.loads(line) for line in file]
    data = [{"id": question["id"], "instruction": question["messages"][-1]["content"]} for question in questions]
    # A batch is asked about at once: its size is the concurrency.
    size = work["concurrency"]
    with Pipeline(name="sample", cache_dir=folder) as pipeline:
        load = LoadDataFromDicts(data=data, batch_size=size)
        ask = TextGeneration(
            llm=OpenAILLM(model=work["model"], base_url=work["base_url"], api_key="none"),
            input_batch_size=size,
        )
        load >> ask
    rows = pipeline.run(use_cache=True)["default"]["train"]
    assert len(rows) == len(data) and all(rows["generation"]), "distilabel did not answer every question"
    print(json.dumps({"rows": len(rows)}))
