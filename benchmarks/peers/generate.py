"""The peer of `retort bench generate`: transformers' generate over the token ids it is given.

eager     as it comes.
compiled  the model's forward pass through torch.compile; the first turn compiles, which takes minutes.
"""
import argparse

import torch
from transformers import AutoModelForCausalLM

from worker import read_work, serve


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("work")
    arguments.add_argument("--mode", choices=["eager", "compiled"], required=True)
    given = arguments.parse_args()
    work = read_work(given.work)
    torch.set_num_threads(work["threads"])
    model = AutoModelForCausalLM.from_pretrained(work["model"], dtype=torch.float32).eval()
    if given.mode == "compiled":
        model.forward = torch.compile(model.forward, dynamic=True)
    width = max(len(prompt) for prompt in work["prompts"])
    ids = torch.zeros(len(work["prompts"]), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, prompt in enumerate(work["prompts"]):
        ids[i, width - len(prompt) :] = torch.tensor(prompt)
        mask[i, width - len(prompt) :] = 1
    tokens = work["new_tokens"]

    def run():
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                eos_token_id=None,
                pad_token_id=0,
            )
        return {"first_ids": out[0, width : width + 8].tolist()}

    serve(run)


main()
