"""Golden numbers for dev.retort.loss: values and gradients of every divergence, per row of logits, by autograd in float64.

forward-kl, reverse-kl and jsd are TRL's generalized_jsd_loss; teacher-cross-entropy is torch's cross_entropy with probabilities;
the others are written from their papers' formulas.

Usage: python loss_golden.py > ../resources/loss/golden.json   (versions: requirements.txt)
"""
import json
import math

import torch
from trl.experimental.gkd import GKDTrainer

ROWS, VOCABULARY = 4, 11
torch.manual_seed(5)


def jsd(student, teacher, beta, temperature):
    return GKDTrainer.generalized_jsd_loss(
        student[None], teacher[None], beta=beta, temperature=temperature, reduction="none").sum(-1)[0]


def logs(student, teacher, temperature):
    return torch.log_softmax(student / temperature, -1), torch.log_softmax(teacher / temperature, -1)


def kl(a, b):
    return (a.exp() * (a - b)).sum(-1)


def mix(a, b, of_a):
    return torch.logsumexp(torch.stack([a + math.log(of_a), b + math.log(1 - of_a)]), 0)


def adaptive(q, p, mu):
    order = p.argsort(-1, descending=True)
    inside = p.exp().gather(-1, order).cumsum(-1) <= mu
    inside[..., 0] = True
    gap = (p.exp() - q.exp()).abs().gather(-1, order).detach()
    head, tail = (gap * inside).sum(-1), (gap * ~inside).sum(-1)
    return (head * kl(p, q) + tail * kl(q, p)) / (head + tail)


LOSSES = {
    "forward-kl": lambda s, t, T: jsd(s, t, 0, T),
    "reverse-kl": lambda s, t, T: jsd(s, t, 1, T),
    "jsd beta=0.1": lambda s, t, T: jsd(s, t, 0.1, T),
    "jsd beta=0.5": lambda s, t, T: jsd(s, t, 0.5, T),
    "jsd beta=0.9": lambda s, t, T: jsd(s, t, 0.9, T),
    "teacher-cross-entropy": lambda s, t, T: torch.nn.functional.cross_entropy(
        s / T, torch.softmax(t / T, -1), reduction="none"),
    "symmetric-kl": lambda s, t, T: (jsd(s, t, 0, T) + jsd(s, t, 1, T)) / 2,
    "skew-kl alpha=0.1": lambda s, t, T: (lambda q, p: kl(p, mix(p, q, 0.1)))(*logs(s, t, T)),
    "skew-reverse-kl alpha=0.1": lambda s, t, T: (lambda q, p: kl(q, mix(q, p, 0.1)))(*logs(s, t, T)),
    "total-variation": lambda s, t, T: (lambda q, p: (p.exp() - q.exp()).abs().sum(-1) / 2)(*logs(s, t, T)),
    "adaptive-kl mu=0.5": lambda s, t, T: (lambda q, p: adaptive(q, p, 0.5))(*logs(s, t, T)),
}

cases = []
for scale, temperature in [(2, 1), (5, 0.7), (8, 2), (80, 0.05)]:
    student = (torch.rand(ROWS, VOCABULARY) * 2 - 1) * scale
    teacher = (torch.rand(ROWS, VOCABULARY) * 2 - 1) * scale
    losses = {}
    for name, loss in LOSSES.items():
        z = student.double().requires_grad_()
        values = loss(z, teacher.double(), temperature)
        values.sum().backward()
        losses[name] = {"values": values.tolist(), "gradient": z.grad.flatten().tolist()}
    cases.append({
        "temperature": temperature,
        "student": student.flatten().tolist(),
        "teacher": teacher.flatten().tolist(),
        "losses": losses,
    })
print(json.dumps({"rows": ROWS, "vocabulary": VOCABULARY, "cases": cases}))
