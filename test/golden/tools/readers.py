"""Writes test/fixtures/readers: small .npy and .pth files, and what is in them. NumPy 2.4.6, PyTorch 2.9.0. No random numbers."""
import collections
import json
import os
import pathlib
import pickle
import zipfile

import numpy as np
import torch

here = pathlib.Path(__file__).parents[2] / "fixtures" / "readers"
here.mkdir(parents=True, exist_ok=True)
grid = np.arange(24, dtype=np.float64).reshape(2, 3, 4) / 7 - 1

arrays = {
    "c-f4": grid.astype("<f4"),
    "fortran-f8": np.asfortranarray(grid),
    "f2": grid.astype("<f2"),
    "i8": (grid * 1000).astype("<i8"),
    "bool": grid > 0.5,
    "one": np.array([3.5], dtype="<f4"),
    "scalar": np.array(2.25, dtype="<f4"),
}
expected = {}
for name, array in arrays.items():
    np.save(here / f"{name}.npy", array)
    expected[name] = {"shape": list(array.shape), "values": [float(v) for v in np.ascontiguousarray(array).ravel()]}
np.save(here / "big-endian.npy", grid.astype(">f4"))
(here / "npy.json").write_text(json.dumps(expected))

base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 3
state = collections.OrderedDict(
    [
        ("conv1.weight", base.clone()),
        ("transposed", base.t()),
        ("slice", base[1:, ::2]),
        ("half", base.half()),
        ("bfloat", base.bfloat16()),
        ("double", base.double()),
        ("bn.num_batches_tracked", torch.tensor(1234567, dtype=torch.int64)),
        ("param", torch.nn.Parameter(base * 2)),
        ("empty", torch.zeros(0, 3)),
    ]
)
torch.save(state, here / "state.pth")
torch.save({"epoch": 7, "state_dict": state, "name": "x", "best": 0.5, "list": [1, -2, 2**40]}, here / "wrapped.pth")
flat = {k: {"shape": list(v.shape), "values": v.detach().double().contiguous().ravel().tolist()} for k, v in state.items()}
(here / "pth.json").write_text(json.dumps(flat))
torch.save(base, here / "legacy.pth", _use_new_zipfile_serialization=False)


class Hostile:
    def __reduce__(self):
        return (os.system, ("echo hostile",))


with zipfile.ZipFile(here / "hostile.pth", "w") as archive:
    archive.writestr("archive/data.pkl", pickle.dumps({"a": Hostile()}, protocol=2))
