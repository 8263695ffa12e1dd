/* SPDX-License-Identifier: Apache-2.0 */
#include "build/repodata.h"

#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"

#define MAX_XML ((size_t)1 << 30)

/* rpm's flags of a requirement that must be there before scriptlets run (rpmds.h). */
#define SENSE_PREREQUISITE ((1U << 6) | (1U << 9) | (1U << 10))

/* XML 1.0 text: five characters stand for themselves no more, control characters not at all. */
static void put_text(struct ib_buffer *b, const char *text)
{
	bool is_utf8 = ib_str_is_utf8(text, strlen(text));

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			ib_buffer_puts(b, "&amp;");
		else if (c == '<')
			ib_buffer_puts(b, "&lt;");
		else if (c == '>')
			ib_buffer_puts(b, "&gt;");
		else if (c == '"')
			ib_buffer_puts(b, "&quot;");
		else if ((c < 0x20 && c != '\n' && c != '\t') || (c > 0x7e && !is_utf8))
			ib_buffer_puts(b, "?");
		else
			ib_buffer_put_u8(b, c);
	}
}

static void put_element(struct ib_buffer *b, const char *name, const char *text)
{
	ib_buffer_putf(b, "  <%s>", name);
	put_text(b, text ? text : "");
	ib_buffer_putf(b, "</%s>\n", name);
}

static void put_attribute(struct ib_buffer *b, const char *name, const char *text)
{
	ib_buffer_putf(b, " %s=\"", name);
	put_text(b, text);
	ib_buffer_puts(b, "\"");
}

static void put_version(struct ib_buffer *b, const struct ib_package *package)
{
	ib_buffer_puts(b, "<version");
	put_attribute(b, "epoch", package->epoch ? package->epoch : "0");
	put_attribute(b, "ver", package->version);
	put_attribute(b, "rel", package->release);
	ib_buffer_puts(b, "/>\n");
}

/* Those that requirements name most: the rest stands in the file lists. */
static bool is_primary(const char *path)
{
	return ib_str_starts(path, "/etc/") || strstr(path, "bin/") ||
	       ib_str_equal(path, "/usr/lib/sendmail");
}

/* ---- dependencies -------------------------------------------------------- */

static const char *sense_of(uint32_t flags)
{
	static const char *const names[] = { NULL, "LT", "GT", NULL, "EQ", "LE", "GE", NULL };

	return names[(flags >> 1) & 7];
}

/* "[epoch:]version[-release]" as three attributes. */
static void put_evr(struct ib_buffer *b, const char *evr)
{
	const char *colon = strchr(evr, ':');
	const char *version = colon ? colon + 1 : evr;
	const char *dash = strrchr(version, '-');
	ib_autofree char *epoch = colon ? ib_strndup(evr, (size_t)(colon - evr)) : ib_strdup("0");
	ib_autofree char *plain =
		dash ? ib_strndup(version, (size_t)(dash - version)) : ib_strdup(version);

	put_attribute(b, "epoch", epoch);
	put_attribute(b, "ver", plain);
	if (dash)
		put_attribute(b, "rel", dash + 1);
}

static void put_dependency(struct ib_buffer *b, const struct ib_dependency *dependency, bool is_pre)
{
	const char *sense = *dependency->evr ? sense_of(dependency->flags) : NULL;

	ib_buffer_puts(b, "      <rpm:entry");
	put_attribute(b, "name", dependency->name);
	if (sense) {
		put_attribute(b, "flags", sense);
		put_evr(b, dependency->evr);
	}
	if (is_pre)
		put_attribute(b, "pre", "1");
	ib_buffer_puts(b, "/>\n");
}

/* Two that say the same, but for when they must be there, have the same name here. */
static char *dependency_key(const struct ib_dependency *dependency, const char *kind)
{
	return ib_strf("%s %s %u %s", kind, dependency->name, (dependency->flags >> 1) & 7,
		       dependency->evr);
}

/* A path that the package itself has or provides need not be found elsewhere. */
static void note_own_paths(const struct ib_package *package, struct ib_map *own)
{
	size_t i = 0;

	for (i = 0; i < package->provides.count; i++)
		if (*package->provides.items[i].name == '/')
			ib_map_set(own, package->provides.items[i].name, own);
	for (i = 0; i < package->file_count; i++)
		if (is_primary(package->files[i].path))
			ib_map_set(own, package->files[i].path, own);
}

static void note_prerequisites(const struct ib_dependencies *list, struct ib_map *seen)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		ib_autofree char *key = dependency_key(&list->items[i], "pre");

		if (list->items[i].flags & SENSE_PREREQUISITE)
			ib_map_set(seen, key, seen);
	}
}

/* What rpm itself has to be able to do is no business of a repository. */
static void put_dependencies(struct ib_buffer *b, const char *name,
			     const struct ib_dependencies *list, const struct ib_package *package)
{
	bool is_requirement = ib_str_equal(name, "requires");
	IB_AUTO(ib_map) seen = ib_map_new();
	IB_AUTO(ib_map) own = ib_map_new();
	size_t put = 0;
	size_t i = 0;

	if (is_requirement) {
		note_prerequisites(list, seen);
		note_own_paths(package, own);
	}
	for (i = 0; i < list->count; i++) {
		ib_autofree char *key = dependency_key(&list->items[i], "any");
		ib_autofree char *pre = dependency_key(&list->items[i], "pre");

		if ((is_requirement && ib_str_starts(list->items[i].name, "rpmlib(")) ||
		    ib_map_has(own, list->items[i].name) || ib_map_set(seen, key, seen))
			continue;
		if (!put++)
			ib_buffer_putf(b, "    <rpm:%s>\n", name);
		put_dependency(b, &list->items[i], ib_map_has(seen, pre));
	}
	if (put)
		ib_buffer_putf(b, "    </rpm:%s>\n", name);
}

/* ---- files --------------------------------------------------------------- */

static void put_files(struct ib_buffer *b, const struct ib_package *package, bool only_primary)
{
	size_t i = 0;

	for (i = 0; i < package->file_count; i++) {
		const struct ib_package_file *file = &package->files[i];

		if (only_primary && !is_primary(file->path))
			continue;
		ib_buffer_puts(b, "    <file");
		if (S_ISDIR(file->mode))
			put_attribute(b, "type", "dir");
		else if (file->flags & IB_FILE_GHOST)
			put_attribute(b, "type", "ghost");
		ib_buffer_puts(b, ">");
		put_text(b, file->path);
		ib_buffer_puts(b, "</file>\n");
	}
}

/* ---- one package in each of three files ---------------------------------- */

static void put_primary(struct ib_buffer *b, const struct ib_repodata_package *item)
{
	const struct ib_package *package = item->package;

	ib_buffer_puts(b, "<package type=\"rpm\">\n");
	put_element(b, "name", package->name);
	put_element(b, "arch", package->arch);
	ib_buffer_puts(b, "  ");
	put_version(b, package);
	ib_buffer_putf(b, "  <checksum type=\"sha256\" pkgid=\"YES\">%s</checksum>\n",
		       package->sha256);
	put_element(b, "summary", package->summary);
	put_element(b, "description", package->description);
	put_element(b, "packager", package->packager);
	put_element(b, "url", package->url);
	ib_buffer_putf(b, "  <time file=\"%lld\" build=\"%lld\"/>\n",
		       (long long)package->build_time, (long long)package->build_time);
	ib_buffer_putf(b, "  <size package=\"%llu\" installed=\"%llu\" archive=\"%llu\"/>\n",
		       (unsigned long long)package->size,
		       (unsigned long long)package->installed_size,
		       (unsigned long long)package->installed_size);
	ib_buffer_puts(b, "  <location");
	put_attribute(b, "href", item->location);
	ib_buffer_puts(b, "/>\n  <format>\n");
	put_element(b, "rpm:license", package->license);
	put_element(b, "rpm:vendor", package->vendor);
	put_element(b, "rpm:group", package->group);
	put_element(b, "rpm:buildhost", package->build_host);
	put_element(b, "rpm:sourcerpm", package->source_rpm);
	ib_buffer_putf(b, "    <rpm:header-range start=\"%llu\" end=\"%llu\"/>\n",
		       (unsigned long long)item->header_start,
		       (unsigned long long)item->header_end);
	put_dependencies(b, "provides", &package->provides, package);
	put_dependencies(b, "requires", &package->requires, package);
	put_dependencies(b, "conflicts", &package->conflicts, package);
	put_dependencies(b, "obsoletes", &package->obsoletes, package);
	put_dependencies(b, "suggests", &package->suggests, package);
	put_dependencies(b, "enhances", &package->enhances, package);
	put_dependencies(b, "recommends", &package->recommends, package);
	put_dependencies(b, "supplements", &package->supplements, package);
	put_files(b, package, true);
	ib_buffer_puts(b, "  </format>\n</package>\n");
}

static void put_head(struct ib_buffer *b, const struct ib_repodata_package *item)
{
	ib_buffer_puts(b, "<package");
	put_attribute(b, "pkgid", item->package->sha256);
	put_attribute(b, "name", item->package->name);
	put_attribute(b, "arch", item->package->arch);
	ib_buffer_puts(b, ">\n  ");
	put_version(b, item->package);
}

static void put_filelists(struct ib_buffer *b, const struct ib_repodata_package *item)
{
	put_head(b, item);
	put_files(b, item->package, false);
	ib_buffer_puts(b, "</package>\n");
}

static void put_other(struct ib_buffer *b, const struct ib_repodata_package *item)
{
	put_head(b, item);
	ib_buffer_puts(b, "</package>\n");
}

/* ---- the documents ------------------------------------------------------- */

static const struct document {
	const char *type, *root, *attributes;
	void (*put)(struct ib_buffer *b, const struct ib_repodata_package *item);
} documents[] = {
	{ "primary", "metadata",
	  "xmlns=\"http://linux.duke.edu/metadata/common\" "
	  "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\"",
	  put_primary },
	{ "filelists", "filelists", "xmlns=\"http://linux.duke.edu/metadata/filelists\"",
	  put_filelists },
	{ "other", "otherdata", "xmlns=\"http://linux.duke.edu/metadata/other\"", put_other },
};

static int write_document(const char *folder, const struct document *document,
			  const struct ib_buffer *text, int64_t timestamp, struct ib_buffer *repomd,
			  struct ib_error *err)
{
	ib_autofree char *path = NULL;
	char sha256[65];

	ib_sha256_hex(text->data, text->size, sha256);
	path = ib_strf("%s/repodata/%s-%s.xml", folder, sha256, document->type);
	ib_buffer_putf(repomd,
		       "  <data type=\"%s\">\n"
		       "    <checksum type=\"sha256\">%s</checksum>\n"
		       "    <open-checksum type=\"sha256\">%s</open-checksum>\n"
		       "    <location href=\"repodata/%s-%s.xml\"/>\n"
		       "    <timestamp>%lld</timestamp>\n"
		       "    <size>%zu</size>\n    <open-size>%zu</open-size>\n  </data>\n",
		       document->type, sha256, sha256, sha256, document->type, (long long)timestamp,
		       text->size, text->size);
	return ib_file_write(path, text->data, text->size, 0644, err);
}

static void fill_document(const struct document *document,
			  const struct ib_repodata_package *packages, size_t count,
			  struct ib_buffer *text)
{
	size_t i = 0;

	ib_buffer_putf(text,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s %s packages=\"%zu\">\n",
		       document->root, document->attributes, count);
	for (i = 0; i < count; i++)
		document->put(text, &packages[i]);
	ib_buffer_putf(text, "</%s>\n", document->root);
}

int ib_repodata_write(const char *folder, const struct ib_repodata_package *packages, size_t count,
		      int64_t timestamp, struct ib_error *err)
{
	ib_autofree char *repodata = ib_path_join(folder, "repodata");
	ib_autofree char *path = ib_path_join(repodata, "repomd.xml");
	IB_AUTO_BUFFER(repomd, 1 << 16);
	size_t i = 0;

	IB_TRY(ib_file_make_directory(repodata, 0755, err));
	ib_buffer_putf(&repomd,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n"
		       "  <revision>%lld</revision>\n",
		       (long long)timestamp);
	for (i = 0; i < IB_COUNT(documents); i++) {
		IB_AUTO_BUFFER(text, MAX_XML);

		fill_document(&documents[i], packages, count, &text);
		IB_TRY(write_document(folder, &documents[i], &text, timestamp, &repomd, err));
	}
	ib_buffer_puts(&repomd, "</repomd>\n");
	return ib_file_write(path, repomd.data, repomd.size, 0644, err);
}
