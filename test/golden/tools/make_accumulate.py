"""Gradients of a batch added up in parts, then Adam: a two-layer classifier in PyTorch, float64, with uneven parts.

Made with torch 2.9.0, numpy 2.4.6. Run: python test/golden/tools/make_accumulate.py (writes test/golden/accumulate.json).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

from numbers_ import lcg

torch.set_default_dtype(torch.float64)
OUT = Path(__file__).resolve().parent.parent / "accumulate.json"
IDENTITIES, CLIPS, BYTES = 5, 2, 6


def pixels(tracklet):
    return [((37 * tracklet + 11 * i * i) % 256) / 255 for i in range(BYTES)]


def train(parts, steps=4, weight_decay=5e-4, rate=0.01):
    """`parts`: identities of each part of the batch."""
    shapes = [(4, BYTES), (4,), (IDENTITIES, 4), (IDENTITIES,)]
    weights = [torch.tensor(lcg(shape, seed + 1), requires_grad=True) for seed, shape in enumerate(shapes)]
    adam = torch.optim.Adam(weights, lr=rate, weight_decay=weight_decay)
    x = (torch.tensor([pixels(t) for t in range(IDENTITIES * CLIPS)]) - 0.5) / 0.25
    y = torch.arange(IDENTITIES).repeat_interleave(CLIPS)
    losses, norms = [], []
    for _ in range(steps):
        adam.zero_grad()
        total = 0.0
        for part in parts:
            chosen = torch.isin(y, torch.tensor(part))
            logits = F.linear(torch.tanh(F.linear(x[chosen], weights[0], weights[1])), weights[2], weights[3])
            loss = F.cross_entropy(logits, y[chosen]) * chosen.sum() / len(y)
            loss.backward()
            total += loss.item()
        losses.append(total)
        norms.append(torch.sqrt(sum((w.grad**2).sum() for w in weights)).item())
        adam.step()
    return {"losses": losses, "norms": norms, "weights": [w.detach().reshape(-1).tolist() for w in weights]}


result = train([[0, 2, 4], [1, 3]])
whole = train([[0, 1, 2, 3, 4]])
assert all(abs(a - b) < 1e-12 for a, b in zip(result["losses"], whole["losses"]))
OUT.write_text(json.dumps(result) + "\n")
