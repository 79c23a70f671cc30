"""Finding the machine's own Debian mirror, in both formats of apt's sources."""

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
"""

ONE_LINE = """\
# deb https://mirror.example/off bookworm main
deb [arch=amd64 signed-by=/etc/key.gpg] https://mirror.example/debian bookworm main contrib # x
deb-src https://mirror.example/debian bookworm main
"""


def write(etc, name, text):
    (etc / "sources.list.d").mkdir(exist_ok=True)
    (etc / name).write_text(text)


def test_deb822_sources(tmp_path):
    write(tmp_path, "sources.list.d/debian.sources", DEB822)
    (source,) = apt.configured_sources(tmp_path)
    assert source.for_suite("sid") == (
        "Types: deb\nURIs: https://mirror.example/debian\nSuites: sid\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )


def test_one_line_sources(tmp_path):
    write(tmp_path, "sources.list", ONE_LINE)
    (source,) = apt.configured_sources(tmp_path)
    assert source.words("Components") == ["main", "contrib"]
    stanza = source.for_suite("sid")
    assert "URIs: https://mirror.example/debian\nSuites: sid\nComponents: main\n" in stanza
    assert "Signed-By: /etc/key.gpg\n" in stanza
    assert "Architectures: amd64\n" in stanza


def test_multi_line_key(tmp_path):
    key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc"
    text = f"Types: deb\nURIs: https://m.example\nSuites: sid\nComponents: main\n{key}\n"
    write(tmp_path, "sources.list.d/x.sources", text)
    (source,) = apt.configured_sources(tmp_path)
    assert source.for_suite("sid").endswith(key.replace(":", ": ", 1) + "\n")
