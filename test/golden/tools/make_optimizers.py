"""SGD and gradient scaling in PyTorch, float64: weights after every step.

Made with torch 2.9.0, numpy 2.4.6. Run: python test/golden/tools/make_optimizers.py (writes test/golden/optimizers.json).
"""

import json
from pathlib import Path

import torch
from torch import nn

from numbers_ import lcg

OUT = Path(__file__).resolve().parent.parent / "optimizers.json"
SIZE, STEPS = 5, 8
RATES = [0.1] * 3 + [0.01] * 3 + [0.03] * 2


def sgd(momentum, nesterov, weight_decay):
    """Gradients are given, and the rate changes twice."""
    parameter = nn.Parameter(torch.tensor(lcg((SIZE,), 7), dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=RATES[0], momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)
    steps = []
    for step, rate in enumerate(RATES):
        for group in optimizer.param_groups:
            group["lr"] = rate
        gradient = lcg((SIZE,), 100 + step)
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        state = optimizer.state[parameter].get("momentum_buffer")
        steps.append({"learningRate": rate, "gradient": gradient.tolist(), "parameter": parameter.detach().tolist(), "velocity": None if state is None else state.tolist()})
    return {"momentum": momentum, "nesterov": nesterov, "weightDecay": weight_decay, "start": lcg((SIZE,), 7).tolist(), "steps": steps}


def scaled(kind, start, interval):
    """
    A float32 parameter under loss = sum(gradient * parameter), so the gradient of the scaled loss overflows while scale * gradient exceeds float32.
    In step 9 one gradient is infinite by itself.
    """
    parameter = nn.Parameter(torch.tensor(lcg((SIZE,), 7), dtype=torch.float32))
    options = {"lr": 0.01, "weight_decay": 0.01}
    optimizer = torch.optim.Adam([parameter], **options) if kind == "adam" else torch.optim.SGD([parameter], momentum=0.9, **options)
    scaler = torch.amp.GradScaler("cpu", init_scale=start, growth_interval=interval)
    steps = []
    for step in range(16):
        optimizer.zero_grad()
        gradient = torch.tensor(8 * lcg((SIZE,), 200 + step), dtype=torch.float32)
        if step == 9:
            gradient[2] = torch.inf
        scaler.scale((gradient * parameter).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        state = scaler.state_dict()
        steps.append(
            {
                "gradient": [v if v != float("inf") else "Infinity" for v in gradient.tolist()],
                "parameter": parameter.detach().tolist(),
                "scale": state["scale"],
                "goodInRow": state["_growth_tracker"],
            }
        )
    return {"optimizer": kind, "start": start, "interval": interval, "learningRate": 0.01, "weightDecay": 0.01, "parameter": lcg((SIZE,), 7).tolist(), "steps": steps}


ways = [(0.9, False, 0.05), (0.9, True, 0.05), (0.9, False, 0.0), (0.0, False, 0.05)]
fixture = {
    "torch": torch.__version__,
    "sgd": [sgd(*way) for way in ways],
    "scaled": [scaled("adam", 2.0**126, 3), scaled("sgd", 2.0**126, 3), scaled("adam", 65536.0, 2)],
}
OUT.write_text(json.dumps(fixture) + "\n")
