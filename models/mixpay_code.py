"""Approval codes, with which people prove who they are: money rule 8."""

import logging
import re
from contextlib import contextmanager
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, hmac

from ..transactions import commit, own_transaction
from .mixpay_code_attempt import ATTEMPTS_PER_CODE, TILL, WINDOW_MINUTES
from .mixpay_defaults_mixin import as_login

_logger = logging.getLogger(__name__)

# Wrong attempts in a row, however old they are, after which a code is disabled.
ATTEMPTS_UNTIL_DISABLED = 20

_DIGITS = re.compile(r"[0-9]{6,32}")


class MixpayCode(models.Model):
    """The approval code of a person: of a user, or of an approver without a login.

    Only the server reads this model: no role has access. A code is kept as a salted slow hash, in
    the format of Odoo's own passwords.
    """

    _name = "mixpay.code"
    _inherit = ["mixpay.defaults.mixin"]
    _description = "MixPay approval code"

    user_id = fields.Many2one("res.users", ondelete="cascade", index="btree_not_null")
    approver_id = fields.Many2one("mixpay.approver", ondelete="cascade", index="btree_not_null")
    code_hash = fields.Char(copy=False, prefetch=False, groups=fields.NO_ACCESS)
    set_at = fields.Datetime(help="When its owner set it.")
    attempts = fields.Integer(help="How often it was typed since it was last right.")
    is_disabled = fields.Boolean(string="Disabled", help="After too many wrong attempts.")

    _one_owner = models.Constraint(
        "CHECK ((user_id IS NULL) != (approver_id IS NULL))", "A code belongs to one person."
    )
    _user_uniq = models.UniqueIndex("(user_id)", "A user has one approval code.")
    _approver_uniq = models.UniqueIndex("(approver_id)", "An approver has one approval code.")

    # === OWNERS === #

    @api.model
    def _of(self, owner):
        """Return the code of a person, empty for none.

        :param owner: `res.users` or `mixpay.approver`
        """
        return self.sudo().search([(self._owner_field(owner), "in", owner.ids)])

    @api.model
    def _owner_field(self, owner):
        return "user_id" if owner._name == "res.users" else "approver_id"

    def _owner(self):
        return self.user_id or self.approver_id

    def _is_usable(self):
        """Tell whether a code is set and not disabled."""
        return bool(self.set_at) and not self.is_disabled

    def _company(self):
        return self.approver_id.company_id or self.user_id.company_id

    # === SETTING === #

    @api.model
    def _set(self, owner, code):
        """Set a person's code. Proving that it is them is the caller's part.

        :param owner: `res.users` or `mixpay.approver`
        :param str code: the new code
        :raises UserError: when it is too short or too easy to guess
        """
        self._check_code(code)
        record = self._of(owner) or self.sudo().create({self._owner_field(owner): owner.id})
        record.write(
            {
                "code_hash": self.env["res.users"]._crypt_context().hash(code),
                "set_at": self.env.cr.now(),
                "attempts": 0,
                "is_disabled": False,
            }
        )
        # Attempts with the code before are none with this one.
        record.env["mixpay.code.attempt"]._recent_attempts(record).write({"is_right": True})
        record._record_code("code_set")
        record._mail_owner("code_set")

    @api.model
    def _check_code(self, code):
        if not isinstance(code, str) or not _DIGITS.fullmatch(code):
            raise UserError(self.env._("An approval code has at least 6 digits, and nothing else."))
        steps = {(int(b) - int(a)) % 10 for a, b in pairwise(code)}
        if steps in ({0}, {1}, {9}):
            raise UserError(
                self.env._("This code is too easy to guess: no sequences, no repeated digit.")
            )

    def _revoke(self):
        """Make codes unusable, until their owners set new ones."""
        for record in self.filtered("set_at"):
            record.write({"code_hash": False, "set_at": False, "attempts": 0, "is_disabled": False})
            record._record_code("code_revoked")
            record._mail_owner("code_revoked")

    def _revoke_path(self):
        """Return the path of the link that revokes this very code, in its owner's login."""
        return f"/pos_mixpay/revoke_code?token={self._revoke_token()}"

    def _revoke_token(self):
        """Return the token of the link, so that no other page can have somebody open it."""
        message = f"{self.id}:{fields.Datetime.to_string(self.set_at)}"
        return hmac(self.env(su=True), "pos_mixpay-revoke-code", message)

    def _revoke_by_link(self, token):
        """Revoke this code if that is what a link is for.

        :return: whether it was
        :rtype: bool
        """
        # Encoded: what is not ASCII cannot be compared as text.
        is_its_own = bool(self.set_at) and consteq(self._revoke_token().encode(), token.encode())
        if is_its_own:
            self._revoke()
        return is_its_own

    # === PROOF === #

    def _prove(self, code, payments, place, amount=0.0):
        """Check that who types a code is its owner.

        The attempt is recorded under a lock and committed before the code is compared, which takes
        a while: so ten attempts at once count as ten. The caller's transaction is ended: what
        others have changed meanwhile is seen in the next one.

        :param code: what was typed
        :param payments: `mixpay.payment` records that it is about
        :param str place: TILL or OFFICE
        :param float amount: what it is to approve, in the company's currency
        :raises UserError: when it is wrong, or was attempted too often
        """
        self.ensure_one()
        company_id, name = payments.company_id.id, self._owner().display_name
        record = as_login(self)
        commit(payments.env)
        attempt_id, code_hash = record._record_attempt(company_id, place, amount)
        is_right = self._is_code(code, code_hash)
        commit(payments.env)
        record._record_outcome(attempt_id, is_right, payments)
        if not is_right:
            _logger.warning("Wrong approval code %s (login %s)", self.id, self.env.uid)
            raise UserError(self.env._("This is not the approval code of %s.", name))

    def _is_code(self, code, code_hash):
        if not isinstance(code, str) or not _DIGITS.fullmatch(code):
            return False
        return self.env["res.users"]._crypt_context().verify(code, code_hash)

    def _record_attempt(self, company_id, place, amount):
        """Record an attempt for good, if there may be one; return its id, and the code's hash.

        :raises UserError: after too many attempts, or beyond what a code may approve
        """
        with self._locked_attempts() as record:
            if not record._is_usable():
                raise UserError(
                    record.env._(
                        "%s has no approval code that can be used, and needs to set a new one.",
                        record._owner().display_name,
                    )
                )
            attempts = record.env["mixpay.code.attempt"]
            company = record.env["res.company"].browse(company_id)
            if place == TILL:
                attempts._check_caps(record, company, amount)
            attempts._check_count(record, place)
            record.attempts += 1
            attempt = attempts._add_attempt(record, place, amount, company.currency_id)
            return attempt.id, record.code_hash

    def _record_outcome(self, attempt_id, is_right, payments):
        """Note for good how an attempt ended, and what follows from wrong ones."""
        with self._locked_attempts() as record:
            attempts = record.env["mixpay.code.attempt"]
            attempts.browse(attempt_id).write({"is_right": is_right, "is_wrong": not is_right})
            if is_right:
                record.attempts = 0
                return
            for payment in payments.with_env(record.env):
                record._record_code("code_wrong", payment=payment)
            if record.attempts >= ATTEMPTS_UNTIL_DISABLED:
                record.is_disabled = True
                record._record_code("code_disabled")
                record._mail_owner("code_disabled", and_managers=True)
            elif len(attempts._recent_attempts(record, TILL)) >= ATTEMPTS_PER_CODE:
                record._mail_owner("code_blocked")

    @contextmanager
    def _locked_attempts(self):
        """Return a context: this record in a transaction of its own, alone with the attempts.

        The table is locked before anything is read: so under Odoo's REPEATABLE READ, too, the
        snapshot begins after the lock is had, and shows what others have committed before.
        """
        with own_transaction(self, keeps_login=True) as own:
            own.env.cr.execute("LOCK TABLE mixpay_code_attempt IN SHARE ROW EXCLUSIVE MODE")
            yield own

    # === NOTIFICATIONS === #

    def _record_code(self, kind, payment=None):
        """Keep in the history what happened to this code."""
        self.env["mixpay.event"]._record(
            kind,
            payment=payment,
            company=None if payment else self._company(),
            data={"code_of": self._owner().display_name},
        )

    def _mail_owner(self, kind, *, and_managers=False):
        """Mail to the owner what happened to their code.

        :param str kind: `code_set`, `code_revoked`, `code_blocked` or `code_disabled`
        :param bool and_managers: whether the managers of the company get it, too
        """
        partners = self._owner().partner_id
        company = self._company()
        if and_managers:
            partners |= company._mixpay_managers().partner_id
        company._mixpay_mail(partners, lambda env: self.with_env(env)._mail_texts(kind))

    def _mail_texts(self, kind):
        """Return subject and text of a mail about this code, in the environment's language."""
        _, name, login = self.env._, self._owner().display_name, self.env.user.name
        subject = _("Your MixPay approval code: %(name)s", name=name)
        text = {
            "code_set": _(
                "The MixPay approval code of %(name)s was set (login: %(login)s). If this was not"
                " you, revoke it in your preferences, or tell a manager.",
                name=name,
                login=login,
            ),
            "code_revoked": _(
                "The MixPay approval code of %(name)s was revoked (login: %(login)s). It approves"
                " nothing any more.",
                name=name,
                login=login,
            ),
            "code_blocked": _(
                "The MixPay approval code of %(name)s was typed wrongly at a till (tries:"
                " %(count)s, login: %(login)s). At tills it is blocked for %(minutes)s min; on"
                " your own device you approve as before.",
                name=name,
                login=login,
                count=ATTEMPTS_PER_CODE,
                minutes=WINDOW_MINUTES,
            ),
            "code_disabled": _(
                "The MixPay approval code of %(name)s was typed wrongly without a right one in"
                " between (tries: %(count)s, login: %(login)s), and is disabled. Somebody may be"
                " guessing it. On your own device you approve as before; set a new code to approve"
                " at tills.",
                name=name,
                login=login,
                count=ATTEMPTS_UNTIL_DISABLED,
            ),
        }[kind]
        return subject, text
