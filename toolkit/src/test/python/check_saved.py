"""Checks by hand that transformers and PEFT open what Retort writes, with our ids and logits.

Usage: check_saved.py RETORT_COMMAND MODELS_DIR WORK_DIR
  RETORT_COMMAND  e.g. ./retort
  MODELS_DIR      toolkit/src/test/resources/models
For every fixture model: `retort model import`, then AutoConfig and AutoModel on the result; logits against `retort logits`.
"""
import json
import pathlib
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

retort, models, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
torch.set_num_threads(1)


def run(*arguments):
    return subprocess.run([retort, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


sources = [p for p in sorted(models.iterdir()) if (p / "config.json").exists()]
sources += sorted((models / "gguf").glob("*.gguf"))
for source in sources:
    out = work / source.name
    run("model", "import", source, out)
    config = json.loads((out / "config.json").read_text())
    ids = [5, 17, 3, 2, 12, 9]
    if config["model_type"] == "t5":
        decoder = [0, 7, 11]
        model = AutoModelForSeq2SeqLM.from_pretrained(out).eval()
        with torch.no_grad():
            theirs = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([decoder])).logits[0]
        ours = run("logits", "--model", source, "--ids", ",".join(map(str, ids)),
                   "--decoder-ids", ",".join(map(str, decoder)))
    else:
        model = AutoModelForCausalLM.from_pretrained(out).eval()
        with torch.no_grad():
            theirs = model(input_ids=torch.tensor([ids])).logits[0]
        ours = run("logits", "--model", source, "--ids", ",".join(map(str, ids)))
    worst = (torch.tensor(json.loads(ours)["logits"]) - theirs).abs().max().item()
    print(f"{source.name:20} {type(model).__name__:28} {model.dtype} worst {worst:.1e}", flush=True)
    assert worst < 1e-4, source
