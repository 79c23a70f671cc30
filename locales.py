"""Numbers and moments as people write them in their language.

Functions of an environment, whose language it is. Amounts of money: Odoo's own `format_amount`.
"""

from odoo.tools.misc import babel_locale_parse, format_datetime, get_lang, posix_to_ldml

from .mixpay import money


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
