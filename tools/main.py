"""Entry point of the launchers beside this file; see devenv/__init__.py."""

import sys

from devenv.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
