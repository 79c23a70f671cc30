"""QR codes of payer's links, as pictures that a browser shows without another request."""

from __future__ import annotations

import base64
import io

# Light modules around the code that scanners need (ISO/IEC 18004 asks for four).
QUIET_ZONE = 4


def data_uri(link: str) -> str:
    """Return a link's QR code as an SVG data URI: black on white, with its quiet zone.

    The white background is part of the picture, so that the code stays readable on a dark theme;
    as a vector it is sharp at any size. Error correction is low on purpose: a screen does not get
    dirty, and fewer modules are larger modules.
    """
    # Imported here: it is slow to import, and asking for a status needs no QR code.
    import qrcode
    from qrcode.image.svg import SvgPathFillImage

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET_ZONE)
    code.add_data(link)
    code.make(fit=True)
    buffer = io.BytesIO()
    code.make_image(image_factory=SvgPathFillImage).save(buffer)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
