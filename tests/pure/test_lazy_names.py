"""What registers call of the lazy part by its name is there, and the check of that finds faults."""

from pathlib import Path

import lazy_names
import pytest
import rooms

SCRIPTS = {
    "lazy/main.js": 'export { Popup } from "@pos_mixpay/lazy/popup";\n'
    'export {\n    printSlip,\n    showSlip,\n    start,\n} from "@pos_mixpay/lazy/slip";\n',
    "lazy/popup.js": "export class Popup {\n"
    '    /** @param {"printSlip" | "showSlip"} name of what is done */\n'
    "    act(name) {\n        return callLazy(this.pos, name, this.payment);\n    }\n}\n",
    "lazy/popup.xml": "<button t-on-click=\"() => this.act('printSlip')\"/>\n",
    "lazy/slip.js": "export const showSlip = () => {};\nexport function printSlip() {}\n"
    "const start = () => {};\nexport { start };\n",
    "app/loader.js": "export async function callLazy(pos, name, ...args) {}\n"
    "loadLazy().then((lazy) => lazy.start(pos));\n",
    "app/screen.js": '// callLazy(pos, "whatWas")\n'
    'callLazy(this.pos, "showSlip");\nlazyDialog(pos, "Popup");\nfindLazy()?.printSlip(pos);\n'
    "await (await loadLazy()).start(pos);\n",
}


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Scripts that call what is there, in every way that there is."""
    for path, text in SCRIPTS.items():
        file = tmp_path / "static/src" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_registers_call_what_the_lazy_part_offers():
    assert lazy_names.check(rooms.ROOT) == []


def test_sound_scripts_have_no_faults(sound):
    assert lazy_names.check(sound) == []


@pytest.mark.parametrize(
    "line",
    [
        'callLazy(this.pos, "showSlips", line);',
        'callLazy(\n    pos,\n    "showSlips"\n);',
        'lazyDialog(pos, "showSlips");',
        "findLazy()?.showSlips(pos);",
        "(await loadLazy()).showSlips(pos);",
    ],
)
def test_a_name_that_nothing_has(sound, line):
    (sound / "static/src/app/more.js").write_text(line)
    assert lazy_names.check(sound) == ["not offered: static/src/app/more.js calls showSlips"]


@pytest.mark.parametrize(
    ("path", "old", "new", "fault"),
    [
        ("lazy/slip.js", "printSlip()", "print()", "not exported: @pos_mixpay/lazy/slip has no"),
        ("lazy/main.js", "    printSlip,\n", "", "not offered: static/src/lazy/popup.js calls"),
        ("app/screen.js", '"Popup"', '"showSlip"', "offered to nobody: Popup"),
        (
            "lazy/popup.js",
            '"printSlip" | ',
            "",
            "which names? static/src/lazy/popup.js has printSl",
        ),
        (
            "lazy/popup.js",
            "/** @param",
            "/** Of",
            "which names? static/src/lazy/popup.js calls what",
        ),
    ],
)
def test_what_is_left_out(sound, path, old, new, fault):
    file = sound / "static/src" / path
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    assert any(found.startswith(fault) for found in lazy_names.check(sound))
