"""MixPay without Odoo: the client, its errors, the states, amounts, links and QR codes.

Nothing here imports Odoo, so every piece can be read, typed and tested alone.
"""
