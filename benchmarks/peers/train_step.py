"""The peer of `retort bench train-step`: a transformers + PEFT training loop over the token ids it is given.

plain     pads each batch in the order given, lets the model make logits for every position and the loss.
sorted    cuts length-sorted batches and makes logits for the labelled positions only.
compiled  sorted, with the decoder through torch.compile; the first turn compiles, which takes minutes.
"""
import argparse

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from worker import read_work, serve


def padded(rows):
    width = max(len(row["input"]) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full((len(rows), width), -100, dtype=torch.long)
    for i, row in enumerate(rows):
        n = len(row["input"])
        ids[i, :n] = torch.tensor(row["input"])
        mask[i, :n] = 1
        labels[i, :n] = torch.tensor(row["labels"])
    return ids, mask, labels


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("work")
    arguments.add_argument("--mode", choices=["plain", "sorted", "compiled"], required=True)
    given = arguments.parse_args()
    work = read_work(given.work)
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(work["model"], dtype=torch.float32)
    lora = work["lora"]
    model = get_peft_model(
        model,
        LoraConfig(
            r=lora["r"],
            lora_alpha=lora["lora_alpha"],
            lora_dropout=lora["lora_dropout"],
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    model.config.use_cache = False
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=work["learning_rate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, fused=True
    )
    kinds = list(work["weights"])
    steps = work["steps"]
    if given.mode != "plain":
        # The same examples in length-sorted batches of the same size, each kind by itself.
        size = {kind: len([r for r in steps[0] if r["kind"] == kind]) for kind in kinds}
        by_kind = {
            kind: sorted((r for s in steps for r in s if r["kind"] == kind), key=lambda r: len(r["input"]))
            for kind in kinds
        }
        steps = [
            [r for kind in kinds for r in by_kind[kind][i * size[kind] : (i + 1) * size[kind]]]
            for i in range(len(steps))
        ]

    causal = model.get_base_model()
    decoder = torch.compile(causal.model, dynamic=True) if given.mode == "compiled" else causal.model

    def loss_of(rows):
        ids, mask, labels = padded(rows)
        if given.mode == "plain":
            return model(input_ids=ids, attention_mask=mask, labels=labels).loss
        hidden = decoder(input_ids=ids, attention_mask=mask).last_hidden_state
        wanted = labels[:, 1:] != -100
        logits = causal.lm_head(hidden[:, :-1][wanted])
        return torch.nn.functional.cross_entropy(logits, labels[:, 1:][wanted])

    def run():
        first = None
        for rows in steps:
            total = 0.0
            for kind in kinds:
                loss = work["weights"][kind] * loss_of([r for r in rows if r["kind"] == kind])
                loss.backward()
                total += loss.item()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            first = total if first is None else first
        return {"first_loss": first}

    serve(run)


main()
