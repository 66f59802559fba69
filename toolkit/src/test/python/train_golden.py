"""Golden numbers for dev.retort.train: AdamW with clipping as torch does it, and transformers' schedules.

Usage: python train_golden.py > ../resources/train/golden.json   (versions: requirements.txt)
"""
import json

import torch
from transformers import get_scheduler

torch.manual_seed(3)
torch.set_num_threads(1)


def adamw():
    matrix = torch.randn(3, 4, requires_grad=True)
    vector = torch.randn(5, requires_grad=True)
    start = {"matrix": matrix.detach().flatten().tolist(), "vector": vector.detach().tolist()}
    groups = [{"params": [matrix], "weight_decay": 0.1}, {"params": [vector], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-8)
    steps = []
    for i in range(6):
        rate = 0.01 * (6 - i)
        g_matrix = torch.randn(3, 4) * (3 if i % 2 else 0.1)
        g_vector = torch.randn(5)
        matrix.grad, vector.grad = g_matrix.clone(), g_vector.clone()
        norm = torch.nn.utils.clip_grad_norm_([matrix, vector], 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        steps.append({
            "learning_rate": rate,
            "grad_matrix": g_matrix.flatten().tolist(),
            "grad_vector": g_vector.tolist(),
            "norm": norm.item(),
            "matrix": matrix.detach().flatten().tolist(),
            "vector": vector.detach().tolist(),
        })
    return {"start": start, "steps": steps}


def schedules():
    rows = []
    for kind in ["linear", "cosine", "constant", "constant_with_warmup"]:
        for warmup, total in [(0, 10), (3, 10), (10, 10)]:
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
            scheduler = get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=total)
            values = []
            for _ in range(total):
                values.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                scheduler.step()
            rows.append({"kind": kind, "warmup": warmup, "total": total, "values": values})
    return rows


print(json.dumps({"adamw": adamw(), "schedules": schedules()}, indent=0))
