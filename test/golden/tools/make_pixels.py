"""Pillow's resampling of 8-bit RGB pictures, to be equalled byte for byte.

Made with Pillow 13.0.0. Run: python test/golden/tools/make_pixels.py (writes test/golden/pixels.json).
Pictures: byte i = (s >> 24) of the generator s ← (1664525 s + 1013904223) mod 2^32, seeded with the case's number from 1.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "pixels.json"
SIZES = [((40, 20), (256, 128)), ((300, 150), (256, 128)), ((128, 64), (128, 64)), ((17, 9), (128, 64)), ((512, 301), (128, 64)), ((1, 1), (8, 4)), ((256, 40), (256, 128)), ((97, 64), (31, 64)), ((1080, 33), (64, 32)), ((200, 100), (100, 50)), ((202, 100), (100, 50)), ((60, 20), (40, 32))]


def picture(height, width, seed):
    n = height * width * 3
    values = np.empty(n, dtype=np.uint8)
    s = seed
    for i in range(n):
        s = (1664525 * s + 1013904223) % 2**32
        values[i] = s >> 24
    return values.reshape(height, width, 3)


cases = []
for number, (source, target) in enumerate(SIZES, start=1):
    pixels = picture(*source, number)
    for name, resampling in (("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR)):
        resized = np.asarray(Image.fromarray(pixels).resize((target[1], target[0]), resampling))
        cases.append({"seed": number, "source": source, "target": target, "resampling": name, "sha256": hashlib.sha256(resized.tobytes()).hexdigest(), "start": resized.reshape(-1)[:48].tolist()})
OUT.write_text(json.dumps({"pillow": PIL.__version__, "cases": cases}) + "\n")
