/* SPDX-License-Identifier: Apache-2.0 */
#include "package/facts.h"

#include <string.h>
#include <sys/stat.h>

#include "compress/compress.h"
#include "package/facts_internal.h"

#define KEPT_MAX (64U << 20) /* all texts of one package */
#define ELF_MAX  (192U << 20)
#define INFO_MAX (64U << 20)

#define HEAD_MAX 256U

enum use {
	USE_PROGRAM, /* what can be executed: an ELF file, or a script with its first line */
	USE_HEAD,    /* keep the first bytes */
	USE_TEXT,    /* keep the bytes */
	USE_ELF,     /* read as a library or program */
	USE_MODULE,  /* read as a kernel module, compressed or not */
	USE_INFO,    /* keep of an info page what it wants to have in the directory */
};

/* Which files are of interest: below a folder (without /usr in front), by the end of the name. */
struct interest {
	const char *below; /* "" for anywhere */
	const char *ends;
	uint64_t max;
	enum use use;
};

static const struct interest interests[] = {
	{ "/lib/sysctl.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/etc/sysctl.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/etc/sysctl.conf", "", 1 << 20, USE_TEXT },
	{ "/etc/ssh/", "", 1 << 18, USE_TEXT },
	{ "/boot/config-", "", 1 << 20, USE_TEXT },
	{ "/lib/modules/", "/config", 1 << 20, USE_TEXT },
	{ "/lib/sysusers.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/etc/sysusers.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/lib/tmpfiles.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/etc/tmpfiles.d/", ".conf", 1 << 20, USE_TEXT },
	{ "/lib/systemd/system-preset/", ".preset", 1 << 20, USE_TEXT },
	{ "/lib/systemd/user-preset/", ".preset", 1 << 20, USE_TEXT },
	{ "/etc/systemd/", "", 1 << 20, USE_TEXT },
	{ "/lib/systemd/system/", "", 1 << 20, USE_TEXT },
	{ "/lib/systemd/user/", "", 1 << 20, USE_TEXT },
	{ "/lib/systemd/catalog/", ".catalog", 8 << 20, USE_TEXT },
	{ "/lib/udev/hwdb.d/", ".hwdb", 16 << 20, USE_TEXT },
	{ "/lib/os-release", "", 1 << 16, USE_TEXT },
	{ "/etc/os-release", "", 1 << 16, USE_TEXT },
	{ "/etc/ld.so.conf", "", 1 << 16, USE_TEXT },
	{ "/etc/login.defs", "", 1 << 16, USE_TEXT },
	{ "/etc/passwd", "", 1 << 20, USE_TEXT },
	{ "/etc/group", "", 1 << 20, USE_TEXT },
	{ "/etc/shadow", "", 1 << 20, USE_TEXT },
	{ "/etc/gshadow", "", 1 << 20, USE_TEXT },
	{ "/etc/shells", "", 1 << 16, USE_TEXT },
	{ "/share/debianutils/shells.d/", "", 1 << 16, USE_TEXT },
	{ "/etc/machine-id", "", 1 << 16, USE_TEXT },
	{ "/etc/ca-certificates.conf", "", 1 << 20, USE_TEXT },
	{ "/share/ca-certificates/", ".crt", 1 << 18, USE_TEXT },
	{ "/local/share/ca-certificates/", ".crt", 1 << 18, USE_TEXT },
	{ "/share/pki/ca-trust-", "", 16 << 20, USE_TEXT },
	{ "/etc/pki/ca-trust/source/", "", 16 << 20, USE_TEXT },
	{ "/share/factory/", "", 1 << 20, USE_TEXT },
	{ "/etc/skel/", "", 1 << 16, USE_TEXT },
	{ "/etc/selinux/config", "", 1 << 16, USE_TEXT },
	{ "/etc/selinux/", "/contexts/files/file_contexts", 16 << 20, USE_TEXT },
	{ "/etc/selinux/", "/contexts/files/file_contexts.homedirs", 16 << 20, USE_TEXT },
	{ "/etc/selinux/", "/contexts/files/file_contexts.local", 16 << 20, USE_TEXT },
	{ "/etc/selinux/", "/contexts/files/file_contexts.subs", 1 << 20, USE_TEXT },
	{ "/etc/selinux/", "/contexts/files/file_contexts.subs_dist", 1 << 20, USE_TEXT },
	{ "/lib/modules/", "/modules.order", 16 << 20, USE_TEXT },
	{ "/lib/modules/", "/modules.builtin", 16 << 20, USE_TEXT },
	{ "/lib/modules/", "/modules.builtin.modinfo", 16 << 20, USE_TEXT },
	{ "/lib/modules/", ".ko", ELF_MAX, USE_MODULE },
	{ "/lib/modules/", ".ko.xz", ELF_MAX, USE_MODULE },
	{ "/lib/modules/", ".ko.zst", ELF_MAX, USE_MODULE },
	{ "/lib/modules/", ".ko.gz", ELF_MAX, USE_MODULE },
	{ "/share/crypto-policies/", "", 1 << 20, USE_TEXT },
	{ "/etc/crypto-policies/", "", 1 << 20, USE_TEXT },
	{ "/share/info/dir", "", 4 << 20, USE_TEXT },
	{ "/share/info/", "", 16 << 20, USE_INFO },
	/* last: of what is not wanted for something else */
	{ "/", ".gz", ELF_MAX, USE_HEAD },
	{ "/", ".pyc", ELF_MAX, USE_HEAD },
};

struct ib_facts *ib_facts_new(void)
{
	struct ib_facts *facts = ib_alloc(sizeof(*facts));

	facts->arena = ib_arena_new();
	facts->by_path = ib_map_new();
	return facts;
}

void ib_facts_free(struct ib_facts *facts)
{
	if (!facts)
		return;
	ib_map_free(facts->by_path);
	ib_arena_free(facts->arena);
	ib_buffer_done(&facts->bytes);
	ib_free(facts->items);
	ib_free(facts->by_file);
	ib_free(facts);
}

/*
 * What a path is of use for. Libraries and plug-ins are known by their name alone,
 * in whatever folder.
 */
static bool interest_of(const char *path, uint64_t size, enum use *ret_use)
{
	const char *name = ib_path_name(path);
	const char *rest = ib_str_starts(path, "/usr/") ? path + 4 : path;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(interests); i++) {
		if (!ib_str_starts(rest, interests[i].below) ||
		    !ib_str_ends(rest, interests[i].ends) || size > interests[i].max)
			continue;
		*ret_use = interests[i].use;
		return true;
	}
	/* behind the table: ld.so.conf is no library */
	if ((ib_str_ends(name, ".so") || strstr(name, ".so.")) && size <= ELF_MAX) {
		*ret_use = USE_ELF;
		return true;
	}
	return false;
}

bool ib_facts_wants(const char *path, uint32_t mode, uint64_t size)
{
	enum use use = USE_TEXT;

	if (!S_ISREG(mode))
		return false;
	return interest_of(path, size, &use) || ((mode & 0111) && size <= ELF_MAX);
}

bool ib_facts_keeps(const char *path)
{
	enum use use = USE_PROGRAM;

	return interest_of(path, 0, &use) && use == USE_TEXT;
}

/* A module's bytes: of a compressed one what is inside, which then lies in out. */
static int unpack(const void **data, size_t *size, struct ib_buffer *out, struct ib_error *err)
{
	if (!ib_unpack_is(*data, *size))
		return 0;
	IB_TRY(ib_unpack(*data, *size, out, err));
	*data = out->data;
	*size = out->size;
	return 0;
}

static void read_elf(struct ib_arena *arena, enum use use, const void *data, size_t size,
		     struct ib_fact *fact)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_elf *elf = NULL;
	struct ib_elf_module *module = NULL;
	IB_AUTO_BUFFER(inside, ELF_MAX);
	int r = use == USE_MODULE ? unpack(&data, &size, &inside, &err) : 0;

	if (r == 0 && use == USE_MODULE)
		r = ib_elf_read_module(data, size, arena, &module, &err);
	else if (r == 0 && ib_elf_is(data, size)) /* a linker's script is no fault */
		r = ib_elf_read(data, size, arena, &elf, &err);
	if (r < 0) {
		fact->problem = ib_arena_strdup(arena, err.text);
		ib_error_clear(&err);
	}
	fact->elf = elf;
	fact->module = module;
	if (elf)
		fact->build_path = ib_elf_build_path(data, size, arena);
}

/* Up to the end of its first line what a script, and its first bytes what anything else, begins with. */
static const char *head_of(struct ib_arena *arena, const void *data, size_t size, size_t *ret_size)
{
	size_t length = IB_MIN(size, (size_t)HEAD_MAX);
	const char *end = NULL;
	char *copy = ib_arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, data, length);
	end = ib_str_starts(copy, "#!") ? memchr(copy, '\n', length) : NULL;
	if (end)
		length = (size_t)(end - copy);
	copy[length] = '\0';
	*ret_size = length;
	return copy;
}

static void read_program(struct ib_arena *arena, const void *data, size_t size,
			 struct ib_fact *fact)
{
	if (ib_elf_is(data, size)) {
		read_elf(arena, USE_ELF, data, size, fact);
		return;
	}
	fact->data = head_of(arena, data, size, &fact->size);
}

/* The lines of a page that speak to the directory: sections and entries (Texinfo, "Installing Info"). */
static void keep_directory_lines(const char *text, struct ib_buffer *out)
{
	bool inside = false;

	while (*text) {
		size_t length = strcspn(text, "\n");
		bool section = ib_str_starts(text, "INFO-DIR-SECTION ");

		if (ib_str_starts(text, "END-INFO-DIR-ENTRY"))
			inside = false;
		if (section || inside) {
			ib_buffer_put(out, text, length);
			ib_buffer_put_u8(out, '\n');
		}
		if (ib_str_starts(text, "START-INFO-DIR-ENTRY"))
			inside = true;
		text += length + (text[length] == '\n');
	}
}

static void read_info(struct ib_arena *arena, const void *data, size_t size, struct ib_fact *fact)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(page, INFO_MAX);
	IB_AUTO_BUFFER(lines, INFO_MAX + 2);

	if (!ib_unpack_is(data, size))
		ib_buffer_put(&page, data, size);
	else if (ib_unpack(data, size, &page, &err) < 0) {
		fact->problem = ib_arena_strdup(arena, err.text);
		ib_error_clear(&err);
		ib_buffer_clear(&page);
	}
	keep_directory_lines(ib_buffer_text(&page), &lines);
	fact->data = ib_arena_strdup(arena, ib_buffer_text(&lines));
	fact->size = lines.size;
}

static struct ib_fact *make_fact(struct ib_arena *arena, const char *path, const void *data,
				 size_t size)
{
	struct ib_fact *fact = ib_arena_alloc(arena, sizeof(*fact));
	enum use use = USE_PROGRAM;

	fact->path = ib_arena_strdup(arena, path);
	fact->size = size;
	if (!interest_of(path, size, &use)) {
		read_program(arena, data, size, fact);
	} else if (use == USE_INFO) {
		read_info(arena, data, size, fact);
	} else if (use == USE_HEAD) {
		fact->data = head_of(arena, data, size, &fact->size);
	} else if (use != USE_TEXT) {
		read_elf(arena, use, data, size, fact);
	} else {
		char *copy = ib_arena_alloc(arena, size + 1);

		if (size)
			memcpy(copy, data, size);
		fact->data = copy;
	}
	return fact;
}

const struct ib_fact *ib_fact_of(struct ib_arena *arena, const char *path, const void *data,
				 size_t size)
{
	return make_fact(arena, path, data, size);
}

void ib_facts_insert(struct ib_facts *facts, struct ib_fact *fact)
{
	ib_grow(facts->items, facts->count);
	facts->items[facts->count++] = fact;
	while (facts->file_count <= fact->file) {
		ib_grow(facts->by_file, facts->file_count);
		facts->by_file[facts->file_count++] = NULL;
	}
	facts->by_file[fact->file] = fact;
	ib_map_set(facts->by_path, fact->path, fact);
}

int ib_facts_add(struct ib_facts *facts, uint32_t file, const char *path, const void *data,
		 size_t size, struct ib_error *err)
{
	struct ib_fact *fact = make_fact(facts->arena, path, data, size);

	fact->file = file;
	if (fact->data && fact->size > KEPT_MAX - facts->kept)
		return ib_fail(err, IB_LIMIT,
			       "its configuration files are together larger than %u bytes",
			       KEPT_MAX);
	if (fact->data)
		facts->kept += fact->size;
	ib_facts_insert(facts, fact);
	return 0;
}

size_t ib_facts_count(const struct ib_facts *facts)
{
	return facts->count;
}

const struct ib_fact *ib_facts_get(const struct ib_facts *facts, size_t i)
{
	return facts->items[i];
}

const struct ib_fact *ib_facts_find(const struct ib_facts *facts, uint32_t file)
{
	return file < facts->file_count ? facts->by_file[file] : NULL;
}

const struct ib_fact *ib_facts_find_path(const struct ib_facts *facts, const char *path)
{
	return ib_map_get(facts->by_path, path);
}

void ib_facts_form(struct ib_buffer *out)
{
	size_t i = 0;

	ib_buffer_puts(out, IB_FACTS_MAGIC "\n");
	for (i = 0; i < IB_COUNT(interests); i++)
		ib_buffer_putf(out, "%s %s %llu %d\n", interests[i].below, interests[i].ends,
			       (unsigned long long)interests[i].max, (int)interests[i].use);
}
