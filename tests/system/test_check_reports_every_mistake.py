"""weir --check tells of every mistake at once, with its line and, where a word is nearly right, the right one."""
from lab.gateway import check

GOOD = """
[gateway]
lan = ["lan0"]
[[group]]
name = "kids"
clients = ["192.168.1.32/27", "2001:db8::/64"]
[[list]]
name = "few"
names = [".x.example", "y.example"]
[[rule]]
name = "night"
client = ["@kids", "!192.168.1.33"]
host = ["@few", "!good.x.example"]
port = [80, "8000-8100"]
action = "block"
"""


def test_good(tmp_path):
    status, said = check(GOOD, tmp_path)
    assert status == 0, said


def test_all_mistakes_with_their_lines(tmp_path):
    status, said = check("""[gateway]
lan = ["lan0"]
florr = "splice"
on_failure = "opne"
[limits]
head = "10 parsecs"
[[rule]]
name = "r"
client = ["@kidz"]
host = ["not a name"]
action = "block"
[[group]]
name = "kids"
clients = ["10.0.0.300"]
""", tmp_path)
    assert status == 1
    for line, word in ((3, "florr"), (4, "opne"), (6, "10 parsecs"), (9, "kidz"), (10, "not a name"), (14, "10.0.0.300")):
        assert any(f":{line}" in told and word in told for told in said.splitlines()), (line, word, said)
    for suggestion in ("floor", "open", "kids"):
        assert suggestion in said


def test_first_syntax_error_with_its_line(tmp_path):
    status, said = check('[gateway]\nlan = ["lan0"]\nhttp = [80\n[limits]\n', tmp_path)
    assert status == 1 and ":4" in said or ":3" in said


def test_a_feature_that_does_not_exist_yet_is_unknown(tmp_path):
    status, said = check('[gateway]\nlan = ["lan0"]\n[tls]\nintercept = ["*"]\n', tmp_path)
    assert status == 1 and "tls" in said


def test_a_missing_file_is_one_message():
    import subprocess

    from lab.gateway import BINARIES
    done = subprocess.run([f"{BINARIES}/weir", "--check", "--config", "/nonexistent/weir.toml"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10)
    assert done.returncode == 1 and "/nonexistent/weir.toml" in done.stdout and len(done.stdout.splitlines()) <= 2
