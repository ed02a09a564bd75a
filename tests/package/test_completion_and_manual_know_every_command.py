"""What is made from the tables: completion in real shells, and every command, option and key with its own --help text."""
import os
import pty
import re
import subprocess

import pytest

from lab.gateway import BINARIES, wait_for

# A zsh that, asked with Ctrl-T, writes down what its completion offers for the line as it stands, and clears the line.
ZSH = """
fpath=({manual} $fpath)
autoload -Uz compinit && compinit -u -D
unsetopt beep prompt_cr
zstyle ':completion:*' insert-tab false
offered=()
compadd() {{
  local -a found
  case ${{(j: :)@[1,(i)-(|-)]}} in
    *-[a-zA-Z]#[OAD]*) builtin compadd "$@"; return ;;
  esac
  builtin compadd -O found "$@"
  offered+=("${{found[@]}}")
  builtin compadd "$@"
}}
offer() {{ offered=(); _main_complete; print -rl -- "${{offered[@]}}" >{answer}.new; compstate[insert]=; compstate[list]=; }}
zle -C offer complete-word offer
tell() {{ zle offer; BUFFER=; mv {answer}.new {answer}; }}
zle -N tell
bindkey '^T' tell
: >{answer}
"""


def complete(manual, program, *words):
    """What bash offers behind these words; the last one is what stands there so far."""
    line = " ".join(f"'{word}'" for word in (program, *words))
    script = (f"source {manual}/{program}.bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _{program}; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "--norc", "-euc", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=20, cwd="/")
    assert done.returncode == 0, done.stdout
    return done.stdout.split()


@pytest.fixture
def zsh(manual, tmp_path):
    """zsh(words...): what zsh offers behind these words; the last one is what stands there so far."""
    answer = tmp_path / "answer"
    (tmp_path / ".zshrc").write_text(ZSH.format(manual=manual, answer=answer))
    master, slave = pty.openpty()
    env = {**os.environ, "ZDOTDIR": str(tmp_path), "TERM": "dumb", "PS1": ""}
    with subprocess.Popen(["zsh", "-d", "-i"], stdin=slave, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env,
                          cwd="/", start_new_session=True) as shell:
        os.close(slave)

        def ask(*words):
            wait_for("zsh to be ready", answer.exists, timeout=20)
            answer.unlink()
            os.write(master, " ".join(words).encode() + b"\x14")
            wait_for("what zsh offers", answer.exists, timeout=20)
            return [word.strip() for word in answer.read_text().split("\n") if word.strip()]

        yield ask
        os.close(master)
        shell.kill()


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


def test_zsh_offers_what_help_lists(zsh):
    assert set(zsh("proxyctl", "")) == set(commands())
    assert zsh("proxyctl", "relo") == ["reload"]
    assert zsh("proxyctl", "reload", "--c") == ["--confirm"]
    assert zsh("proxyctl", "policy", "s") == ["shadow"]
    assert zsh("proxyctl", "reload", "--confirm", "") == []   # a time of one's own
    assert "etc" in zsh("proxyctl", "--socket", "/et")[0]
    assert "etc" in zsh("weir", "--config", "/et")[0]
    assert zsh("weir", "--ch") == ["--check"]
    for command in commands():
        offered = zsh("proxyctl", command, "--")
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
