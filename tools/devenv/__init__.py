"""The development environment of pos_mixpay: set-up, demo, tests, linters and measurements.

The commands in `tools/` make a virtual environment (`bootstrap`) and call `cli.main` in it.

Layers, from the bottom up:

==================  =================================================================
`paths`             where things are; artefacts in the cache, built once per set of inputs
`progress`          what is said while it happens
`session`           one run: its directory, its log files, and every process it started
`apt` `node`        Debian packages, and single files out of `sid`; JavaScript packages
`odoo` `browser`    Odoo 19, pointed to or downloaded; Debian's Chromium
`postgres`          a private PostgreSQL server per run
`environment`       all of these together: databases made from a template, running Odoo
`demo` `sale`       the shop to try out, and one sale in a real browser
`testing` `results` running the test layers and counting what really ran
`mutate`            one-line faults against the money rules, and the tests that notice them
`screens`           pictures of what people see, looked at by axe-core
`lint`              the linters, and faults seeded to see each of them fail
`trace` `bench`     how much code a request runs through; what it all costs
==================  =================================================================

Environment variables for people
--------------------------------
``POS_MIXPAY_CACHE``   cache folder (default: ``pos_mixpay`` in ``$XDG_CACHE_HOME``, ``~/.cache``)
``POS_MIXPAY_ODOO``    an Odoo 19 to use: its source tree, or the ``odoo-bin`` in one

Environment variables for the tests in ``tests/servers`` and ``tests/beside``
-----------------------------------------------------------------------------
``POS_MIXPAY_TEST_ODOO``         command line that starts Odoo, as a JSON list; options follow
``POS_MIXPAY_TEST_TEMPLATE``     database with the addon installed, to be cloned, never changed
``POS_MIXPAY_TEST_DATA_DIR``     Odoo's data folder; holds ``filestore/<database>``
``POS_MIXPAY_TEST_LOG_DIR``      folder for the servers' logs, kept after the run
``POS_MIXPAY_TEST_COMPANIONS``   what is to be installed in ``tests/beside``: ``module=version,…``

``ODOO_RC`` names the configuration file of all servers, so that Odoo needs no more than
``-d DATABASE --http-port PORT``. ``PGHOST`` and ``PGUSER`` are set too, so that plain
``psycopg2.connect`` works.
"""
