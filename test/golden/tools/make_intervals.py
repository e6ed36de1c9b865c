"""Bootstrap intervals by identity and McNemar's exact test, by NumPy and SciPy, independent of the TypeScript code.

Made with numpy 2.4.6 and scipy 1.17.1, seed 20261130. Run: python test/golden/tools/make_intervals.py (writes test/golden/intervals.json).
A mean is the sum of values over the sum of weights of the identities drawn. Cases of five or six people are enumerated in full: every one of
the n^n ways to draw them, so nothing random is left in the expected interval. Larger ones are drawn 400,000 times. `sd` is the spread of the
means, the unit of the tolerances in the test: 10,000 draws put an end of the interval within 0.1 sd (four standard errors), 400,000 within 0.02.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

OUT = Path(__file__).resolve().parent.parent / "intervals.json"
rng = np.random.default_rng(20261130)


def by_identity(values, weights, identities):
    names = sorted(set(identities))
    pick = np.array([[1.0 if i == name else 0.0 for i in identities] for name in names])
    return pick @ values, pick @ weights


def enumerated(top, bottom):
    people = len(top)
    draws = np.array(list(itertools.product(range(people), repeat=people)))
    return top[draws].sum(axis=1) / bottom[draws].sum(axis=1)


def drawn(top, bottom, times=400_000):
    means = np.empty(times)
    for start in range(0, times, 10_000):
        draws = rng.integers(0, len(top), size=(10_000, len(top)))
        means[start : start + 10_000] = top[draws].sum(axis=1) / bottom[draws].sum(axis=1)
    return means


def case(name, values, weights, identities):
    top, bottom = by_identity(values * weights, weights, identities)
    means = enumerated(top, bottom) if len(top) <= 6 else drawn(top, bottom)
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "name": name,
        "values": (values * weights).tolist(),
        "weights": weights.tolist(),
        "identities": identities,
        "mean": float(top.sum() / bottom.sum()),
        "low": float(low),
        "high": float(high),
        "sd": float(means.std()),
    }


def people(sizes):
    return [100 + i for i, size in enumerate(sizes) for _ in range(size)]


def average_precisions(sizes, spread):
    """Queries of a person share most of their difficulty."""
    level = rng.uniform(0.2, 0.9, size=len(sizes))
    return np.clip(np.concatenate([level[i] + spread * rng.normal(size=size) for i, size in enumerate(sizes)]), 0, 1)


cases = []
for name, sizes, spread in [
    ("five people, one query each", [1] * 5, 0.05),
    ("six people of unequal number", [1, 4, 2, 3, 1, 5], 0.1),
    ("forty people, five queries each", [5] * 40, 0.05),
    ("sixty people, one to nine queries", list(rng.integers(1, 10, size=60)), 0.2),
]:
    values = average_precisions(sizes, spread)
    cases.append(case(name, values, np.ones(len(values)), people(sizes)))
sizes = list(rng.integers(1, 6, size=30))
values = average_precisions(sizes, 0.2)
weights = (rng.uniform(size=len(values)) < 0.8).astype(float)
cases.append(case("thirty people, some queries without a match", values, weights, people(sizes)))
pairs = [(0, 0), (5, 5), (1, 9), (0, 6), (12, 30), (700, 800), (3, 2000), (1, 0), (250, 251)]
tests = [{"onlyA": a, "onlyB": b, "p": 1.0 if a + b == 0 else float(binomtest(a, a + b, 0.5).pvalue)} for a, b in pairs]
OUT.write_text(json.dumps({"cases": cases, "mcnemar": tests}, indent=1) + "\n")
