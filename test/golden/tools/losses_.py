"""Batch-hard triplet loss in PyTorch, by its definition: hardest positive (the anchor included) and hardest negative per anchor."""

import torch
from torch import nn


def cosine_distance(x):
    x = x / x.norm(dim=1, keepdim=True)
    return -x @ x.t()


def euclidean_distance(x):
    squares = (x**2).sum(1, keepdim=True)
    return (squares + squares.t() - 2 * x @ x.t()).clamp(min=1e-12).sqrt()


def batch_hard(distances, labels, margin):
    same = labels[:, None] == labels[None, :]
    positive = torch.stack([d[s].max() for d, s in zip(distances, same)])
    negative = torch.stack([d[~s].min() for d, s in zip(distances, same)])
    return nn.MarginRankingLoss(margin=margin)(negative, positive, torch.ones_like(negative))
