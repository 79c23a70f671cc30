"""The page that a slip's code leads to: how a payment stands that no sale has, for who paid it."""

import threading
import time

from odoo import http
from odoo.http import request

from .. import claims
from ..models.mixpay_claim import PATH

# Views of one address within a minute; a page that is left open takes six of them at first.
MOST_VIEWS = 60
WINDOW_SECONDS = 60
# Addresses that are counted; more than a shop's customers, and no room for a flood.
MOST_ADDRESSES = 10_000
# Chinese has two scripts; these say no more than where, or which.
WRITES_TRADITIONAL = ("zh-hant", "zh-hk", "zh-mo")
TRADITIONAL = "zh-tw"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


class MixpayClaimPage(http.Controller):
    """A page for customers. It asks this database only, never MixPay: anybody may open it."""

    @http.route(
        f"{PATH}/<string:trace_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def mixpay_claim(self, trace_id, token, lang="", **_params):
        """Show how a payment stands; of a wrong address, only that it is wrong.

        :param str lang: the language that was chosen on the page; hostile
        """
        if not may_view():
            return too_often()
        payment = request.env["mixpay.claim"]._find_payment(trace_id, token)
        return render(payment, payment, lang, _words)


def _words(payment):
    [snapshot] = payment.env["mixpay.presenter"]._of_records(payment)
    return claims.page(payment.env, snapshot)


def may_view():
    """Tell whether a view of the request's address is served; count it."""
    return _views.may_view(request.httprequest.remote_addr)


def too_often():
    """Return the answer to whoever views too often."""
    headers = {**HEADERS, "Retry-After": str(WINDOW_SECONDS)}
    return request.make_response("", headers=list(headers.items()), status=429)


def render(record, payment, lang, words_of, headers=HEADERS, **values):
    """Return the page about a payment or a refund; of no record, that nothing is found.

    :param payment: whose customer reads it
    :param str lang: the language that was chosen on the page; hostile
    :param words_of: function of the record in the page's language: returns what the page shows
    """
    languages = request.env["res.lang"].sudo().get_installed()
    code = language_of(payment, lang)
    values |= {
        "languages": languages if len(languages) > 1 else [],
        "lang": code,
        "lang_tag": code.replace("_", "-"),
        "direction": request.env["res.lang"].sudo()._get_data(code=code).direction,
        "shop": record.pos_config_id,
        "company": record.company_id,
        "words": None,
    }
    if record:
        values |= words_of(record.with_context(lang=code))
    request.update_context(lang=code)
    status = 200 if record else 404
    return request.render("pos_mixpay.claim", values, headers=headers, status=status)


def language_of(payment, wanted):
    """Return the code of the language that a page is in, among those that Odoo has.

    :param payment: whose customer reads it; empty for none
    :param str wanted: a code that was chosen on the page; hostile
    """
    languages = request.env["res.lang"].sudo().get_installed()
    if wanted in dict(languages):
        return wanted
    return request.env["mixpay.claim"]._language(payment, accepted=_accepted(languages))


def _accepted(languages):
    """Return the code of the language that the browser likes best; None where Odoo has none of it.

    Where Odoo has not the very one, it is a neighbour's, such as Germany's for Austria.

    :param languages: (code, name) pairs: those that Odoo has
    """
    tags = {code.lower().replace("_", "-"): code for code, _name in languages}
    neighbours = {tag.partition("-")[0]: code for tag, code in reversed(tags.items())}
    for asked in map(str.lower, request.httprequest.accept_languages.values()):
        tag = TRADITIONAL if asked.startswith(WRITES_TRADITIONAL) else asked
        if code := tags.get(asked) or tags.get(tag) or neighbours.get(tag.partition("-")[0]):
            return code
    return None


class _Views:
    """Counts views by address, in a process's memory: nothing depends on it, and nothing is kept.

    Nobody guesses a token; this bounds what a flood of guesses costs.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {}
        self._since = None

    def may_view(self, address):
        """Count one view; tell whether it is served.

        :param str address: where it comes from
        """
        with self._lock:
            now = time.monotonic()
            is_over = self._since is None or now - self._since >= WINDOW_SECONDS
            if is_over or len(self._counts) >= MOST_ADDRESSES:
                self._counts, self._since = {}, now
            self._counts[address] = count = self._counts.get(address, 0) + 1
        return count <= MOST_VIEWS


_views = _Views()
