"""Pictures of many kinds, and what Pillow makes of them: the program's decoder has to give the same bytes.

Made with Pillow 13.0.0 (libjpeg-turbo 3.2.0, libwebp 1.6.0, libtiff 4.7.2) and NumPy 2.4.6.
Run: python test/golden/tools/make_pictures.py (writes test/golden/pictures/* and test/golden/pictures.json).
Right is `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`, kept as [width, height, sha256 of the rows]; the pictures of test/cases are told too.
"""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageCms, ImageOps

GOLDEN = Path(__file__).resolve().parent.parent
OUT = GOLDEN / "pictures"
CASES = GOLDEN.parent / "cases"
OUT.mkdir(exist_ok=True)

H, W = 30, 21
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 12 % 256, y * 8 % 256, (x * y) % 256], -1).astype("uint8")
alpha = np.where((x + y) % 3 == 0, 0, np.where(x > 10, 128, 255)).astype("uint8")
image = Image.fromarray(rgb)
rgba = Image.fromarray(np.dstack([rgb, alpha]))
grey = image.convert("L")
bit = image.convert("1")
palette = image.quantize(16)
inks = Image.fromarray(np.concatenate([rgb, 255 - rgb[..., :1]], -1), "CMYK")


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def save(name, picture, **options):
    picture.save(OUT / name, **options)


for o in range(1, 9):
    save(f"orientation{o}.jpg", image, quality=90, exif=exif(o))
save("orientation6.png", image, exif=exif(6))
save("orientation5.webp", image, lossless=True, exif=exif(5))
save("orientation8-lossy.webp", image, quality=80, exif=exif(8))
save("orientation7.tif", image, tiffinfo={0x0112: 7})
save("orientation3-lzw.tif", image, compression="tiff_lzw", tiffinfo={0x0112: 3})
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
save("orientation6-xmp.jpg", image, quality=90, xmp=XMP)
for sampling in (0, 1, 2):
    save(f"sampling{sampling}.jpg", image, quality=75, subsampling=sampling)
save("progressive.jpg", image, quality=85, progressive=True)
save("quality100.jpg", image, quality=100)
save("grey.jpg", grey, quality=90)
save("cmyk.jpg", image.convert("CMYK"), quality=90)
save("cmyk-black.jpg", inks, quality=95)
save("cmyk.tif", inks)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
save("profile.jpg", image, quality=90, icc_profile=profile)
save("profile.png", image, icc_profile=profile)
save("hole.png", rgba)
save("hole.webp", rgba, lossless=True, exact=True)
save("hole.tif", rgba)
save("hole-grey.png", Image.fromarray(np.dstack([rgb[..., 0], alpha]), "LA"))
save("hole-palette.png", palette, transparency=3)
save("hole-colour.png", image, transparency=(12, 8, 1))
save("palette.png", palette)
save("palette.tif", palette)
save("palette.bmp", palette)
save("grey.png", grey)
save("grey.tif", grey)
save("grey.bmp", grey)
save("bit.png", bit)
save("bit.tif", bit)
save("bit-group4.tif", bit, compression="group4")
save("bit.bmp", bit)
save("colour.bmp", image)
save("hole.bmp", rgba)
save("jpeg.tif", image, compression="jpeg")
save("deflate.tif", image, compression="tiff_adobe_deflate")
save("animated.webp", image, save_all=True, append_images=[ImageOps.invert(image)], lossless=True)


def png(name, width, depth, colour, rows, extra=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, H, depth, colour, 0, 0, 0))
    more = chunk(*extra) if extra else b""
    data = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    (OUT / name).write_bytes(b"\x89PNG\r\n\x1a\n" + head + more + data + chunk(b"IEND", b""))


deep = (rgb.astype("uint32") * 257 - rgb % 7).clip(0).astype(">u2")
png("deep.png", W, 16, 2, [row.tobytes() for row in deep])
png("deep-hole.png", W, 16, 6, [row.tobytes() for row in np.dstack([deep, (alpha.astype("uint32") * 257).astype(">u2")]).astype(">u2")])
rng = np.random.default_rng(1)
png("grey4.png", 20, 4, 0, [rng.integers(0, 256, 10, dtype="uint8").tobytes() for _ in range(H)])
png("grey2.png", 20, 2, 0, [rng.integers(0, 256, 5, dtype="uint8").tobytes() for _ in range(H)])
png("gamma.png", W, 8, 2, [row.tobytes() for row in rgb], (b"gAMA", struct.pack(">I", 100000)))


def bmp(name, bits, compression, body, masks=b"", height=H, colours=b""):
    info = struct.pack("<IiiHHIIiiII", 40, W, height, 1, bits, compression, len(body), 2835, 2835, len(colours) // 4, 0) + masks + colours
    (OUT / name).write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(info) + len(body), 0, 0, 14 + len(info)) + info + body)


def rows16(values):
    return b"".join(row.astype("<u2").tobytes() + b"\0" * (-2 * W % 4) for row in values[::-1])


r, g, b = (rgb[..., c].astype("uint32") for c in range(3))
bmp("555.bmp", 16, 0, rows16(r >> 3 << 10 | g >> 3 << 5 | b >> 3))
bmp("565.bmp", 16, 3, rows16(r >> 3 << 11 | g >> 2 << 5 | b >> 3), masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F))
bmp("32.bmp", 32, 0, (r << 16 | g << 8 | b)[::-1].astype("<u4").tobytes())
bmp("from-above.bmp", 24, 0, b"".join(row[:, ::-1].tobytes() + b"\0" * (-3 * W % 4) for row in rgb), height=-H)
runs = b"".join(bytes([11, row % 4, 0, 3, 1, 2, 3, 0, 7, 5, 0, 0]) for row in range(H)) + b"\0\1"
bmp("runs.bmp", 8, 1, runs, colours=b"".join(bytes([i * 40, 255 - i * 30, i * 9, 0]) for i in range(6)))

# Grey of 16 bits: Pillow cuts at 255, which leaves a white picture; the program keeps the upper eight bits, as OpenCV does.
deep_grey = (np.arange(H * W, dtype="uint32").reshape(H, W) * 104).astype("uint16")
kept = np.repeat((deep_grey >> 8).astype("uint8")[..., None], 3, -1)
for name in ("deep-grey.png", "deep-grey.tif"):
    save(name, Image.fromarray(deep_grey))


def told(pixels):
    return [pixels.shape[1], pixels.shape[0], hashlib.sha256(pixels.tobytes()).hexdigest()]


def right(path):
    return told(kept if path.name.startswith("deep-grey") else np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")))


pictures = {path.name: right(path) for path in sorted(OUT.iterdir())}
cases = {path.relative_to(CASES).as_posix(): right(path) for path in sorted(CASES.rglob("*")) if path.suffix in (".jpg", ".png") and path.parts[len(CASES.parts)][:2] in ("i-", "e-")}
(GOLDEN / "pictures.json").write_text(json.dumps({"pillow": PIL.__version__, "pictures": pictures, "cases": cases}, indent=0) + "\n")
