# SPDX-License-Identifier: Apache-2.0
"""The repository's throw-away key, and what it signs.

The key is made once and kept beside the repository. Every signature carries
the key's own creation time, so that the same packages signed again with the
same key are the same bytes.
"""

import os
import shutil
import subprocess

USER = "imagebuild throw-away repository key"


class SignError(Exception):
    """gpg or rpmsign failed; the text holds their words."""


class Signer:
    def __init__(self, folder, home):
        self.folder, self.home = os.path.abspath(folder), home
        self.fingerprint, self.time = "", 0

    def gpg(self, *words, text=None):
        command = ["/usr/bin/gpg", "--homedir", self.folder, "--no-options", "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        environment = {"HOME": self.home, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        run = subprocess.run(command + list(words), env=environment, input=text, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SignError(f"gpg {words[0]} failed: {run.stderr.strip()}")
        return run.stdout

    def open(self):
        """Make the key unless it is there; read its fingerprint and time."""
        if not os.path.isdir(self.folder):
            fresh = self.folder + ".new"
            shutil.rmtree(fresh, ignore_errors=True)
            os.makedirs(fresh, mode=0o700)
            maker = Signer(fresh, self.home)
            maker.gpg("--quick-generate-key", USER, "rsa3072", "sign", "10y")
            maker.stop()
            os.rename(fresh, self.folder)
        rows = [line.split(":") for line in self.gpg("--with-colons", "--list-secret-keys").splitlines()]
        self.time = int(next(row[5] for row in rows if row[0] == "sec"))
        self.fingerprint = next(row[9] for row in rows if row[0] == "fpr")

    def stop(self):
        """gpg leaves an agent behind; end the one of this folder."""
        subprocess.run(["gpgconf", "--homedir", self.folder, "--kill", "all"], env={"HOME": self.home, "PATH": "/usr/bin:/bin"}, check=False, capture_output=True)

    def export(self, path):
        text = self.gpg("--armor", "--export-options", "export-minimal", "--export", self.fingerprint)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)

    def sign_file(self, path):
        """path.asc, detached and armoured."""
        if os.path.exists(path + ".asc"):
            os.unlink(path + ".asc")
        self.gpg("--faked-system-time", f"{self.time}!", "--digest-algo", "sha256", "--local-user", self.fingerprint, "--armor", "--detach-sign", "--output", path + ".asc", path)

    def macros(self, path):
        """rpm macros with which rpmsign uses this key at this time."""
        command = (
            f"%{{__gpg}} gpg --homedir {self.folder} --no-options --batch --no-verbose --no-armor --no-tty --quiet "
            f"--pinentry-mode loopback --passphrase '' --faked-system-time {self.time}! --digest-algo sha256 "
            "-u %{_gpg_name} -sbo %{__signature_filename} %{__plaintext_filename}"
        )
        with open(path, "w", encoding="ascii") as out:
            out.write(f"%__gpg /usr/bin/gpg\n%_gpg_name {self.fingerprint}\n%_gpg_path {self.folder}\n%__gpg_sign_cmd {command}\n")

    def sign_packages(self, paths, work, jobs):
        macros = os.path.join(work, "sign.macros")
        self.macros(macros)
        options = ["--rcfile=/usr/lib/rpm/rpmrc", f"--macros=/usr/lib/rpm/macros:{macros}"]
        environment = {"HOME": self.home, "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        running = []
        for job in range(jobs):
            part = sorted(paths)[job::jobs]
            if part:
                command = ["rpmsign", *options, "--addsign", *part]
                running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        for process in running:
            output = process.communicate()[0]
            if process.returncode != 0:
                raise SignError(f"rpmsign failed: {output.strip()}")
