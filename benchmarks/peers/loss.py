"""The peers of `retort bench loss`: TRL's two ways to a divergence and its gradients, on tensors that both sides make alike.

autograd  both models' logits, GKDTrainer.generalized_jsd_loss and autograd (the experimental GKD trainer's way).
chunked   ChunkedDivergenceFunction from hidden states and heads (the DistillationTrainer's way).
"""
import argparse
import os

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import numpy as np
import torch
from safetensors.numpy import save_file
from trl.experimental.gkd import GKDTrainer
from trl.kernels.chunked_divergence import ChunkedDivergenceFunction

from worker import read_work, serve


def tensor(rows, columns, seed, bound):
    """As LossTensors: a hash of the place is the value."""
    with np.errstate(over="ignore"):
        z = (np.arange(rows * columns, dtype=np.uint64) + np.uint64(seed << 40)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        z = (z ^ (z >> np.uint64(32))) >> np.uint64(40)
    values = z.astype(np.float32) * np.float32(2.0**-23) - np.float32(1)
    return torch.from_numpy(np.float32(bound) * values).reshape(rows, columns)


def resident(field):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(field))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("work")
    arguments.add_argument("--mode", choices=["autograd", "chunked"], required=True)
    arguments.add_argument("--results", required=True)
    given = arguments.parse_args()
    work = read_work(given.work)
    torch.set_num_threads(work["threads"])
    n, v, d = work["tokens"], work["vocabulary"], work["width"]
    bound, apart = np.float32(work["head_bound"]), np.float32(work["teacher_apart"])
    hidden, head = tensor(n, d, 1, 1), tensor(v, d, 2, bound)
    teacher_hidden = hidden + tensor(n, d, 3, apart)
    teacher_head = head + tensor(v, d, 4, apart * bound)
    hidden.requires_grad_()
    head.requires_grad_()
    beta, temperature = work["beta"], work["temperature"]
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak is what is resident now
        before = resident("VmHWM")
    except OSError:
        before = None

    def per_token():
        if given.mode == "chunked":
            return ChunkedDivergenceFunction.apply(
                hidden, head, None, teacher_hidden, teacher_head, None, beta, temperature)[0]
        with torch.no_grad():
            teacher = torch.nn.functional.linear(teacher_hidden, teacher_head)
        student = torch.nn.functional.linear(hidden, head)
        return GKDTrainer.generalized_jsd_loss(
            student[None], teacher[None], beta=beta, temperature=temperature, reduction="none")[0].sum(-1)

    def run():
        hidden.grad = head.grad = None
        values = per_token()
        values.mean().backward()
        if os.path.exists(given.results):
            return {}
        growth = 0 if before is None else (resident("VmHWM") - before) >> 20
        save_file(
            {
                "values": values.detach().numpy(),
                "hidden_gradient": hidden.grad.numpy(),
                "head_gradient": head.grad[:: work["head_row_step"]].contiguous().numpy(),
            },
            given.results,
        )
        return {"growth_mb": growth}

    serve(run)


main()
