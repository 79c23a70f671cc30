"""What the addon costs and how fast it is, side by side with Odoo's own in the same run.

`setup` prepares the environment outside of the virtual environment, `runner` measures inside of
it. `catalogue` lists the measures; they stand in `http`, `load`, `browser` and `size`. `stats` and
`report` know nothing of Odoo.
"""
