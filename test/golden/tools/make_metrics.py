"""Ranking metrics by their definitions, written for clarity and not for speed, independent of the TypeScript code.

Made with numpy 2.4.6, seed 20261121. Run: python test/golden/tools/make_metrics.py (writes test/golden/metrics.json).
Ties go to the earlier gallery entry (stable sort); distances are rounded so that there are some.
"""

import json
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parent.parent / "metrics.json"
rng = np.random.default_rng(20261121)


def kept(query, gallery, g, protocol):
    if gallery["pid"][g] == -1:
        return False
    if query["tracklet"] == gallery["tracklet"][g]:
        return False
    if protocol == "visits":
        return True
    return not (gallery["pid"][g] == query["pid"] and gallery["camid"][g] == query["camid"])


def hits_of(distances, query, gallery, protocol):
    order = sorted(range(len(distances)), key=lambda g: (distances[g], g))
    return [gallery["pid"][g] == query["pid"] for g in order if kept(query, gallery, g, protocol)]


def precision_at(hits, rank):
    return sum(hits[:rank]) / rank if rank > 0 else 1.0


def average_precision(hits, trapezoid):
    total = sum(hits)
    area = 0.0
    for position, hit in enumerate(hits):
        if hit:
            after = precision_at(hits, position + 1)
            before = precision_at(hits, position)
            area += (after + before) / 2 / total if trapezoid else after / total
    return area


def evaluate(distance, queries, gallery, protocol, max_rank):
    aps, inps, curves = [], [], []
    for q in range(len(queries["pid"])):
        query = {key: queries[key][q] for key in queries}
        hits = hits_of(distance[q], query, gallery, protocol)
        if not any(hits):
            continue
        aps.append(average_precision(hits, protocol == "mars-c"))
        inps.append(sum(hits) / (max(i for i, hit in enumerate(hits) if hit) + 1))
        curves.append([1.0 if any(hits[: k + 1]) else 0.0 for k in range(max_rank)])
    divisor = len(queries["pid"]) if protocol == "mars-c" else len(curves)
    return {"mAP": float(np.mean(aps)), "mINP": float(np.mean(inps)), "cmc": (np.sum(curves, axis=0) / divisor).tolist(), "validQueries": len(curves)}


def draw(queries, entries, identities, cameras, junk):
    def make(count, first):
        pid = rng.integers(0, identities, count)
        return {"pid": pid.tolist(), "camid": rng.integers(0, cameras, count).tolist(), "tracklet": list(range(first, first + count))}

    query, gallery = make(queries, 0), make(entries, 1000)
    for g in rng.choice(entries, junk, replace=False):
        gallery["pid"][g] = -1
    # Some gallery entries are the queries themselves.
    for q in range(0, min(queries, entries), 3):
        for key in gallery:
            gallery[key][q] = query[key][q]
    distance = rng.random((queries, entries)) + 0.5 * (np.array(query["pid"])[:, None] != np.array(gallery["pid"])[None, :])
    return np.round(distance, 2).astype(np.float32), query, gallery


cases = []
for size in ((6, 20, 4, 2, 2), (25, 60, 9, 3, 5), (40, 31, 30, 4, 3)):
    distance, query, gallery = draw(*size)
    max_rank = min(20, size[1])
    results = {protocol: evaluate(distance.astype(np.float64), query, gallery, protocol, max_rank) for protocol in ("market", "mars-c", "visits")}
    cases.append({"distance": [round(float(v), 2) for v in distance.reshape(-1)], "query": query, "gallery": gallery, "maxRank": max_rank, "results": results})
OUT.write_text(json.dumps({"numpy": np.__version__, "seed": 20261121, "cases": cases}) + "\n")
