import io
import re
from collections import Counter
from pathlib import Path

import polib
from lxml import etree

from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

from .. import exports
from ..mixpay import facts

# Spreadsheets refuse longer names of sheets.
LONGEST_SHEET = 31
TEMPLATE = "pos_mixpay/i18n/pos_mixpay.pot"
# One entry: its comments, then its text in quotes, perhaps over several lines.
TEXT = re.compile(r'^msgid ((?:".*"\n)+)', re.M)


def texts(template):
    """Return the texts of a template, as they are written in it."""
    return set(TEXT.findall(template))


@tagged("post_install", "-at_install")
class TestMixpayTranslations(TransactionCase):
    def exported(self):
        with io.BytesIO() as target:
            trans_export(None, ["pos_mixpay"], target, "po", self.env)
            return target.getvalue().decode()

    def test_the_template_has_all_texts_and_no_others(self):
        """Translators work on `i18n/pos_mixpay.pot`; `tools/pot` writes it anew."""
        with open(file_path(TEMPLATE), encoding="utf-8") as file:
            kept = texts(file.read())
        now = texts(self.exported())
        self.assertEqual(sorted(now - kept), [], "not in the template: run tools/pot")
        self.assertEqual(sorted(kept - now), [], "no longer in the code: run tools/pot")

    def test_no_view_is_left_out(self):
        """Odoo translates nothing of a template that begins with a document's type."""
        views = self.env["ir.ui.view"].search([("model_data_id.module", "=", "pos_mixpay")])
        self.assertTrue(views)
        for view in views:
            root = etree.fromstring(view.arch_db)
            if (root.text or "").lstrip().lower().startswith("<!doctype"):
                words = "".join(text for child in root for text in child.itertext())
                self.assertFalse(words.strip(), view.key)

    def test_what_a_person_reads_can_be_translated(self):
        """Of each layer one: a view, a menu, a field, Python, the register's JavaScript."""
        template = self.exported()
        for text in (
            "MixPay to Review",
            "You receive (coin and network)",
            "Ask MixPay again",
            "What happens next",
        ):
            self.assertIn(f'msgid "{text}"\n', template)


@tagged("post_install", "-at_install")
class TestMixpayLanguages(HttpCase):
    """Odoo finds each file of `i18n`, and uses it everywhere; `tests/pure` reads what is in it."""

    # Of a view, of Python, of the register's JavaScript.
    VIEW = "At the Register"
    PYTHON = "Your money has arrived"
    SCRIPT = "Ask MixPay again"

    def setUp(self):
        super().setUp()
        self.files = sorted(Path(file_path(TEMPLATE)).parent.glob("*.po"))
        self.assertTrue(self.files)

    def test_each_language_is_spoken(self):
        for file in self.files:
            with self.subTest(file.name):
                said = {entry.msgid: entry.msgstr for entry in polib.pofile(str(file))}
                env = self.speaking(file.stem)
                self.env["ir.module.module"]._load_module_terms(["pos_mixpay"], [env.lang])
                form = env.ref("pos_mixpay.pos_payment_method_view_form").arch_db
                self.assertIn(f'string="{said[self.VIEW]}"', form)
                self.assertEqual(env._(self.PYTHON), said[self.PYTHON])
                self.assertEqual(self.to_register(env.lang), said[self.SCRIPT])

    def test_sheets_and_their_columns_can_be_told_apart(self):
        """A workbook takes no two sheets of one name, nor a long one; people, no two columns."""
        for file in self.files:
            env = self.speaking(file.stem)
            names = list(exports.titles(env).values())
            headers = [exports.header(env, exports.columns(env, sheet)) for sheet in facts.SHEETS]
            for sheet, texts_of_sheet in zip(("", *facts.SHEETS), (names, *headers), strict=True):
                with self.subTest(file.name, sheet=sheet):
                    twice = [text for text, times in Counter(texts_of_sheet).items() if times > 1]
                    self.assertFalse(twice)
            self.assertFalse([name for name in names if len(name) > LONGEST_SHEET], file.name)

    def test_plurals_are_counted_as_odoo_counts_them(self):
        for file in self.files:
            with self.subTest(file.name):
                core = file_path(f"point_of_sale/i18n/{file.name}")
                headers = [polib.pofile(str(path)).metadata for path in (file, core)]
                self.assertEqual(*(header["Plural-Forms"] for header in headers))

    def speaking(self, name):
        """Return an environment in the language of a file, which Odoo speaks from now on."""
        languages = self.env["res.lang"].with_context(active_test=False)
        domains = ([("iso_code", "=", name)], [("code", "=like", rf"{name}\_%")])
        language = next(filter(None, (languages.search(domain, limit=1) for domain in domains)))
        language.active = True
        return self.env(context={"lang": language.code})

    def to_register(self, code):
        """What a browser is told that a text of the register is called."""
        url = f"/web/webclient/translations?mods=pos_mixpay&lang={code}"
        messages = self.url_open(url).json()["modules"]["pos_mixpay"]["messages"]
        [found] = [each["string"] for each in messages if each["id"] == self.SCRIPT]
        return found
