"""Prices, numbers and moments as people write them in their language.

Functions of an environment, whose language it is.
"""

from functools import partial
from types import SimpleNamespace

from odoo.tools import float_round, format_amount
from odoo.tools.lru import LRU
from odoo.tools.misc import babel_locale_parse, format_datetime, get_lang, posix_to_ldml

from .mixpay import money

# By all that they depend on: registers ask about the same payments all day, and grouping digits is
# slow, since Odoo evaluates a language's rule for each number.
_PRICES = LRU(1024)


def price(env, asked, amount=None):
    """Return a price, or another amount in its currency, as people read it.

    :param Price asked: what a payment asks for
    :param Decimal amount: None for the price itself
    """
    language = get_lang(env)
    written = (language.grouping, language.thousands_sep, language.decimal_point)
    key = (*written, *asked, amount)
    text = _PRICES.get(key)
    if text is None:
        # What `format_amount` asks of a currency, whose record need not be read for it.
        currency = SimpleNamespace(
            symbol=asked.symbol,
            position=asked.position,
            decimal_places=asked.decimal_places,
            round=partial(float_round, precision_digits=asked.decimal_places),
        )
        value = float(asked.amount if amount is None else amount)
        text = _PRICES[key] = format_amount(env, value, currency)
    return text


def number(env, value):
    """Return a number with all its digits, as in "1,234.5678" or "1.234,5678".

    :param Decimal value: of any size; a float would lose digits of it
    """
    whole, _point, fraction = money.short(value).partition(".")
    language = get_lang(env)
    grouped = env["res.lang"].browse(language.id).format("%d", int(whole), grouping=True)
    return f"{grouped}{language.decimal_point}{fraction}" if fraction else grouped


def moment(env, at, tz=None):
    """Return a moment in the time zone of who looks at it, or prints it, or in another one.

    It is written as Odoo's lists write it in that language: to the minute.

    :param datetime at: in UTC, as Odoo keeps it
    :param str tz: the other one's name
    """
    language = get_lang(env)
    to_the_minute = language.time_format.replace(":%S", "")
    form = posix_to_ldml(
        f"{language.date_format} {to_the_minute}", babel_locale_parse(language.code)
    )
    return format_datetime(env, at, tz=tz or env.user.tz or "UTC", dt_format=form)
