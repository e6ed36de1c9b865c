"""Writes the archives that trees/zip.ts and trees/tar.ts are tested with, by Python's own zipfile and tarfile (Python 3.11).

Usage: python3 test/golden/tools/make_archives.py
Every data set of test/fixtures/datasets becomes <name>.zip, <name>.pax.tar and <name>.gnu.tar in test/fixtures/archives, and some
archives of odd members stand beside them. Times and owners are fixed, so the bytes are the same each time.
"""

import io
import json
import pathlib
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).parents[2] / "fixtures"
OUT = ROOT / "archives"
OUT.mkdir(exist_ok=True)


class Unseekable(io.RawIOBase):
    """A pipe: sizes then stand behind the data of a member."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def zip_of(files, method=zipfile.ZIP_DEFLATED, zip64=False, piped=False):
    out = Unseekable() if piped else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            with archive.open(info, "w", force_zip64=zip64) as member:
                member.write(data)
    return bytes(out.bytes) if piped else out.getvalue()


def tar_of(members, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            else:
                info.type, info.linkname = data
                archive.addfile(info)
    return out.getvalue()


def encoded(files):
    return {name: text.encode() for name, text in files.items()}


for fixture in sorted((ROOT / "datasets").glob("*.json")):
    files = encoded(json.loads(fixture.read_text())["files"])
    (OUT / f"{fixture.stem}.zip").write_bytes(zip_of(files))
    (OUT / f"{fixture.stem}.pax.tar").write_bytes(tar_of(files, tarfile.PAX_FORMAT))
    (OUT / f"{fixture.stem}.gnu.tar").write_bytes(tar_of(files, tarfile.GNU_FORMAT))

long = {"f" * 90 + "/" + "g" * 150 + ".txt": b"long", "ärger/日本.txt": b"names", "a/b.txt": b"b" * 2000}
(OUT / "names.zip").write_bytes(zip_of(long))
(OUT / "names64.zip").write_bytes(zip_of(long, zip64=True))
(OUT / "stored.zip").write_bytes(zip_of(long, zipfile.ZIP_STORED))
(OUT / "piped.zip").write_bytes(zip_of(long, piped=True))
(OUT / "bzip2.zip").write_bytes(zip_of({"a.txt": b"a" * 100}, zipfile.ZIP_BZIP2))
(OUT / "names.pax.tar").write_bytes(tar_of(long, tarfile.PAX_FORMAT))
(OUT / "names.gnu.tar").write_bytes(tar_of(long, tarfile.GNU_FORMAT))
(OUT / "prefix.ustar.tar").write_bytes(tar_of({"p" * 120 + "/" + "q" * 60: b"prefix"}, tarfile.USTAR_FORMAT))

links = {
    "b.txt": "bé".encode(),
    "inner": (tarfile.DIRTYPE, ""),
    "inner/c.txt": b"abc",
    "inner/up": (tarfile.SYMTYPE, ".."),
    "in.txt": (tarfile.SYMTYPE, "b.txt"),
    "out.txt": (tarfile.SYMTYPE, "../secret.txt"),
    "root.txt": (tarfile.SYMTYPE, "/etc/hostname"),
    "loop": (tarfile.SYMTYPE, "loop"),
    "dead.txt": (tarfile.SYMTYPE, "gone"),
    "other": (tarfile.SYMTYPE, "inner"),
    "again.txt": (tarfile.LNKTYPE, "inner/c.txt"),
    "pipe": (tarfile.FIFOTYPE, ""),
    "toPipe": (tarfile.SYMTYPE, "pipe"),
    "device": (tarfile.CHRTYPE, ""),
    ".hidden": b"",
    "L" * 120: (tarfile.SYMTYPE, "./inner/../b.txt"),
    "./dotted.txt": b"dotted",
}
(OUT / "links.tar").write_bytes(tar_of(links, tarfile.GNU_FORMAT))
