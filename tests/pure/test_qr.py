import base64
import io

import pytest
import zxingcpp
from lxml import etree
from mixpay import links, qr
from PIL import Image, ImageDraw
from test_links import TERMS

SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg, pixels):
    """Draw the only two things that the picture holds: a background and a path of squares."""
    root = etree.fromstring(svg)
    side = float(root.get("viewBox").split()[2])
    scale = pixels / side
    image = Image.new("RGB", (pixels + 60, pixels + 60), "black")  # a dark theme around it
    draw = ImageDraw.Draw(image)
    draw.rectangle((30, 30, 30 + pixels, 30 + pixels), fill="white")
    path = root.find(f"{SVG}path").get("d")
    for bar in path.split("M")[1:]:
        x, y = (float(n) for n in bar.split("H")[0].split(","))
        width = float(bar.split("H")[1].split("V")[0]) - x
        corner = [30 + x * scale, 30 + y * scale]
        draw.rectangle((*corner, corner[0] + width * scale - 1, corner[1] + scale - 1), 0)
    return image


@pytest.mark.parametrize(
    "link",
    [
        links.code_link("https://mixpay.me", TERMS.trace_id),
        links.pay_link("https://mixpay.me", TERMS),
    ],
    ids=["code", "paylink"],
)
def test_the_picture_reads_as_the_link_with_its_own_white_around(link):
    uri = qr.data_uri(link)
    head, _comma, data = uri.partition(",")
    assert head == "data:image/svg+xml;base64"
    svg = base64.b64decode(data)
    root = etree.parse(io.BytesIO(svg)).getroot()
    background = root.find(f"{SVG}rect")
    assert background.get("fill") == "white"
    read = zxingcpp.read_barcodes(drawn(svg, 400))
    assert [code.text for code in read] == [link]
