/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/prune.h"

#include <fnmatch.h>
#include <string.h>

#define MAX_PATTERNS 48

/* Folders need no patterns: they go with the last of their files (tree/package.c). */
static const struct kind {
	const char *name;
	const char *patterns[MAX_PATTERNS]; /* as many as there are; then NULL */
} kinds[] = {
	{ "caches",
	  { "/var/cache/*/*", "/usr/share/icons/*/icon-theme.cache", "/usr/share/mime/mime.cache",
	    "*/__pycache__/*", "*.pyc", "*.pyo", "/var/log/*.log",
	    "/usr/lib/*/gio/modules/giomodule.cache" } },
	{ "completions",
	  { "/usr/share/bash-completion/*", "/etc/bash_completion.d/*", "/usr/share/zsh/*",
	    "/usr/share/fish/*" } },
	{ "debug", { "/usr/lib/debug/*", "/usr/src/debug/*" } },
	{ "documentation",
	  { "/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/gtk-doc/*",
	    "/usr/share/help/*", "/usr/share/doc-base/*", "/usr/share/lintian/*" } },
	{ "headers",
	  { "/usr/include/*", "/usr/share/pkgconfig/*", "/usr/lib*/pkgconfig/*",
	    "/usr/lib*/cmake/*", "/usr/share/cmake*/*", "/usr/share/aclocal/*",
	    "/usr/share/gir-1.0/*", "/usr/share/vala/*" } },
	{ "languages", { NULL } }, /* names of languages are read: see is_of_language() */
	{ "package-manager",
	  { "/usr/bin/rpm",
	    "/usr/bin/rpm[!a-z]*",
	    "/usr/bin/rpmbuild",
	    "/usr/bin/rpmdb",
	    "/usr/bin/rpmgraph",
	    "/usr/bin/rpmkeys",
	    "/usr/bin/rpmlua",
	    "/usr/bin/rpmquery",
	    "/usr/bin/rpmsign",
	    "/usr/bin/rpmspec",
	    "/usr/bin/rpmverify",
	    "/usr/bin/gendiff",
	    "/usr/bin/dnf*",
	    "/usr/bin/yum*",
	    "/usr/bin/microdnf",
	    "/usr/bin/tdnf*",
	    "/usr/bin/zypper",
	    "/usr/bin/apt",
	    "/usr/bin/apt-*",
	    "/usr/bin/dpkg*",
	    "/usr/lib/rpm/*",
	    "/usr/lib*/librpm*.so*",
	    "/usr/lib*/rpm-plugins/*",
	    "/usr/lib*/libdnf*",
	    "/usr/lib*/libtdnf*",
	    "/usr/lib*/libzypp*",
	    "/usr/lib*/python*/site-packages/dnf*",
	    "/usr/lib*/python*/site-packages/rpm*",
	    "/usr/share/dnf*",
	    "/usr/lib/dnf*",
	    "/etc/dnf/*",
	    "/etc/yum/*",
	    "/etc/yum.conf",
	    "/etc/tdnf/*",
	    "/etc/zypp/*",
	    "/etc/rpm/*",
	    "/etc/apt/*" } },
	{ "static-libraries", { "/usr/lib*.a", "/usr/lib*.la", "/usr/lib*/*crt[1in].o" } },
};

/* Names of files that say under which terms the rest may be passed on. */
static const char *const licences[] = {
	"/usr/share/licenses", "/usr/share/licenses/*",
	"*/copyright",         "*/LICEN[CS]E*",
	"*/COPYING*",          "*/NOTICE*",
};

const char *ib_prune_kind_name(size_t i)
{
	return i < IB_COUNT(kinds) ? kinds[i].name : NULL;
}

/* Where the path will lie: the merged /usr of today's distributions. */
static char *merged(const char *path)
{
	static const char *const aliases[] = { "/bin/",   "/sbin/",  "/lib/",
					       "/lib32/", "/lib64/", "/libx32/" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(aliases); i++)
		if (ib_str_starts(path, aliases[i]))
			return ib_strf("/usr%s", path);
	return ib_strdup(path);
}

bool ib_path_matches(const char *pattern, const char *path)
{
	ib_autofree char *at = merged(path);

	return !fnmatch(pattern, at, 0) || !fnmatch(pattern, path, 0);
}

static bool matches_any(const char *const *patterns, size_t count, const char *path)
{
	size_t i = 0;

	for (i = 0; i < count && patterns[i]; i++)
		if (!fnmatch(patterns[i], path, 0))
			return true;
	return false;
}

/* ---- languages ----------------------------------------------------------- */

/* "pt_BR.UTF-8" is of pt_BR and of pt; what begins like no language is of none. */
static bool is_kept_language(const struct ib_prune_rules *rules, const char *name, size_t length)
{
	size_t i = 0;

	for (i = 0; i < rules->language_count; i++) {
		const char *language = rules->languages[i];
		size_t its = strlen(language);

		if (length >= its && !strncmp(name, language, its) &&
		    (length == its || strchr("_.@", name[its])))
			return true;
	}
	return false;
}

static bool looks_like_language(const char *name, size_t length)
{
	size_t letters = 0;

	while (letters < length && name[letters] >= 'a' && name[letters] <= 'z')
		letters++;
	return letters >= 2 && letters <= 3 && (letters == length || strchr("_.@", name[letters]));
}

/* A file below /usr/share/locale/LANGUAGE or /usr/share/man/LANGUAGE that is not kept. */
static bool is_of_language(const struct ib_prune_rules *rules, const char *path)
{
	static const char *const folders[] = { "/usr/share/locale/", "/usr/share/man/",
					       "/usr/share/help/" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++) {
		const char *name = path + strlen(folders[i]);
		size_t length = 0;

		if (!ib_str_starts(path, folders[i]))
			continue;
		length = strcspn(name, "/");
		return looks_like_language(name, length) && !is_kept_language(rules, name, length);
	}
	return false;
}

/* ---- all rules ------------------------------------------------------------ */

static bool is_of_kind(const struct ib_prune_rules *rules, const char *name, const char *path)
{
	size_t i = 0;

	if (!strcmp(name, "languages"))
		return is_of_language(rules, path);
	for (i = 0; i < IB_COUNT(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return matches_any(kinds[i].patterns, MAX_PATTERNS, path);
	return false;
}

bool ib_prune_keeps(const struct ib_prune_rules *rules, const char *path)
{
	ib_autofree char *at = NULL;
	size_t i = 0;

	if (!rules->kind_count && !rules->path_count)
		return true;
	at = merged(path);
	if (matches_any(rules->keep, rules->keep_count, at))
		return true;
	if (matches_any(rules->paths, rules->path_count, at))
		return false;
	if (matches_any(licences, IB_COUNT(licences), at))
		return true;
	for (i = 0; i < rules->kind_count; i++)
		if (is_of_kind(rules, rules->kinds[i], at))
			return false;
	return true;
}
