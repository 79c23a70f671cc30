"""What `tools/test` believes about a run: every way in which a test can silently not run."""

from devenv import results
from devenv.results import OdooLog

PREFIX = "2026-01-01 10:00:00,000 42"
TESTS = "odoo.addons.pos_mixpay.tests.test_money"


def log(*lines: str) -> str:
    return "\n".join(lines)


def start(name: str) -> str:
    return f"{PREFIX} INFO test {TESTS}: Starting TestMoney.{name} ..."


def summary(count: int, failed: int = 0) -> str:
    text = f"{failed} failed, 0 error(s) of {count} tests when loading database 'test'"
    return f"{PREFIX} INFO test odoo.tests.result: {text}"


def checked(text: str, written: list[str], hoot: int = 0, code: int = 0) -> results.Result:
    parsed = OdooLog(text)
    parsed.check([f"test_money.TestMoney.{name}" for name in written], hoot, code)
    return parsed.result


def test_all_ran():
    result = checked(log(start("test_a"), start("test_b"), summary(2)), ["test_a", "test_b"])
    assert (result.passed, result.failures) == (2, {})


def test_a_test_that_did_not_run_has_failed():
    result = checked(log(start("test_a"), summary(1)), ["test_a", "test_b"])
    assert result.failures == {"test_money.TestMoney.test_b": "did not run"}
    assert result.passed == 1


def test_a_skipped_test_has_failed():
    skip = f"{PREFIX} INFO test {TESTS}: skipped TestMoney.test_a : Chrome executable not found"
    result = checked(log(start("test_a"), skip, summary(1)), ["test_a"])
    assert result.failures == {
        "test_money.TestMoney.test_a": "skipped: Chrome executable not found"
    }
    assert result.passed == 0


def test_a_failure_is_one_failure_with_its_traceback():
    failure = f"{PREFIX} ERROR test {TESTS}: FAIL: TestMoney.test_a\nTraceback …\nAssertionError"
    result = checked(log(start("test_a"), failure, summary(1, 1)), ["test_a"], code=1)
    assert list(result.failures) == ["test_money.TestMoney.test_a"]
    assert "AssertionError" in result.failures["test_money.TestMoney.test_a"]


def test_an_error_in_the_log_fails_the_test_under_way():
    error = f"{PREFIX} ERROR test odoo.http: Exception during request handling."
    result = checked(log(start("test_a"), error, summary(1)), ["test_a"])
    assert list(result.failures) == ["test_money.TestMoney.test_a"]


def test_a_warning_about_the_addon_while_loading_fails():
    warning = f"{PREFIX} WARNING test odoo.modules.loading: The models ['pos_mixpay.x'] have no …"
    result = checked(log(warning, start("test_a"), summary(1)), ["test_a"])
    assert len(result.failures) == 1
    assert result.passed == 1


def test_no_count_at_the_end_fails():
    assert "Odoo" in checked(start("test_a"), ["test_a"]).failures


def test_another_count_than_seen_fails():
    assert "Odoo" in checked(log(start("test_a"), summary(2)), ["test_a"]).failures


def test_exit_status_alone_fails():
    assert "Odoo" in checked(log(start("test_a"), summary(1)), ["test_a"], code=1).failures


def test_hoot_tests_are_counted_from_the_browser_log():
    hoot = f"{PREFIX} INFO test {TESTS}.TestJs.browser: [HOOT] Passed 7 tests (9 assertions, …)"
    text = log(start("test_a"), hoot, summary(1))
    assert checked(text, ["test_a"], hoot=7).passed == 8
    assert checked(text, ["test_a"], hoot=8).failures == {"hoot unit tests": "8 written, 7 passed"}


def test_a_test_written_twice_has_failed(tmp_path):
    (tmp_path / "test_x.py").write_text("class T:\n  def test_a(self): 1\n  def test_a(self): 2\n")
    written = results.written_odoo_tests(tmp_path)
    assert written == ["test_x.T.test_a"] * 2
    logger = TESTS.replace("test_money", "test_x")
    started = f"{PREFIX} INFO test {logger}: Starting T.test_a ..."
    parsed = OdooLog(log(started, summary(1)))
    parsed.check(written, 0, 0)
    assert parsed.result.failures == {"test_x.T.test_a": "written 2 times"}


def test_hoot_tests_switched_off_are_seen(tmp_path):
    lines = ('test("a", f);', 'test.tags("desktop")("b", f);', 'test.skip("c", f);')
    (tmp_path / "a.test.js").write_text("\n".join(lines))
    count, switched_off = results.written_hoot_tests(tmp_path)
    assert count == 3
    assert switched_off == ["a.test.js: test.skip"]


JUNIT = """<testsuites><testsuite>
<testcase classname="test_x" name="test_a[1]"/>
<testcase classname="test_x" name="test_a[2]"/>
<testcase classname="test_x.TestB" name="test_b"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def test_pytest_skipped_and_uncollected_have_failed(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "def test_a(): ...\nclass TestB:\n  def test_b(self): ...\n  def test_c(self): ...\n"
    )
    (tmp_path / "money_tests.py").write_text("def test_uncollected(): ...\n")
    (tmp_path / "report.xml").write_text(JUNIT)
    result = results.read_junit(tmp_path / "report.xml", tmp_path, everything=True)
    folder = tmp_path.name
    assert result.passed == 2
    assert result.failures == {
        f"{folder}: test_x.TestB.test_b": "skipped: no browser",
        f"{folder}: test_x.TestB.test_c": "did not run",
        f"{folder}: money_tests.test_uncollected": "did not run",
    }
