# SPDX-License-Identifier: Apache-2.0
"""A debian/copyright file as an SPDX licence expression.

The machine-readable format names a licence for each group of files; the
package is under all of them, so they are joined with AND. A name that SPDX
does not have becomes a LicenseRef-, never a guess. Free-form files are
recognized by the common licences that they point to.
"""

import re

from debian import parse_paragraphs

SPDX = {
    "agpl-3": "AGPL-3.0-only",
    "agpl-3+": "AGPL-3.0-or-later",
    "apache": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "artistic": "Artistic-1.0-Perl",
    "artistic-2": "Artistic-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-2-clauses": "BSD-2-Clause",
    "bsd-2": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-3-clauses": "BSD-3-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "bsd-4-clause-uc": "BSD-4-Clause-UC",
    "beerware": "Beerware",
    "bsl-1.0": "BSL-1.0",
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "cc-by-3.0": "CC-BY-3.0",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-3.0": "CC-BY-SA-3.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "curl": "curl",
    "expat": "MIT",
    "mit": "MIT",
    "gfdl-1.2": "GFDL-1.2-only",
    "gfdl-1.2+": "GFDL-1.2-or-later",
    "gfdl-1.3": "GFDL-1.3-only",
    "gfdl-1.3+": "GFDL-1.3-or-later",
    "gfdl-niv-1.2+": "GFDL-1.2-no-invariants-or-later",
    "gfdl-niv-1.3+": "GFDL-1.3-no-invariants-or-later",
    "gpl-1": "GPL-1.0-only",
    "gpl-1+": "GPL-1.0-or-later",
    "gpl": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-2.0+": "GPL-2.0-or-later",
    "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later",
    "gpl-3.0": "GPL-3.0-only",
    "gpl-3.0+": "GPL-3.0-or-later",
    "isc": "ISC",
    "lgpl": "LGPL-2.0-or-later",
    "lgpl-2": "LGPL-2.0-only",
    "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.0": "LGPL-2.0-only",
    "lgpl-2.0+": "LGPL-2.0-or-later",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3": "LGPL-3.0-only",
    "lgpl-3+": "LGPL-3.0-or-later",
    "lgpl-3.0": "LGPL-3.0-only",
    "lgpl-3.0+": "LGPL-3.0-or-later",
    "mpl-1.1": "MPL-1.1",
    "mpl-2.0": "MPL-2.0",
    "openssh": "SSH-OpenSSH",
    "openssl": "OpenSSL",
    "openldap": "OLDAP-2.8",
    "openldap-2.8": "OLDAP-2.8",
    "postgresql": "PostgreSQL",
    "psf-2": "PSF-2.0",
    "unicode": "Unicode-DFS-2016",
    "unlicense": "Unlicense",
    "wtfpl": "WTFPL",
    "x11": "X11",
    "zlib": "Zlib",
    "zlib/libpng": "Zlib",
    "0bsd": "0BSD",
}

SPDX.update({name.lower(): name for name in ("AFL-2.1", "FSFAP", "FSFUL", "FSFULLR", "Latex2e", "OLDAP-2.8", "TCL", "NTP", "HPND", "ICU")})

EXCEPTIONS = {
    ("autoconf", "2"): "Autoconf-exception-2.0",
    ("autoconf", "3"): "Autoconf-exception-3.0",
    ("bison", "2"): "Bison-exception-2.2",
    ("bison", "3"): "Bison-exception-2.2",
    ("gcc", "3"): "GCC-exception-3.1",
    ("libtool", "2"): "Libtool-exception",
    ("libtool", "3"): "Libtool-exception",
    ("linux-syscall-note", "2"): "Linux-syscall-note",
    ("classpath", "2"): "Classpath-exception-2.0",
    ("font", "2"): "Font-exception-2.0",
    ("texinfo", "3"): "Texinfo-exception",
    ("texinfo", "2"): "Texinfo-exception",
}

COMMON = re.compile(r"/usr/share/common-licenses/((?:L?GPL|GFDL|Apache|Artistic|BSD|MPL|CC0)(?:-[0-9.]*[0-9])?)")

UNKNOWN = "LicenseRef-debian-copyright"


def reference(name):
    return "LicenseRef-" + (re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.") or "unnamed")


def one_licence(name):
    """One licence name, perhaps 'GPL-2+ with OpenSSL exception'."""
    name = re.sub(r"^(?:and|or|and/or)\s+", "", re.sub(r"\s+", " ", name).strip(" ,;"), flags=re.IGNORECASE)
    if not name or name.lower() in ("none", "and", "or"):
        return None
    known = SPDX.get(name.lower())
    if known:
        return known
    match = re.match(r"(l?gpl-)([23])\S* with[ -](\S+?)(?:[ -]exception)?$", name.lower().replace("-with-", " with "))
    base = SPDX.get(name.lower().replace("-with-", " with ").split(" with ")[0])
    if match and base and (match[3], match[2]) in EXCEPTIONS:
        return f"{base} WITH {EXCEPTIONS[match[3], match[2]]}"
    return reference(name)


def expression(text):
    """A short name of the machine-readable format, with its 'and' and 'or', as SPDX."""
    alternatives = []
    for alternative in re.split(r"\s+or\s+|\s*\|\s*", text, flags=re.IGNORECASE):
        parts = re.split(r"\s+and\s+|\s*,\s*", alternative, flags=re.IGNORECASE)
        terms = sorted({term for term in map(one_licence, parts) if term})
        if terms:
            alternatives.append(" AND ".join(terms))
    unique = sorted(set(alternatives))
    if not unique:
        return None
    if len(unique) == 1:
        return unique[0]
    return "(" + " OR ".join(f"({part})" if " AND " in part else part for part in unique) + ")"


def from_free_text(text):
    later = re.search(r"any\s+later\s+version", text, re.IGNORECASE) is not None
    terms = set()
    for name in COMMON.findall(text):
        name = name.lower()
        versioned = SPDX.get(name + "+") if later else None
        terms.add(versioned or SPDX.get(name) or reference(name))
    if re.search(r"Permission is hereby granted, free of charge", text):
        terms.add("MIT")
    if re.search(r"Redistribution and use in source and binary forms", text):
        terms.add("BSD-3-Clause" if re.search(r"Neither the name|may not be used to endorse", text) else "BSD-2-Clause")
    if re.search(r"public domain", text, re.IGNORECASE) and not terms:
        terms.add(reference("public-domain"))
    return " AND ".join(sorted(terms)) or UNKNOWN


def from_copyright(text):
    """The whole file as one expression."""
    if not re.match(r"\s*(?:Format|Format-Specification):\s*\S*(?:copyright-format|dep5?|DEP5?)", text, re.IGNORECASE):
        return from_free_text(text)
    terms = set()
    for paragraph in parse_paragraphs(text):
        fields = {key.lower(): value for key, value in paragraph.items()}
        if "license" in fields and ("files" in fields or "format" in fields):
            term = expression(fields["license"].split("\n", 1)[0])
            if term:
                terms.update([term] if term.startswith("(") else term.split(" AND "))
    return " AND ".join(sorted(terms)) or from_free_text(text)
