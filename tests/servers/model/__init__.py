"""The model-based test: random orders of everything that can happen to payments, judged each step.

`till` is what registers do, `mixpay` what payers and MixPay do, `truth` what must always hold,
`machine` the rules that hypothesis plays, `kills` those with killed processes.
"""
