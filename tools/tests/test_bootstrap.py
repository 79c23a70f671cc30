"""uv, which does not read pip's configuration, is told what a machine has set there."""

import pytest
from devenv import bootstrap

MIRROR = """\
:env:.default-timeout='180'
:env:.find-links='/wheels'
global.cert='/etc/ca.crt'
global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'
global.index-url='https://mirror.example/simple'
install.find-links='/elsewhere'
install.index-url='https://user:p%40ss@mirror.example/simple'
"""


def test_nothing_configured():
    assert bootstrap.uv_settings("") == ([], {})


def test_a_mirror_and_more():
    options, variables = bootstrap.uv_settings(MIRROR)
    assert options == [
        *("--default-index", "https://user:p%40ss@mirror.example/simple"),
        *("--index", "https://a.example/simple"),
        *("--index", "https://b.example/simple"),
        *("--find-links", "/wheels"),
    ]
    assert variables == {"SSL_CERT_FILE": "/etc/ca.crt", "UV_HTTP_TIMEOUT": "180"}


@pytest.mark.parametrize("section", ["global", "install", ":env:"])
def test_each_place_of_configuration_counts(section):
    options, _ = bootstrap.uv_settings(f"{section}.trusted-host='a.example'\n")
    assert options == ["--allow-insecure-host", "a.example"]
