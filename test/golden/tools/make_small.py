"""Operations, losses and the optimiser in PyTorch, float64: values and gradients.

Made with torch 2.9.0, numpy 2.4.6. Run: python test/golden/tools/make_small.py (writes test/golden/small.json).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from losses_ import batch_hard, cosine_distance, euclidean_distance
from numbers_ import lcg

torch.set_default_dtype(torch.float64)
OUT = Path(__file__).resolve().parent.parent / "small.json"


def leaf(shape, seed):
    return torch.tensor(lcg(shape, seed), requires_grad=True)


def listed(tensor):
    return [round(v, 12) for v in tensor.detach().reshape(-1).tolist()]


def with_gradient(output, inputs, seed=999):
    weights = torch.tensor(lcg(tuple(output.shape), seed))
    loss = (output * weights).sum()
    gradients = torch.autograd.grad(loss, inputs)
    return {"shape": list(output.shape), "output": listed(output), "gradients": [listed(g) for g in gradients]}


def convolution(kernel, stride, height, width):
    x, w = leaf((2, 3, height, width), 1), leaf((4, 3, kernel, kernel), 2)
    y = F.conv2d(x, w, stride=stride, padding=(kernel - 1) // 2)
    return {"kernel": kernel, "stride": stride, "input": [2, 3, height, width], **with_gradient(y, [x, w])}


def max_pool():
    x = leaf((2, 3, 8, 6), 1)
    return with_gradient(F.max_pool2d(x - 2, 3, 2, 1), [x])


def batch_norm():
    x = leaf((4, 3, 5, 2), 1)
    norm = nn.BatchNorm2d(3)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
        norm.bias.copy_(torch.tensor([0.1, -0.2, 0.3]))
    result = with_gradient(norm(x), [x, norm.weight, norm.bias])
    result["runningMean"], result["runningVar"] = listed(norm.running_mean), listed(norm.running_var)
    norm.eval()
    result["evaluated"] = listed(norm(x))
    return result


def triplet(kind, margin):
    x = leaf((8, 16), 5)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    distances = cosine_distance(x) if kind == "cosine" else euclidean_distance(x)
    loss = batch_hard(distances, labels, margin)
    (gradient,) = torch.autograd.grad(loss, [x])
    return {"kind": kind, "margin": margin, "labels": labels.tolist(), "loss": loss.item(), "gradient": listed(gradient)}


def cross_entropy(smoothing):
    x = leaf((6, 7), 3)
    labels = torch.tensor([0, 6, 3, 3, 1, 5])
    loss = nn.CrossEntropyLoss(label_smoothing=smoothing)(x * 3, labels)
    (gradient,) = torch.autograd.grad(loss, [x])
    return {"smoothing": smoothing, "labels": labels.tolist(), "loss": loss.item(), "gradient": listed(gradient)}


def adam():
    parameter = nn.Parameter(torch.tensor(lcg((5,), 7)))
    optimiser = torch.optim.Adam([parameter], lr=3e-4, weight_decay=5e-4)
    steps = []
    for step in range(6):
        for group in optimiser.param_groups:
            group["lr"] = 3e-4 if step < 3 else 3e-5
        gradient = lcg((5,), 100 + step)
        parameter.grad = torch.tensor(gradient)
        optimiser.step()
        steps.append({"learningRate": optimiser.param_groups[0]["lr"], "gradient": gradient.tolist(), "parameter": parameter.detach().tolist()})
    return {"start": lcg((5,), 7).tolist(), "weightDecay": 5e-4, "steps": steps}


def adaptive(kind, height, width):
    x = leaf((2, 3, 8, 6), 1)
    pool = F.adaptive_avg_pool2d if kind == "avg" else F.adaptive_max_pool2d
    return {"kind": kind, "size": [height, width], **with_gradient(pool(x, (height, width)), [x])}


def l2_normalize():
    x = torch.cat([leaf((3, 4), 1), torch.zeros(1, 4)])
    return {"output": listed(F.normalize(x))}


fixture = {
    "torch": torch.__version__,
    "convolutions": [convolution(1, 1, 5, 4), convolution(3, 1, 6, 5), convolution(3, 2, 8, 6), convolution(7, 2, 10, 8), convolution(1, 2, 6, 4), convolution(3, 2, 7, 5)],
    "maxPool": max_pool(),
    "batchNorm": batch_norm(),
    "crossEntropy": [cross_entropy(0.0), cross_entropy(0.1)],
    "triplet": [triplet("cosine", 0.3), triplet("euclidean", 0.3), triplet("cosine", 0.05)],
    "adam": adam(),
    "adaptive": [adaptive(kind, *size) for kind in ("avg", "max") for size in ((4, 2), (3, 4), (1, 1))],
    "l2Normalize": l2_normalize(),
}
OUT.write_text(json.dumps(fixture) + "\n")
