"""Fused operations and those that fill tfjs's gaps, in PyTorch, float64: values and gradients.

Inputs come from the generator of numbers_.py with the seeds 1, 2, 3 …; the gradient is that of the output's product with seed 999.
Tests allow 1e-5 of the largest value. Made with torch 2.9.0, numpy 2.4.6. Run: python test/golden/tools/make_engine_ops.py
(writes test/golden/engine_ops.json).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

from numbers_ import lcg

torch.set_default_dtype(torch.float64)
OUT = Path(__file__).resolve().parent.parent / "engine_ops.json"


def listed(tensor):
    return [float(f"{v:.7g}") for v in tensor.detach().reshape(-1).tolist()]


def case(operation, *shapes, scale=1.0, **rest):
    """Inputs of the given shapes, seeds 1, 2, …, times `scale`; `rest` is told to the test."""
    inputs = [(torch.tensor(lcg(shape, k + 1)) * scale).requires_grad_() for k, shape in enumerate(shapes)]
    output = operation(*inputs)
    weights = torch.tensor(lcg(tuple(output.shape), 999))
    gradients = torch.autograd.grad((output * weights).sum(), inputs)
    return {
        **rest,
        "inputs": [list(shape) for shape in shapes],
        "scale": scale,
        "shape": list(output.shape),
        "output": listed(output),
        "gradients": [listed(g) for g in gradients],
    }


def cross_entropy(smoothing):
    labels = [3, 0, 6, 3, 1]
    target = torch.tensor(labels)
    return case(
        lambda x: F.cross_entropy(x, target, label_smoothing=smoothing, reduction="none"), (5, 7), scale=3.0, labels=labels, smoothing=smoothing
    )


def convolution3d(kernel, stride, padding, channels=(3, 4)):
    inside, outside = channels
    return case(
        lambda x, w: F.conv3d(x, w, stride=stride, padding=padding),
        (2, inside, 4, 6, 5),
        (outside, inside, *kernel),
        kernel=kernel,
        stride=stride,
        padding=padding,
    )


def pool3d(kind, kernel, stride, padding):
    pool = F.max_pool3d if kind == "max" else F.avg_pool3d
    return case(lambda x: pool(x - 2, kernel, stride, padding), (2, 3, 4, 6, 5), kind=kind, kernel=kernel, stride=stride, padding=padding)


def depthwise(kernel, stride):
    padding = kernel // 2
    return case(
        lambda x, w: F.conv2d(x, w, stride=stride, padding=padding, groups=5),
        (2, 5, 8, 7),
        (5, 1, kernel, kernel),
        kernel=kernel,
        stride=stride,
        padding=padding,
    )


def dilated(kernel, dilation, padding, size):
    return case(
        lambda x, w: F.conv2d(x, w, padding=padding, dilation=dilation),
        (2, 3, *size),
        (4, 3, kernel, kernel),
        dilation=dilation,
        padding=padding,
    )


def attention(q, k, bias=None):
    shapes = [(2, 3, q, 4), (2, 3, k, 4), (2, 3, k, 4)]
    if bias is None:
        return case(lambda a, b, c: F.scaled_dot_product_attention(a, b, c), *shapes, scale=2.0)
    return case(lambda a, b, c, m: F.scaled_dot_product_attention(a, b, c, attn_mask=m), *shapes, bias, scale=2.0)


def einsum(equation, *shapes):
    return case(lambda *inputs: torch.einsum(equation, *inputs), *shapes, equation=equation)


def strided(begin, end, strides, shape=(5, 7, 4)):
    slices = tuple(slice(b, e, s) for b, e, s in zip(begin, end, strides))
    return case(lambda x: x[slices], shape, begin=begin, end=end, strides=strides)


def segment_sum():
    ids = [0, 2, 0, 3, 2, 0]
    index = torch.tensor(ids)
    return case(lambda x: torch.zeros(5, 3).index_add(0, index, x), (6, 3), ids=ids, count=5)


def top_k(k):
    return case(lambda x: torch.topk(x, k, dim=-1).values, (4, 9), k=k)


def argmax_mask():
    def masked(x):
        mask = F.one_hot(x.argmax(1), 9).to(x.dtype)
        return x * x * (1 - mask)

    return case(masked, (4, 9))


def resize(height, width, size=(4, 6)):
    return case(lambda x: F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False), (2, 3, *size), height=height, width=width)


result = {
    "crossEntropy": [cross_entropy(0.0), cross_entropy(0.1)],
    "linear": case(lambda x, w, b: F.linear(x, w.T, b), (2, 3, 4, 5), (5, 6), (6,)),
    "convolution3d": [
        convolution3d([3, 3, 3], [1, 1, 1], [1, 1, 1]),
        convolution3d([3, 3, 3], [2, 2, 2], [1, 1, 1]),
        convolution3d([3, 3, 3], [1, 2, 2], [0, 1, 1]),
        convolution3d([3, 1, 1], [1, 1, 1], [1, 0, 0]),
        convolution3d([3, 1, 1], [2, 1, 1], [1, 0, 0]),
        convolution3d([1, 3, 3], [1, 1, 1], [0, 1, 1]),
        convolution3d([1, 3, 3], [1, 2, 2], [0, 1, 1]),
        convolution3d([1, 1, 1], [1, 2, 2], [0, 0, 0]),
        convolution3d([1, 1, 1], [2, 1, 1], [0, 0, 0]),
        convolution3d([5, 7, 7], [1, 2, 2], [2, 3, 3], channels=(1, 2)),
    ],
    "pool3d": [
        pool3d("max", [1, 3, 3], [1, 2, 2], [0, 1, 1]),
        pool3d("max", [3, 3, 3], [2, 2, 2], [1, 1, 1]),
        pool3d("max", [2, 2, 2], [2, 2, 2], [0, 0, 0]),
        pool3d("max", [3, 3, 3], [1, 1, 1], [1, 1, 1]),
        pool3d("avg", [2, 2, 2], [2, 2, 2], [0, 0, 0]),
        pool3d("avg", [3, 3, 3], [2, 2, 2], [1, 1, 1]),
        pool3d("avg", [1, 2, 2], [1, 2, 2], [0, 1, 1]),
    ],
    "depthwise": [depthwise(3, 1), depthwise(3, 2), depthwise(5, 2)],
    "dilated": [dilated(3, 2, 2, (8, 7)), dilated(3, 3, 1, (9, 10)), dilated(1, 2, 0, (5, 5))],
    "relu6": case(F.relu6, (4, 9), scale=12.0),
    "gelu": case(F.gelu, (6, 9), scale=4.0),
    "layerNorm": [case(lambda x, g, b: F.layer_norm(x, (8,), g, b, eps=e), (2, 5, 8), (8,), (8,), scale=2.0, epsilon=e) for e in (1e-5, 1e-6)],
    "attention": [attention(6, 6), attention(5, 7), attention(5, 7, (3, 5, 7)), attention(5, 7, (2, 1, 5, 7))],
    "einsum": [
        einsum("nic,njc->nij", (3, 4, 5), (3, 6, 5)),
        einsum("bhnd,bhmd->bhnm", (2, 3, 4, 5), (2, 3, 6, 5)),
        einsum("ij,jk->ik", (3, 4), (4, 5)),
        einsum("nctw,cv->ntvw", (2, 3, 4, 5), (3, 6)),
        einsum("nchw,nkhw->nkc", (2, 3, 4, 5), (2, 6, 4, 5)),
        einsum("bi,bi->b", (3, 4), (3, 4)),
        einsum("i,j->ji", (3,), (4,)),
        einsum("abc->ca", (2, 3, 4)),
        einsum("bik,bj->bj", (2, 3, 4), (2, 5)),
    ],
    "stridedSlice": [strided([1, 0, 0], [5, 7, 4], [2, 3, 1]), strided([0, 2, 1], [4, 7, 4], [1, 2, 3])],
    "segmentSum": segment_sum(),
    "topK": top_k(3),
    "argMaxMask": argmax_mask(),
    "where": case(lambda a, b: torch.where(a > 0, a * a, b), (4, 9), (9,)),
    "resize": [resize(8, 12), resize(7, 5), resize(2, 3), resize(4, 6)],
}
OUT.write_text(json.dumps(result, separators=(",", ":")) + "\n")
