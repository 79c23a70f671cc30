"""What the figures are measured on."""

import os
import platform
import re
import subprocess
from pathlib import Path

import psycopg2

from .. import browser
from .report import Machine


def describe() -> Machine:
    """This machine, and the versions of what is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        ram_gb=round(memory / 2**30, 1),
        load_before=round(os.getloadavg()[0], 2),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        odoo=_odoo(),
        postgresql=_postgresql(),
        chromium=_chromium(),
    )


def _cpu() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", file.read_text() if file.exists() else "")
    return found[1] if found else platform.processor() or "unknown"


def _odoo() -> str:
    command = f"{os.environ['POS_MIXPAY_TEST_ODOO']}"
    words = re.findall(r'"([^"]+)"', command)
    done = subprocess.run([*words, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _postgresql() -> str:
    connection = psycopg2.connect(
        dbname="postgres",
        host=os.environ["POS_MIXPAY_TEST_PGHOST"],
        user=os.environ["POS_MIXPAY_TEST_PGUSER"],
    )
    version = connection.server_version
    connection.close()
    return f"{version // 10000}.{version % 10000}"


def _chromium() -> str:
    command = [browser.program(), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
