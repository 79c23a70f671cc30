"""QR codes of payer's links, as pictures that a browser shows without another request."""

from __future__ import annotations

import base64
from itertools import groupby

# Light modules around the code that scanners need (ISO/IEC 18004 asks for four).
QUIET_ZONE = 4
# Any of the eight masks may be used. To score all of them, as ISO/IEC 18004 suggests, takes longer
# than all else together; links are random enough for this one, a slanting pattern.
MASK = 3


def data_uri(link: str) -> str:
    """Return a link's QR code as an SVG data URI: black on white, with its quiet zone.

    The white background is part of the picture, so that the code stays readable on a dark theme;
    as a vector it is sharp at any size. Error correction is low on purpose: a screen does not get
    dirty, and fewer modules are larger modules. A customer waits: it takes about 2 ms.
    """
    # Imported here: it is slow to import, and asking for a status needs no QR code.
    import qrcode

    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET_ZONE, mask_pattern=MASK
    )
    code.add_data(link)
    code.make(fit=True)
    return "data:image/svg+xml;base64," + base64.b64encode(_svg(code.get_matrix())).decode("ascii")


def _svg(rows: list[list[bool]]) -> bytes:
    """Return a picture of rows of modules, one unit each, with a bar for each run of dark ones."""
    bars = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            end = x + len(list(run))
            if is_dark:
                bars.append(f"M{x},{y}H{end}V{y + 1}H{x}Z")
            x = end
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"'
        ' shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="white"/><path d="{"".join(bars)}"/></svg>'
    ).encode("ascii")
