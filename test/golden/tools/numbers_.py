"""Deterministic numbers shared by the fixture programs; test/models/golden.ts makes the same ones."""

import numpy as np


def sine_fill(state_dict):
    """The k-th kept tensor (k from 0, flat index i) gets s = sin(.37 i + 1.3 k), scaled by what it is. num_batches_tracked is skipped."""
    import torch

    k = 0
    for name, tensor in state_dict.items():
        if name.endswith("num_batches_tracked"):
            continue
        i = np.arange(tensor.numel(), dtype=np.float64)
        s = np.sin(0.37 * i + 1.3 * k)
        if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith(".weight")):
            values = 1 + 0.1 * s
        elif tensor.dim() == 1:
            values = 0.05 * s
        else:
            values = s / np.sqrt(tensor.numel() / tensor.shape[0])
        tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))
        k += 1
    return k


def random_fill(state_dict):
    """As sine_fill, with values v of the generator seeded with k + 1, and weights v sqrt(6 / fan-in): a network as it is initialised."""
    import torch

    k = 0
    for name, tensor in state_dict.items():
        if name.endswith("num_batches_tracked"):
            continue
        v = lcg((tensor.numel(),), k + 1)
        if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith(".weight")):
            values = 1 + 0.1 * v
        elif tensor.dim() == 1:
            values = 0.05 * v
        else:
            values = v * np.sqrt(6 * tensor.shape[0] / tensor.numel())
        tensor.copy_(torch.from_numpy(values.reshape(tuple(tensor.shape))))
        k += 1


def sine_input(shape, scale=1.0, phase=0.0):
    n = int(np.prod(shape))
    return (scale * np.sin(0.017 * np.arange(n, dtype=np.float64) + phase)).reshape(shape)


def lcg(shape, seed):
    n = int(np.prod(shape))
    values = np.empty(n, dtype=np.float64)
    s = seed
    for i in range(n):
        s = (1664525 * s + 1013904223) % 2**32
        values[i] = s / 2**31 - 1
    return values.reshape(shape)


def summary(values):
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    return {"mean": flat.mean(), "l2": float(np.sqrt((flat**2).sum())), "first": flat[0], "middle": flat[flat.size // 2], "last": flat[-1]}
