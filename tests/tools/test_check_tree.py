"""tools/check-tree can fail: each rule, broken once in a tree of its own."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = "include/weir :\nbpf : include/weir\nbase : include/weir\nhttp : base\nengine : base http\nmain : base\n"


def verdict(tree, **files):
    """(exit status, output) of check-tree over a small tree with these files on top."""
    (tree / "tools").mkdir()
    shutil.copy(ROOT / "tools/check-tree", tree / "tools/check-tree")
    content = {"tools/layers.txt": LAYERS, "daemon/README.md": "`base/a.h`\n", "daemon/base/a.h": "int a();\n"}
    for name, text in {**content, **files}.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    done = subprocess.run([str(tree / "tools/check-tree")], stdout=subprocess.PIPE, text=True, timeout=20)
    return done.returncode, done.stdout


def test_a_good_tree(tmp_path):
    assert verdict(tmp_path, **{"daemon/http/h.cpp": '#include "base/a.h"\nint f() {\n  return 1;\n}\n'}) == (0, "")


def body(lines):
    return "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


@pytest.mark.parametrize("name, text, complaint", [
    ("daemon/http/h.h", '#include "engine/e.h"\n', "http may not include engine"),
    ("daemon/http/h.h", '#include "nowhere/e.h"\n', "in no room"),
    ("daemon/attic/a.h", "int b();\n", "no row for attic"),
    ("tools/layers.txt", LAYERS.replace("base : include/weir", "base : http"), "a circle"),
    ("daemon/base/long.cpp", "int x;\n" * 601, "601 lines"),
    ("bpf/long.bpf.c", "int x;\n" * 501, "501 lines"),
    ("daemon/base/f.cpp", "namespace a {\nclass B {\n public:\n" + body(61) + "};\n}\n", "a function of 61 lines"),
    ("tests/t.py", "def f():\n" + "    g()\n" * 60, "a function of 61 lines"),
    ("daemon/engine/e.cpp", "#include <boost/asio/ip/tcp.hpp>\n", "Asio"),
    ("daemon/http/h.cpp", "auto t = std::chrono::steady_clock::now();\n", "reads a clock"),
    ("daemon/http/h.cpp", "#include <sys/socket.h>\n", "without I/O"),
    ("daemon/README.md", "`base/gone.h`\n", "base/gone.h, which does not exist"),
    ("tests/t.cpp", "  GTEST_" + "SKIP();\n", "may not test"),
    ("daemon/base/b.cpp", "// TO" + "DO\n", "a promise"),
], ids=str.split("include unknown row circle file bpf function python asio clock socket path skip promise"))
def test_each_rule(tmp_path, name, text, complaint):
    status, said = verdict(tmp_path, **{name: text})
    assert status == 1 and complaint in said and len(said.splitlines()) == 1, said


def test_a_function_of_sixty_lines_is_allowed(tmp_path):
    assert verdict(tmp_path, **{"daemon/base/f.cpp": body(60)}) == (0, "")
