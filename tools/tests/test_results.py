"""What `tools/test` believes about a run: every way in which a test can silently not run."""

import pytest
from devenv import results

PREFIX = "2026-01-01 10:00:00,000 42"
TESTS = "odoo.addons.pos_mixpay.tests.test_money"
TEST_A = "test_money.TestMoney.test_a"


def start(name: str) -> str:
    return f"{PREFIX} INFO test {TESTS}: Starting TestMoney.{name} ..."


def summary(count: int, failed: int = 0) -> str:
    text = f"{failed} failed, 0 error(s) of {count} tests when loading database 'test'"
    return f"{PREFIX} INFO test odoo.tests.result: {text}"


def failures(found: results.Results) -> dict[str, str]:
    return {name: trouble for name, trouble in found.items() if trouble}


def read(*lines: str, code: int = 0) -> results.Results:
    return results.read_odoo_log("\n".join(lines), code)


# -- Odoo's log --------------------------------------------------------------------------------


def test_all_ran():
    found = read(start("test_a"), start("test_b"), summary(2))
    results.check_all_ran(found, [TEST_A, "test_money.TestMoney.test_b"])
    assert results.count(found) == (2, 0)


def test_a_test_that_did_not_run_has_failed():
    found = read(start("test_a"), summary(1))
    results.check_all_ran(found, [TEST_A, "test_money.TestMoney.test_b"])
    assert failures(found) == {"test_money.TestMoney.test_b": "did not run"}
    assert results.count(found) == (1, 1)


def test_a_skipped_test_has_failed():
    skip = f"{PREFIX} INFO test {TESTS}: skipped TestMoney.test_a : Chrome executable not found"
    found = read(start("test_a"), skip, summary(1))
    assert found == {TEST_A: "skipped: Chrome executable not found"}


def test_a_failure_is_one_failure_with_its_traceback():
    failure = f"{PREFIX} ERROR test {TESTS}: FAIL: TestMoney.test_a\nTraceback …\nAssertionError"
    found = read(start("test_a"), failure, summary(1, 1), code=1)
    assert list(found) == [TEST_A]
    assert "AssertionError" in found[TEST_A]


def test_an_error_in_the_log_fails_the_test_under_way():
    error = f"{PREFIX} ERROR test odoo.http: Exception during request handling."
    assert list(failures(read(start("test_a"), error, summary(1)))) == [TEST_A]


def test_a_warning_about_the_addon_while_loading_fails():
    warning = f"{PREFIX} WARNING test odoo.modules.loading: The models ['pos_mixpay.x'] have no …"
    assert results.count(read(warning, start("test_a"), summary(1))) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([start("test_a")], 0),
        ([start("test_a"), summary(2)], 0),
        ([start("test_a"), summary(1)], 1),
    ],
    ids=["no count at the end", "another count than seen", "exit status alone"],
)
def test_an_odd_end_fails(lines, code):
    assert list(failures(read(*lines, code=code))) == ["Odoo"]


# -- JavaScript --------------------------------------------------------------------------------


def hoot_folder(folder, *lines: str):
    (folder / "a.test.js").write_text("\n".join(lines))
    return folder


def test_hoot_tests_are_counted_from_the_browser_log(tmp_path):
    folder = hoot_folder(tmp_path, 'test("a", f);', 'test.tags("desktop")("b", f);')
    for passed, expected in ((2, {}), (1, {"hoot unit tests": "2 written, 1 passed"})):
        said = f"[HOOT] Passed {passed} tests (9 assertions, …)"
        hoot = f"{PREFIX} INFO test {TESTS}.TestJs.browser: {said}"
        found = read(start("test_a"), hoot, summary(1))
        assert results.count(found) == (1 + passed, 0)
        results.check_hoot(found, folder)
        assert failures(found) == expected


def test_hoot_tests_switched_off_are_seen(tmp_path):
    found = {"hoot test 1": ""}
    results.check_hoot(found, hoot_folder(tmp_path, 'test.skip("c", f);'))
    assert list(failures(found)) == ["a.test.js: test.skip"]


# -- what is written ---------------------------------------------------------------------------


def test_a_test_written_twice_has_failed(tmp_path):
    (tmp_path / "test_x.py").write_text("class T:\n  def test_a(self): 1\n  def test_a(self): 2\n")
    written = list(results.written_tests(tmp_path, "test_*.py"))
    assert written == ["test_x.T.test_a"] * 2
    found = {"test_x.T.test_a": ""}
    results.check_all_ran(found, written)
    assert found == {"test_x.T.test_a": "written 2 times"}


JUNIT = """<testsuites><testsuite>
<testcase classname="test_x" name="test_a[1]"/>
<testcase classname="test_x" name="test_a[2]"/>
<testcase classname="test_x" name="test_d"><failure>No.</failure></testcase>
<testcase classname="test_x.TestB" name="test_b"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def test_pytest_skipped_and_uncollected_have_failed(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "def test_a(): ...\ndef test_d(): ...\n"
        "class TestB:\n  def test_b(self): ...\n  def test_c(self): ...\n"
    )
    (tmp_path / "money_tests.py").write_text("def test_uncollected(): ...\n")
    (tmp_path / "report.xml").write_text(JUNIT)
    found = results.read_junit(tmp_path / "report.xml")
    results.check_all_ran(found, results.written_tests(tmp_path, "**/*.py"))
    assert results.count(found) == (2, 4)
    assert failures(found) == {
        "test_x.test_d": "failure: No.",
        "test_x.TestB.test_b": "skipped: no browser",
        "test_x.TestB.test_c": "did not run",
        "money_tests.test_uncollected": "did not run",
    }
