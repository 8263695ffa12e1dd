# SPDX-License-Identifier: Apache-2.0
"""Scriptlets as RPM distributions' macros expand them.

There are few shapes, and each package's rule only says which ones it needs.
The texts for units and accounts are those of systemd's rpm macros, so that a
reader of scriptlets who knows Fedora or CentOS knows these.
"""

import shlex

UNIT_SHAPES = {
    "post": ("-eq 1", "Initial installation", "install-system-units"),
    "preun": ("-eq 0", "Package removal, not upgrade", "remove-system-units"),
    "postun": ("-ge 1", "Package upgrade, not uninstall", "mark-restart-system-units"),
}

LDCONFIG = "/sbin/ldconfig"


def for_units(phase, units):
    test, comment, verb = UNIT_SHAPES[phase]
    return (
        "\n \n"
        f'if [ $1 {test} ] && [ -x "/usr/lib/systemd/systemd-update-helper" ]; then \n'
        f"    # {comment} \n"
        f"    /usr/lib/systemd/systemd-update-helper {verb} {' '.join(units)} || : \n"
        "fi \n"
    )


def sysusers_lines(text):
    """The u and g lines of a sysusers.d file: (kind, name, id, gecos, home, shell)."""
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] in ("u", "g"):
            yield tuple(word if word != "-" else "" for word in (words + ["-"] * 6)[:6])


def for_accounts(file_name, text):
    """What %sysusers_create_compat expands to."""
    lines = [f"# generated from {file_name}"]
    for kind, name, number, gecos, home, shell in sysusers_lines(text):
        if kind == "g":
            lines.append(f"getent group '{name}' >/dev/null || groupadd -r '{name}' || :")
            continue
        if number:
            raise ValueError(f"{file_name}: a fixed id for '{name}' belongs into the setup package")
        lines.append(f"getent group '{name}' >/dev/null || groupadd -r '{name}' || :")
        lines.append(f"getent passwd '{name}' >/dev/null || \\")
        lines.append(
            f"    useradd -r -g '{name}' -d '{home or '/'}' -s '{shell or '/usr/sbin/nologin'}' -c '{gecos}' '{name}' || :"
        )
    return "\n".join(lines) + "\n"


def for_tmpfiles(names):
    return "".join(f"systemd-tmpfiles --create {name} || :\n" for name in names)


def for_alternatives(rows):
    post, postun = [], ["if [ $1 -eq 0 ]; then"]
    for link, name, target, priority, followers in rows:
        text = f"/usr/sbin/update-alternatives --install {link} {name} {target} {priority}"
        for follower in followers:
            text += " \\\n    --slave " + " ".join(follower)
        post.append(text)
        postun.append(f"    /usr/sbin/update-alternatives --remove {name} {target}")
    postun.append("fi")
    return "\n".join(post) + "\n", "\n".join(postun) + "\n"


def collect(rule, is_library, accounts, tmpfiles):
    """Phase → body of one package. A body that is only ldconfig becomes the interpreter.

    `accounts` are (file name, text) of its sysusers.d files if %pre makes them;
    `tmpfiles` the names of its tmpfiles.d files.
    """
    bodies = {phase: [] for phase in ("pre", "post", "preun", "postun", "posttrans")}
    bodies["pre"] += [for_accounts(name, text) for name, text in accounts]
    if is_library:
        bodies["post"].append(LDCONFIG + "\n")
        bodies["postun"].append(LDCONFIG + "\n")
    if tmpfiles:
        bodies["post"].append(for_tmpfiles(tmpfiles))
    if rule.get("units"):
        for phase in UNIT_SHAPES:
            bodies[phase].append(for_units(phase, rule["units"]))
    if rule.get("alternatives"):
        post, postun = for_alternatives(rule["alternatives"])
        bodies["post"].append(post)
        bodies["postun"].append(postun)
    for phase, body in bodies.items():
        if phase in rule:
            body.append(rule[phase].strip("\n") + "\n")
    return {phase: "".join(body) for phase, body in bodies.items() if body}


def spec_sections(target, scriptlets, rule):
    """The sections of a spec; `target` is '' or '-n NAME'."""
    text = ""
    if "pretrans_lua" in rule:
        text += f"%pretrans {target} -p <lua>\n{escape(rule['pretrans_lua'].strip())}\n\n"
    for phase, body in scriptlets.items():
        if body == LDCONFIG + "\n":
            text += f"%{phase} {target} -p {LDCONFIG}\n\n"
        else:
            text += f"%{phase} {target}\n{escape(body)}\n"
    for line in rule.get("triggers", "").strip().splitlines():
        if line.startswith("%transfiletrigger"):
            word, rest = line.split(" ", 1)
            text += f"{word} {target} {rest}\n"
        else:
            text += escape(line) + "\n"
    return text + "\n"


def escape(text):
    return text.replace("%", "%%")
