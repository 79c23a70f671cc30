"""HTML of the payer's phone. Everything that comes from outside is escaped by `esc`."""

from __future__ import annotations

import zlib
from html import escape as esc
from pathlib import Path
from string import Template

from .catalogue import Asset, plain
from .payment import (
    AUDITING,
    CONFIRMING,
    FAILED,
    FAILURES,
    PAID_LESS,
    PAYABLE,
    PENDING,
    SUCCESS,
    UNPAID,
    VOLATILITY,
    Payment,
)
from .simulator import Simulator

DATA = Path(__file__).parent / "data"

#: Status → its title, and what it means for the payer.
TEXTS = {
    UNPAID: ("Waiting for payment", ""),
    CONFIRMING: ("Confirming", "Seen on chain, waiting for confirmations."),
    PAID_LESS: ("Paid too little", "The rest can be paid here before the deadline."),
    PENDING: ("Processing", "Paid and confirmed. MixPay is finishing it."),
    AUDITING: ("In review", "MixPay is having a look at this payment."),
    SUCCESS: ("Paid", "This payment is complete."),
    FAILED: ("Failed", ""),
}
MOVING = (CONFIRMING, PENDING)
STEPS = ("Waiting", "Confirming", "Processing", "Paid")
#: How many steps a status has reached.
REACHED = {UNPAID: 1, CONFIRMING: 2, PAID_LESS: 2, PENDING: 3, AUDITING: 3, SUCCESS: 4, FAILED: 0}

#: What the payer does besides paying: action, label, and the statuses it is offered in.
PAYER_ACTIONS = (
    ("pay_less", "Pay too little", (UNPAID, PAID_LESS)),
    ("pay_more", "Pay too much", (UNPAID, PAID_LESS)),
    ("see", "Pay in steps", (UNPAID, PAID_LESS)),
    ("nothing", "Do nothing", (UNPAID, PAID_LESS, CONFIRMING, PENDING, AUDITING)),
    ("cancel", "Cancel", (UNPAID, PAID_LESS)),
    ("second_transfer", "Pay a second time", (CONFIRMING, PENDING, AUDITING, SUCCESS, FAILED)),
)
#: What the chain, the clock and MixPay do.
OTHER_ACTIONS = (
    ("confirm", "Confirm on chain", (CONFIRMING,)),
    ("process", "Start processing", (CONFIRMING,)),
    ("succeed", "Complete", (PENDING,)),
    ("review", "Hold for review", (*PAYABLE, PENDING)),
    ("approve", "Approve review", (AUDITING,)),
    ("expire", "Let it expire", PAYABLE),
)


class Phone:
    """Renders pages; they are in English whatever the shop speaks."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._page = Template((DATA / "page.html").read_text(encoding="utf-8"))
        self._style = (DATA / "page.css").read_text(encoding="utf-8")
        self._code = (DATA / "page.js").read_text(encoding="utf-8")

    def page(self, key: str, nonce: str, notice: str = "") -> str:
        """An order by its trace id or code, with what went wrong last, if anything."""
        with self._simulator.lock:
            payment = self._simulator.find(key)
            parts = [f'<p class="notice" role="alert">{esc(notice)}</p>' if notice else ""]
            parts.append(self._head(payment))
            parts.append(self._forms(payment))
            parts.append(_transfers(payment))
            parts.append(self._facts(payment))
        script = f'<script nonce="{nonce}">{self._code}</script>'
        return self._whole(f"Pay {payment.terms.quote_amount_text}", "\n".join(parts), script)

    def problem(self, title: str, lines: list[str]) -> str:
        items = "".join(f"<li>{esc(line)}</li>" for line in lines)
        listed = f"<ul>{items}</ul>" if items else ""
        tick = '<div class="tick bad" aria-hidden="true">!</div>'
        head = f'<section class="head">{tick}<h1 data-error>{esc(title)}</h1></section>'
        return self._whole(title, head + (f"<section>{listed}</section>" if listed else ""))

    def index(self) -> str:
        """All orders, for people."""
        rows = "".join(
            f'<dt>{esc(item["status"])}</dt><dd><a href="/code/{esc(item["code"])}">'
            f"{esc(item['terms']['quoteAmount'])} {esc(item['terms']['quoteSymbol'])} · "
            f"{esc(item['orderId'] or item['terms']['remark'] or item['traceId'])}</a></dd>"
            for item in reversed(self._simulator.payments())
        )
        listed = f"<dl>{rows}</dl>" if rows else "<p class=hint>No payments yet.</p>"
        body = (
            "<section><h1>MixPay simulator</h1><p class=hint>API <code>/v1</code>, control "
            "<code>/_control/</code>, settings <code>/_control/knobs</code></p></section>"
            f"<section><h2>Payments</h2>{listed}</section>"
        )
        return self._whole("MixPay simulator", body)

    def _whole(self, title: str, main: str, script: str = "") -> str:
        return self._page.substitute(
            title=f"{esc(title)} · MixPay simulator", style=self._style, main=main, script=script
        )

    # -- parts of an order's page -----------------------------------------------------------

    def _head(self, payment: Payment) -> str:
        terms, status = payment.terms, payment.status
        title, hint = TEXTS[status]
        if status == FAILED:
            hint = f"{payment.failure_reason} ({payment.failure_code})"
        moving = " moving" if status in MOVING else ""
        name = self._simulator.knobs["payee_name"]
        symbol = self._simulator.catalogue.quotes[terms.quote_asset_id].symbol
        remark = f'<p class="remark">{esc(terms.remark)}</p>' if terms.remark else ""
        return (
            f'<section class="head" data-version="{payment.version}" '
            f'data-code="{esc(payment.code)}">{_tick(status)}'
            f'<p class="payee">Pay <b>{esc(name)}</b></p>'
            f'<p class="amount">{esc(terms.quote_amount_text)} <small>{esc(symbol)}</small></p>'
            f'{remark}<span class="state{moving}" role="status" data-state="{status}">{title}'
            f"</span>{_hint(hint)}{self._countdown(payment)}{_steps(status)}</section>"
        )

    def _countdown(self, payment: Payment) -> str:
        if payment.status not in PAYABLE:
            return ""
        seconds = max(int(payment.expired_at - self._simulator.clock.now()), 0)
        text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        clock = f'<time data-seconds="{seconds}">{text}</time>'
        return f'<p class="hint">Time left <b>{clock}</b></p>'

    def _forms(self, payment: Payment) -> str:
        """One form for the payer (coins and buttons), one for everybody else."""
        status = payment.status
        payer = self._coins(payment) if status == UNPAID else ""
        payer += _main_button(payment)
        if payer:
            payer = f"<section>{payer}</section>"
        grid = _grid(payment, PAYER_ACTIONS)
        if grid:
            payer += f'<section class="play"><h2>Or play another payer</h2>{grid}</section>'
        form = f'<form method="post" action="/code/{esc(payment.code)}/nothing">'
        shell = payer and f'{form}<div class="stack">{payer}</div></form>'
        other = _grid(payment, OTHER_ACTIONS) + _settle(payment) + _fail(payment)
        if other:
            title = "<h2>Play the chain and MixPay</h2>"
            shell += f"<section>{title}{form}{other}</form></section>"
        return shell

    def _coins(self, payment: Payment) -> str:
        fixed = payment.terms.payment_asset_id
        unavailable = self._simulator.knobs["unavailable_assets"]
        coins = [
            asset
            for asset in self._simulator.catalogue.assets.values()
            if asset.asset_id == (fixed or asset.asset_id) and asset.asset_id not in unavailable
        ]
        rows = "".join(self._coin(payment, asset, asset is coins[0]) for asset in coins)
        return f'<h2>Pay with</h2><div class="coins" role="radiogroup">{rows}</div>'

    def _coin(self, payment: Payment, asset: Asset, checked: bool) -> str:
        terms = payment.terms
        catalogue = self._simulator.catalogue
        due = plain(catalogue.amount_due(terms.quote_asset_id, terms.quote_amount, asset.asset_id))
        hue = zlib.crc32(asset.asset_id.encode()) % 360
        return (
            f'<label class="coin"><input type="radio" name="asset" value="{asset.asset_id}" '
            f'data-due="{due} {asset.symbol}"{" checked" if checked else ""}>'
            f'<span class="badge" style="--hue:{hue}" aria-hidden="true">{asset.symbol[:4]}</span>'
            f"<span><b>{esc(asset.symbol)}</b><small>{esc(asset.network)}</small></span>"
            f'<span class="due">{due}</span></label>'
        )

    def _facts(self, payment: Payment) -> str:
        terms = payment.terms
        settle = self._simulator.catalogue.assets[terms.settlement_asset_id]
        facts = [
            ("Payee", terms.payee_id),
            ("Shop receives", f"{settle.symbol} {settle.network}"),
            ("Order", terms.order_id or ""),
            ("Trace", payment.trace_id),
            ("Opened as", "pay link" if payment.channel == "paylink" else "one-time code"),
        ]
        if payment.asset:
            due = f"{plain(payment.payable)} {payment.asset.symbol}"
            facts.insert(0, ("Due", f"{due} {payment.asset.version}"))
            facts.insert(1, ("Received", f"{plain(payment.received)} {payment.asset.symbol}"))
        rows = "".join(f"<dt>{name}</dt><dd>{esc(text)}</dd>" for name, text in facts if text)
        back = terms.return_to if payment.status == SUCCESS else ""
        link = f'<p><a href="{esc(back)}" rel="noreferrer">Back to the shop</a></p>' if back else ""
        return f"<section><h2>Details</h2><dl>{rows}</dl>{link}</section>"


def _tick(status: str) -> str:
    if status == SUCCESS:
        return '<div class="tick" aria-hidden="true">✓</div>'
    if status == FAILED:
        return '<div class="tick bad" aria-hidden="true">✕</div>'
    return ""


def _hint(text: str) -> str:
    return f'<p class="hint">{esc(text)}</p>' if text else ""


def _steps(status: str) -> str:
    if status == FAILED:
        return ""
    reached = REACHED[status]
    items = "".join(
        f"<li{' class=done' if number < reached else ''}>{name}</li>"
        for number, name in enumerate(STEPS)
    )
    return f'<ol class="steps">{items}</ol>'


def _button(payment: Payment, action: str, label: str, style: str = "") -> str:
    css = f' class="{style}"' if style else ""
    return (
        f'<button type="submit" formaction="/code/{esc(payment.code)}/{action}" '
        f'data-action="{action}"{css}>{esc(label)}</button>'
    )


def _main_button(payment: Payment) -> str:
    if payment.status == UNPAID:
        return _button(payment, "pay", "Pay", "main")
    if payment.status == PAID_LESS and payment.asset:
        rest = f"{plain(payment.missing)} {payment.asset.symbol}"
        return _button(payment, "top_up", f"Top up {rest}", "main")
    return ""


def _grid(payment: Payment, actions: tuple[tuple[str, str, tuple[str, ...]], ...]) -> str:
    buttons = [
        _button(payment, action, label)
        for action, label, statuses in actions
        if payment.status in statuses and not (action == "second_transfer" and not payment.asset)
    ]
    return f'<div class="grid">{"".join(buttons)}</div>' if buttons else ""


def _settle(payment: Payment) -> str:
    if payment.status != SUCCESS or payment.settled_asset:
        return ""
    return _button(payment, "settle", "Settle to the shop")


def _fail(payment: Payment) -> str:
    """Any documented failure."""
    if payment.is_final:
        return ""
    options = "".join(
        f'<option value="{code}"{" selected" if code == VOLATILITY else ""}>'
        f"{code} {esc(text)}</option>"
        for code, text in FAILURES.items()
    )
    select = f'<select name="code" aria-label="Reason of failure">{options}</select>'
    return f'<div class="row">{select}{_button(payment, "fail", "Fail")}</div>'


def _transfers(payment: Payment) -> str:
    if not payment.transactions:
        return ""
    rows = "".join(
        f"<dt>{plain(item.amount)} {esc(item.asset.symbol)}</dt><dd>"
        f"{f'{item.confirmations}/{item.required} confirmed' if item.counted else 'sent back'}"
        "</dd>"
        for item in payment.transactions
    )
    return f"<section><h2>Transfers</h2><dl>{rows}</dl></section>"
