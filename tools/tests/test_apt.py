"""Finding the machine's own Debian mirror, in both formats of apt's sources."""

import pytest
from devenv import apt

DEB822 = """\
# A comment
Types: deb deb-src
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://mirror.example/other
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: https://mirror.example/security
Suites: bookworm-security
Components: main
"""

ONE_LINE = """\
# deb https://mirror.example/off bookworm main
deb [arch=amd64 signed-by=/etc/key.gpg] https://mirror.example/debian bookworm main contrib # x
deb https://people.example/debian bookworm extra
deb-src [signed-by=/etc/key.gpg] https://mirror.example/debian bookworm main
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("debian.sources", DEB822), ("debian.list", ONE_LINE)],
    ids=["deb822", "one line"],
)
def test_archives_with_main_are_found(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    options = ("-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={tmp_path}")
    others = ["https://mirror.example/security/"] if text is DEB822 else []
    assert apt.debian_mirrors(*options) == ["https://mirror.example/debian/", *others]


def test_a_private_source_names_debians_own_keys(tmp_path, monkeypatch):
    keyring = tmp_path / "debian-archive-keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(apt, "KEYRINGS", tmp_path)
    apt._private_options(tmp_path / "private", "https://mirror.example/debian sid main")
    assert (tmp_path / "private" / "sources.list").read_text() == (
        f"deb [signed-by={keyring}] https://mirror.example/debian sid main\n"
    )
