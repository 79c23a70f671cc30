"""Entry point of the commands beside this file; see devenv/__init__.py."""

import sys

from devenv import bootstrap

if __name__ == "__main__":
    bootstrap.enter()

    from devenv import cli

    sys.exit(cli.main(sys.argv[1:]))
