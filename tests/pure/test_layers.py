"""The checker of rooms and arrows fails on each fault that it is there for, in made-up trees."""

from pathlib import Path

import layers
import layers_python
import layers_scripts
import pytest
from layers import Room, Table

MODEL = """
from odoo import models

class {title}(models.Model):
    _name = "mixpay.{name}"

{body}
"""
# From the lowest to the highest, as `sound` makes them.
LAYERS = (
    (Room("mixpay/money.py"),),
    (Room("transactions.py"),),
    (Room("mixpay.slot", verbs=("_take",)), Room("mixpay.endpoint")),
    (Room("mixpay.payment", verbs=("_is_final",)),),
    (Room("pos.order", verbs=("_mixpay_due",)),),
    (Room("mixpay.checkout", verbs=("_open",)),),
    (Room("controllers/register.py", uses=("mixpay.checkout",)),),
)
TABLE = Table(LAYERS, banned={"mixpay/": ("odoo",)})
SCRIPT_TABLE = Table(
    (
        (Room("static/src/app/services/*"),),
        (Room("static/src/app/lines/*"),),
        (Room("static/src/app/lazy.js"),),
        (Room("static/src/app/components/*"),),
        (Room("static/src/lazy/*"),),
    ),
    exceptions={("static/src/app/lazy.js", "static/src/lazy/*"): "the one loader"},
)


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def model(root: Path, name: str, *lines: str) -> None:
    body = "\n".join(f"    {line}" for line in lines) or "    pass"
    write(root, f"models/mixpay_{name}.py", MODEL.format(title=name.title(), name=name, body=body))


def method(name: str, *lines: str) -> list[str]:
    return [f"def {name}(self, *args):", *(f"    {line}" for line in lines or ("return True",))]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A tree with nothing wrong in it, in every way in which a room may use another."""
    write(tmp_path, "mixpay/money.py", "from decimal import Decimal\n\nZERO = Decimal(0)\n")
    write(tmp_path, "transactions.py", "from odoo import api\n")
    model(tmp_path, "slot", *method("_take"), *method("_wait", 'self.env["mixpay.endpoint"]'))
    model(tmp_path, "endpoint")
    model(tmp_path, "payment", *method("_is_final", 'self.env["mixpay.slot"].sudo()._take()'))
    write(
        tmp_path,
        "models/pos_order.py",
        "from odoo import models\nfrom ..mixpay import money\n\n"
        'class PosOrder(models.Model):\n    _inherit = "pos.order"\n\n'
        "    def write(self, vals):\n        return super().write(vals)\n\n"
        "    def _mixpay_due(self):\n        return money.ZERO\n",
    )
    model(
        tmp_path,
        "checkout",
        *method(
            "_open",
            'order = self.env["pos.order"].search([])',
            "return order._mixpay_due() and self._payment()._is_final()",
        ),
        *method("_payment", "return self"),
    )
    write(
        tmp_path,
        "controllers/register.py",
        "from odoo.http import request\nfrom ..mixpay.money import ZERO\n\n"
        'def create():\n    return request.env["mixpay.checkout"]._open(ZERO)\n',
    )
    return tmp_path


def add(root: Path, path: str, *lines: str) -> None:
    file = root / path
    file.write_text(file.read_text() + "\n".join(f"    {line}" for line in lines) + "\n")


def faults(root: Path, table: Table = TABLE) -> list[str]:
    return layers.check(layers_python.read(root), table)


def script_faults(root: Path) -> list[str]:
    return layers.check(layers_scripts.read(root), SCRIPT_TABLE)


def test_a_sound_tree_has_no_faults(sound):
    assert faults(sound) == []


# === ARROWS THAT POINT UP === #


@pytest.mark.parametrize(
    "lines",
    [
        ['return self.env["mixpay.checkout"]'],
        ['return self.env.get("mixpay.checkout")'],
        ['name = "mixpay.checkout"', "return self.env[name]"],
        ["return self._open()"],
        ["return [record._open for record in self]"],
        ["from .mixpay_checkout import Checkout", "return Checkout"],
        ["from odoo.addons.pos_mixpay.models import mixpay_checkout", "return mixpay_checkout"],
        ['return self.env["pos.order"]._mixpay_due()'],
        ['self.env.cr.execute("SELECT id FROM mixpay_checkout")'],
        ['self.env.cr.execute(f"UPDATE mixpay_checkout SET {self.x} = 1")'],
    ],
)
def test_an_arrow_that_points_up(sound, lines):
    model(sound, "payment", *method("_is_final"), *method("_settle", *lines))
    found = [fault for fault in faults(sound) if fault.startswith("upward")]
    assert len(found) == 1
    assert "models/mixpay_payment.py" in found[0]


def test_a_field_may_hold_records_of_a_higher_room_but_not_be_used_to_call_it(sound):
    field = 'checkout_ids = fields.One2many("mixpay.checkout")'
    model(sound, "payment", field, *method("_is_final"))
    assert faults(sound) == ["verb that nobody uses: mixpay.slot _take"]
    add(sound, "models/mixpay_payment.py", *method("_settle", "self.checkout_ids._open()"))
    assert any("upward" in fault and "calls _open" in fault for fault in faults(sound))


def test_pure_code_that_reaches_up(sound):
    write(sound, "mixpay/money.py", "from ..transactions import commit\n")
    assert any(fault.startswith("upward: mixpay/money.py:1") for fault in faults(sound))


def test_pure_code_that_imports_odoo(sound):
    write(sound, "mixpay/money.py", "def now():\n    from odoo.tools import SQL\n    return SQL\n")
    assert "banned: mixpay/money.py:2 imports odoo" in faults(sound)


@pytest.fixture
def shared(sound: Path) -> Path:
    """A tree where a lower and a higher room than `payment` have methods of the same names."""
    for name in ("slot", "checkout"):
        add(sound, f"models/mixpay_{name}.py", *method("_close"), *method("close"))
    return sound


def upward(root: Path, table: Table = TABLE) -> list[str]:
    return [fault for fault in faults(root, table) if fault.startswith("upward")]


def test_a_method_that_may_be_of_a_higher_room(shared):
    add(shared, "models/mixpay_payment.py", *method("_end", "self.record._close()"))
    [fault] = upward(shared)
    assert "calls _close (models/mixpay_checkout.py or models/mixpay_slot.py)" in fault


def test_without_an_underscore_it_must_be_of_a_higher_room(shared):
    """Such a name may be one of many, as a field's is: no fault can be shown."""
    add(shared, "models/mixpay_payment.py", *method("_end", "self.record.close()"))
    assert upward(shared) == []


@pytest.mark.parametrize(("model_name", "is_higher"), [("checkout", True), ("slot", False)])
@pytest.mark.parametrize(
    "lines",
    [
        ['self.env["mixpay.{}"]._close()'],
        ['self.env["mixpay.{}"].sudo().search([])._close()'],
        ['room = self.env["mixpay.{}"].sudo()', "room._close()"],
    ],
)
def test_where_the_model_is_named_it_is_known(shared, lines, model_name, is_higher):
    lines = [line.format(model_name) for line in lines]
    add(shared, "models/mixpay_payment.py", *method("_end", *lines))
    assert bool(upward(shared)) == is_higher


@pytest.mark.parametrize(
    ("lines", "is_higher"),
    [(["self._close()"], False), (["self = self.record", "self._close()"], True)],
)
def test_what_self_is_of_is_known_where_it_stays_the_same(shared, lines, is_higher):
    """A file that extends a model calls what the model's own file has, and a higher room, too."""
    add(shared, "models/mixpay_payment.py", *method("_close"))
    write(
        shared,
        "models/mixpay_payment_more.py",
        "\n".join(
            [
                "class Payment(models.Model):",
                '    _inherit = "mixpay.payment"',
                "",
                *(f"    {line}" for line in method("_end", *lines)),
            ]
        ),
    )
    more = Room("models/mixpay_payment_more.py")
    table = Table((*LAYERS[:3], (Room("models/mixpay_payment.py"), more), *LAYERS[4:]))
    assert bool(upward(shared, table)) == is_higher


def test_a_name_of_all_models_is_no_arrow(sound):
    add(sound, "models/mixpay_checkout.py", *method("write", 'raise ValueError("kept as it is")'))
    add(sound, "models/mixpay_payment.py", *method("_end", "self.record.write({})"))
    assert faults(sound) == []


@pytest.mark.parametrize(
    "lines",
    [
        ['return self.env["pos.order"].search([])'],
        ['return self.env["pos.order"].write({})'],
        ['"""mixpay.checkout"""'],
        ['"""As `SELECT id FROM mixpay_checkout`."""'],
        ["return self.link.count('/')"],
        ["return self.env['ir.cron']._open()"],
        ["self._open = 1", "return self._open"],
    ],
)
def test_what_is_no_arrow(sound, lines):
    add(sound, "models/mixpay_checkout.py", *method("count"))
    add(sound, "models/mixpay_payment.py", *method("_settle", *lines))
    assert faults(sound) == []


# === CIRCLES === #


def test_a_circle_within_a_layer(sound):
    add(sound, "models/mixpay_endpoint.py", *method("_pause", 'return self.env["mixpay.slot"]'))
    assert faults(sound) == ["circle: models/mixpay_endpoint.py → models/mixpay_slot.py"]


def test_a_circle_by_methods_alone(sound):
    add(sound, "models/mixpay_payment.py", *method("_end", "self.order._mixpay_due()"))
    add(sound, "models/pos_order.py", *method("_mixpay_end", "self.payment._is_final()"))
    circle = "circle: models/mixpay_payment.py → models/pos_order.py"
    assert circle in faults(sound)


def test_a_circle_by_a_method_that_may_be_of_several_rooms(sound):
    """Within a layer nothing points up: what it may be of must count as what it is of."""
    model(sound, "extra", *method("_pause"))
    add(sound, "models/mixpay_slot.py", *method("_pause"))
    add(sound, "models/mixpay_endpoint.py", *method("_end", "self.record._pause()"))
    layer = (*LAYERS[2], Room("mixpay.extra", verbs=("_pause",)))
    found = faults(sound, Table((*LAYERS[:2], layer, *LAYERS[3:])))
    assert found == ["circle: models/mixpay_endpoint.py → models/mixpay_slot.py"]


# === PRIVATE PARTS === #


def test_a_method_that_is_none_of_the_verbs(sound):
    add(sound, "models/mixpay_payment.py", *method("_end", "self.slots._wait()"))
    [fault] = faults(sound)
    assert fault.startswith("private part: models/mixpay_payment.py")
    assert "calls _wait (models/mixpay_slot.py)" in fault


@pytest.mark.parametrize(
    "line", ["from .mixpay_slot import _LIMIT", "from . import mixpay_slot; mixpay_slot._LIMIT"]
)
def test_a_private_name_of_another_file(sound, line):
    add(sound, "models/mixpay_payment.py", *method("_end", line))
    assert any("private part" in fault and "_LIMIT" in fault for fault in faults(sound))


def test_who_extends_a_model_may_use_all_of_it(sound):
    write(
        sound,
        "models/mixpay_slot_extra.py",
        'class Slot(models.Model):\n    _inherit = "mixpay.slot"\n\n'
        "    def _extra(self):\n        return self._wait()\n",
    )
    extra = Room("models/mixpay_slot_extra.py")
    assert faults(sound, Table((*LAYERS[:3], (extra,), *LAYERS[3:]))) == []


def test_a_verb_that_nobody_uses(sound):
    write(sound, "controllers/register.py", "")
    assert faults(sound) == ["verb that nobody uses: mixpay.checkout _open"]


# === ROOMS NAMED FOR A CONTROLLER === #


def test_a_controller_that_calls_another_room(sound):
    text = "\n\ndef end(request):\n    return request.env['mixpay.payment']\n"
    add(sound, "controllers/register.py", text)
    [fault] = faults(sound)
    assert fault.startswith("not a room named for controllers/register.py")


# === THE TABLE === #


def test_a_room_that_the_table_does_not_know(sound):
    model(sound, "extra")
    assert faults(sound) == ["not in the table: models/mixpay_extra.py"]


def test_a_line_of_the_table_without_a_room(sound):
    (sound / "models/mixpay_endpoint.py").unlink()
    assert "in the table, but not there: mixpay.endpoint" in faults(sound)


def test_a_room_that_stands_twice_in_the_table(sound):
    table = Table((*LAYERS, (Room("mixpay.end*"),)))
    assert any(fault.startswith("twice in the table") for fault in faults(sound, table))


def test_exceptions_excuse_one_pair_of_rooms(sound):
    add(sound, "models/mixpay_payment.py", *method("_settle", 'self.env["mixpay.checkout"]'))
    reason = {("mixpay.payment", "mixpay.checkout"): "shown by this test"}
    assert faults(sound) != []
    assert faults(sound, Table(LAYERS, reason)) == []


def test_an_exception_that_nothing_needs(sound):
    table = Table(LAYERS, {("mixpay.payment", "mixpay.checkout"): "forgotten"})
    assert faults(sound, table) == ["exception without an arrow: mixpay.payment → mixpay.checkout"]


# === SIZE === #


def test_a_room_that_is_too_long(sound):
    write(sound, "mixpay/money.py", "ZERO = 0\n" * layers.LONGEST_ROOM)
    assert faults(sound) == []
    write(sound, "mixpay/money.py", "ZERO = 0\n" * (layers.LONGEST_ROOM + 1))
    assert faults(sound) == ["too long: mixpay/money.py has 501 lines"]


def test_a_function_that_is_too_long(sound):
    write(sound, "mixpay/money.py", "def f():\n" + "    f()\n" * (layers.LONGEST_FUNCTION - 1))
    assert faults(sound) == []
    write(sound, "mixpay/money.py", "def f():\n" + "    f()\n" * layers.LONGEST_FUNCTION)
    assert faults(sound) == ["too long: mixpay/money.py:1 f has 41 lines"]


# === SCRIPTS === #


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Scripts with nothing wrong in them."""
    start = "static/src"
    write(tmp_path, f"{start}/app/services/poll.js", "export class Poll {}\n")
    write(
        tmp_path,
        f"{start}/app/lines/line.js",
        '/** @returns {import("@pos_mixpay/app/components/popup").Popup} */\n'
        '// as in "@pos_mixpay/lazy/main"\n'
        'import {\n    Poll,\n} from "@pos_mixpay/app/services/poll";\n'
        'import { _t } from "@web/core/l10n/translation";\n'
        "export const lineOf = () => new Poll();\nexport async function free() {}\n",
    )
    write(
        tmp_path,
        f"{start}/app/lazy.js",
        'export const load = () => odoo.loader.modules.get("@pos_mixpay/lazy/main");\n'
        'export const showSlip = later("showSlip");\n',
    )
    write(
        tmp_path,
        f"{start}/app/components/popup.js",
        'import { lineOf } from "../lines/line";\n'
        'import { load, showSlip } from "@pos_mixpay/app/lazy";\nexport class Popup {}\n',
    )
    write(tmp_path, f"{start}/lazy/main.js", 'export { showSlip } from "./slip";\n')
    write(
        tmp_path,
        f"{start}/lazy/slip.js",
        'import { lineOf } from "@pos_mixpay/app/lines/line";\n'
        "const showSlip = () => lineOf();\nexport { showSlip };\n",
    )
    return tmp_path


def test_sound_scripts_have_no_faults(scripts):
    assert script_faults(scripts) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("services/poll.js", 'import { lineOf } from "@pos_mixpay/app/lines/line";'),
        ("services/poll.js", 'import { lineOf } from "../lines/line";'),
        ("services/poll.js", 'import "../lines/line.js";'),
        ("services/poll.js", 'export * from "../lines/line";'),
        ("services/poll.js", 'const url = "http://x"; import("@pos_mixpay/app/lines/line");'),
        ("components/popup.js", 'import { showSlip as s } from "@pos_mixpay/lazy/slip";'),
        ("components/popup.js", 'odoo.loader.modules.get("@pos_mixpay/lazy/main");'),
    ],
)
def test_a_script_that_reaches_up(scripts, path, line):
    file = scripts / "static/src/app" / path
    file.write_text(f"{file.read_text()}{line}\n")
    assert any(fault.startswith("upward") and path in fault for fault in script_faults(scripts))


def test_scripts_in_a_circle(scripts):
    write(scripts, "static/src/lazy/slip.js", 'import { a } from "./main";\n')
    assert script_faults(scripts) == ["circle: static/src/lazy/main.js → static/src/lazy/slip.js"]


@pytest.mark.parametrize(
    "line",
    [
        "export const lineOf = () => {};",
        "export function lineOf() {}",
        "export class lineOf {}",
        "const a = 1;\nexport { a as lineOf };",
        'export const lineOf = later("other");',
    ],
)
def test_a_name_that_is_exported_twice(scripts, line):
    write(scripts, "static/src/app/services/poll.js", f"{line}\nexport class Poll {{}}\n")
    [fault] = script_faults(scripts)
    assert fault.startswith("exported twice: lineOf")


def test_a_script_that_is_too_long(scripts):
    write(scripts, "static/src/app/services/poll.js", "a();\n" * (layers.LONGEST_ROOM + 1))
    assert script_faults(scripts) == ["too long: static/src/app/services/poll.js has 501 lines"]
