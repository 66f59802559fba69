"""Golden numbers for the matching of hidden states: transformers' output_hidden_states, and the error of a student's through
projections with its gradients, by autograd. Models are those of ../resources/models.

Usage: python hidden_golden.py > ../resources/train/hidden.json   (versions: requirements.txt)
"""
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

MODELS = Path(__file__).parent.parent / "resources" / "models"
STUDENT, TEACHER = "llama-mha", "smollm-bfloat16"
PAIRS = [(1, 2), (2, 1), (2, 2)]
IDS = [[5, 17, 40, 9, 61, 33, 8], [70, 3, 22, 90]]
LABELS = [[-100, -100, -100, 9, 61, -100, 8], [-100, 3, 22, 90]]

torch.manual_seed(11)
torch.set_num_threads(1)


def load(name):
    return AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32).eval()


def states(model):
    """Of every layer, the rows from which labels are predicted [N, D]."""
    rows = [model(torch.tensor([ids]), output_hidden_states=True).hidden_states[1:] for ids in IDS]
    places = [[t - 1 for t in range(1, len(labels)) if labels[t] != -100] for labels in LABELS]
    return [torch.cat([row[layer][0, place] for row, place in zip(rows, places)]) for layer in range(len(rows[0]))]


def numbers(tensor):
    return [float(f"{number:.7g}") for number in tensor.detach().flatten().tolist()]


student = load(STUDENT)
ours, theirs = states(student), [state.detach() for state in states(load(TEACHER))]
widths = theirs[0].shape[1], ours[0].shape[1]
projections = [(torch.randn(widths) / widths[1] ** 0.5).requires_grad_() for _ in PAIRS]
errors = [
    (ours[i - 1] @ projection.T - theirs[j - 1]).square().mean(1) for (i, j), projection in zip(PAIRS, projections)
]
loss = torch.stack(errors).mean(0)
loss.mean().backward()
print(json.dumps({
    "student": STUDENT,
    "teacher": TEACHER,
    "ids": IDS,
    "labels": LABELS,
    "states": {name: [numbers(state) for state in states(load(name))] for name in [STUDENT, "qwen3", "gpt2"]},
    "pairs": [{
        "student": i,
        "teacher": j,
        "projection": numbers(projection),
        "gradient": numbers(projection.grad),
    } for (i, j), projection in zip(PAIRS, projections)],
    "sum": loss.sum().item(),
    "gradients": {name: numbers(array.grad) for name, array in student.named_parameters() if array.dim() == 1
                  or name == "model.layers.0.self_attn.k_proj.weight"},
}))
