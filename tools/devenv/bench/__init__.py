"""What the addon costs and how fast it is, side by side with Odoo's own in the same run.

`command` prepares a run and reports it, in terms of `figures`. The measures stand in `http`,
`browser`, `size` and `load`, each with its name and a sentence about it; `lab` opens the shops
(`shops`), registers in Chromium (`till`) and simulated ones (`registers`) that they share.
"""
