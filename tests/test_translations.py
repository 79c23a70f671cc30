import io
import re

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

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

    def test_what_a_person_reads_can_be_translated(self):
        """Of each layer one: a view, a menu, a field, Python, the register's JavaScript."""
        template = self.exported()
        for text in ("MixPay to Review", "You receive (coin and network)", "Ask MixPay again"):
            self.assertIn(f'msgid "{text}"\n', template)
