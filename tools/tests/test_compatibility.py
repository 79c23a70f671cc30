"""`docs/compatibility.md` says what is tested, with which versions: neither more nor less."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from devenv import environment, results, testing

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "compatibility.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    written = results.written_tests(ROOT / "tests" / "compat", "test_*.py")
    named = set(re.findall(r"`(Test\w+\.test_\w+)`", DOCUMENT))
    assert len(named) > 10
    assert named - {name.partition(".")[2] for name in written} == set()


def test_versions_of_ocas_modules_are_the_pinned_ones() -> None:
    pinned = environment.OCA.read_text()
    listed = re.findall(r"^\| `(\w+)` \| (19\.0\.[\d.]+) \|", DOCUMENT, re.M)
    assert len(listed) > 10
    for module, version in listed:
        package = f"odoo-addon-{module.replace('_', '-')}"
        # The package's version may have another number behind the module's own.
        assert re.search(rf"^{package}=={re.escape(version)}[ .]", pinned, re.M), module


def test_modules_are_found_by_what_they_depend_on() -> None:
    manifests = {
        "base": {},
        "shop": {"depends": ["base"]},
        "table": {"depends": ["shop"]},
        "guest": {"depends": ["base", "table"]},
        "other": {"depends": ["base", "missing"]},
    }
    assert environment.building_on("shop", manifests) == ["table", "guest"]


def test_modules_that_cannot_be_installed_are_left_out(tmp_path: Path) -> None:
    for name, manifest in {"old": "{'installable': False}", "new": "{'depends': []}"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__manifest__.py").write_text(manifest)
    assert list(environment.read_manifests([tmp_path])) == ["new"]


def test_only_a_quick_run_leaves_it_out() -> None:
    parser = argparse.ArgumentParser()
    testing.add_options(parser)
    everything = set(testing.LAYERS)
    assert set(testing.chosen_layers(parser.parse_args([]))) == everything
    assert set(testing.chosen_layers(parser.parse_args(["--quick"]))) == everything - {
        "compat",
        "languages",
    }
    assert testing.chosen_layers(parser.parse_args(["--quick", "compat"])) == ["compat"]


def test_ci_runs_everything() -> None:
    assert "exec tools/test\n" in (ROOT / ".ci" / "run").read_text()
