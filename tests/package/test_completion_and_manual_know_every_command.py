"""What is made from the tables: completion in a real bash, and every command, option and key with its own --help text."""
import re
import subprocess

from lab.gateway import BINARIES


def complete(manual, program, *words):
    """What bash offers behind these words; the last one is what stands there so far."""
    line = " ".join(f"'{word}'" for word in (program, *words))
    script = (f"source {manual}/{program}.bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _{program}; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "--norc", "-euc", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=20, cwd="/")
    assert done.returncode == 0, done.stdout
    return done.stdout.split()


def help_of(*words):
    return subprocess.run([f"{BINARIES}/{words[0]}", *words[1:], "--help"], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=20).stdout


def commands():
    return re.findall(r"^  ([a-z]+) {2,}", help_of("proxyctl").split("Commands", 1)[1], re.M)


def squeezed(text):
    return re.sub(r"[\s\\]+", " ", text.replace("\\-", "-").replace("\\(dq", '"'))


def test_completion_offers_what_help_lists(manual):
    assert set(commands()) <= set(complete(manual, "proxyctl", ""))
    assert complete(manual, "proxyctl", "relo") == ["reload"]
    assert complete(manual, "proxyctl", "reload", "--c") == ["--confirm"]
    assert complete(manual, "proxyctl", "policy", "s") == ["shadow"]
    assert complete(manual, "proxyctl", "reload", "--confirm", "") == []   # a time of one's own
    assert "/etc" in complete(manual, "proxyctl", "--socket", "/et")
    assert "/etc" in complete(manual, "weir", "--config", "/et")
    assert complete(manual, "weir", "--ch") == ["--check"]
    for command in commands():
        offered = complete(manual, "proxyctl", command, "--")
        for option in re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_of("proxyctl", command), re.M):
            assert option in offered, (command, option)


def test_the_manual_says_what_help_says(manual):
    with open(f"{manual}/proxyctl.1", encoding="utf-8") as file:
        page = squeezed(file.read())
    whole = squeezed(help_of("proxyctl"))
    assert len(commands()) >= 10
    for command in commands():
        text = squeezed(help_of("proxyctl", command)).split(" Usage:")[0].strip()
        assert text and text in page, command
        assert f"fB{command}" in page.replace(" ", ""), command
        assert command in whole


def test_every_key_is_in_the_manual(manual, tmp_path):
    with open(f"{manual}/weir.toml.5", encoding="utf-8") as file:
        page = file.read()
    with open(f"{manual.split('build')[0]}daemon/config/keys.cpp", encoding="utf-8") as file:
        keys = re.findall(r'^    \{"([a-z]+)\.([a-z_]+)",', file.read(), re.M)
    assert len(keys) > 30
    for section, leaf in keys:
        behind = page.split(f"[{section}]", 1)[1]
        assert f"\\fB{leaf}\\fR" in behind, f"{section}.{leaf}"
