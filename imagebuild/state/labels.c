/* SPDX-License-Identifier: Apache-2.0 */
/* selabel_open.3, selabel_file.5: lookups by path and type, with an explicit file of contexts. */
#include "state/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <selinux/label.h>
#include <selinux/selinux.h>

#include "crypto/crypto.h"
#include "state/context.h"

#define ATTRIBUTE   "security.selinux"
#define CONFIG      "/etc/selinux/config"
#define NO_SHA256   "-" /* for what is in no package */
#define LABEL_MAX   4096
#define CACHED_MAX  (64U << 20)
#define VERSION_KEY "imagebuild labels 1"

/* What was looked up for the files of one package: "TYPE PATH" → label, "" for none. */
struct known {
	struct ib_map *labels;  /* NULL: not read yet */
	struct ib_buffer pairs; /* the same as it is kept: both texts, each with its NUL */
	bool grew;
};

struct labelling {
	struct ib_state *state;
	const struct ib_label_request *request;
	struct selabel_handle *handle; /* NULL: not needed yet */
	char contexts_sha256[65];
	const char *contexts; /* path in the image, for messages */
	const char *disk_contexts;
	struct known *known; /* by package; the last one: what is in none */
	size_t known_count;
	size_t labelled;
};

const char *ib_selinux_version(void)
{
	return IB_SELINUX_VERSION;
}

/* ---- which policy -------------------------------------------------------- */

/* KEY=value at the start of a line; a later line wins, as in libselinux. */
static const char *setting(struct ib_arena *arena, const char *text, const char *key)
{
	const char *value = NULL;
	const char *line = NULL;

	while ((line = ib_state_line(arena, &text))) {
		if (!ib_str_starts(line, key) || line[strlen(key)] != '=')
			continue;
		line += strlen(key) + 1;
		value = ib_arena_strf(arena, "%.*s", (int)strcspn(line, " \t\r"), line);
	}
	return value;
}

/* *ret_folder: where the contexts lie; NULL when nothing is to be labelled. */
static int find_policy(const struct labelling *labelling, const char **ret_folder,
		       struct ib_error *err)
{
	struct ib_state *state = labelling->state;
	bool required = labelling->request->labels == IB_LABELS_REQUIRED;
	const char *config = NULL;
	const char *type = NULL;
	const char *folder = NULL;
	ib_autofree char *file = NULL;

	*ret_folder = NULL;
	IB_TRY(ib_state_read(state, CONFIG, &config, NULL, err));
	type = config ? setting(state->arena, config, "SELINUXTYPE") : NULL;
	if (config && !required &&
	    ib_str_equal(setting(state->arena, config, "SELINUX"), "disabled"))
		return 0;
	if (type && (!*type || strchr(type, '/') || *type == '.'))
		return ib_fail(err, IB_INPUT, "'" CONFIG "' names the SELinux policy '%s'", type);
	folder = ib_arena_strf(state->arena, "/etc/selinux/%s/contexts/files",
			       type ? type : "targeted");
	file = ib_path_join(folder, "file_contexts");
	if (ib_tree_find_target(state->tree, file)) {
		*ret_folder = folder;
		return 0;
	}
	if (!required)
		return 0;
	(void)ib_fail(err, IB_INPUT, "the image has no SELinux policy: '%s' is not there", file);
	ib_error_hint(err, "Add a policy package to the recipe (selinux-policy-targeted, "
			   "selinux-policy-default), or take 'selinux: required' out of 'root'.");
	return -IB_INPUT;
}

/* ---- the contexts, where libselinux can read them -------------------------- */

static int copy_contexts(struct labelling *labelling, const char *folder, const char *disk,
			 struct ib_error *err)
{
	static const char *const names[] = { "file_contexts", "file_contexts.homedirs",
					     "file_contexts.local", "file_contexts.subs",
					     "file_contexts.subs_dist" };
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	for (i = 0; i < IB_COUNT(names); i++) {
		ib_autofree char *path = ib_path_join(folder, names[i]);
		ib_autofree char *target = ib_path_join(disk, names[i]);
		const char *text = NULL;
		char sha256[65] = "-";
		size_t size = 0;

		IB_TRY(ib_state_read(labelling->state, path, &text, &size, err));
		if (text) {
			IB_TRY(ib_file_write(target, text, size, 0600, err));
			ib_sha256_hex(text, size, sha256);
		}
		ib_digest_update(digest, sha256, strlen(sha256) + 1);
	}
	(void)ib_digest_final(digest, value);
	ib_hex_write(value, IB_SHA256_SIZE, labelling->contexts_sha256);
	labelling->contexts = ib_arena_strf(labelling->state->arena, "%s/file_contexts", folder);
	return 0;
}

/* libselinux prints what it does not like; whoever asked gets errno, and words from here. */
__attribute__((format(printf, 2, 3))) static int say_nothing(int type, const char *format, ...)
{
	(void)type;
	(void)format;
	return 0;
}

/* Which types the policy has is the policy package's affair. */
static int accept_all(char **context)
{
	(void)context;
	return 0;
}

/* On the first path that nobody looked up yet. Validating compiles every expression, so that none is passed over. */
static int open_contexts(struct labelling *labelling, struct ib_error *err)
{
	const struct selinux_opt options[] = {
		{ SELABEL_OPT_PATH, labelling->disk_contexts },
		{ SELABEL_OPT_VALIDATE, "1" },
	};
	const union selinux_callback quiet = { .func_log = say_nothing };
	const union selinux_callback accept = { .func_validate = accept_all };

	selinux_set_callback(SELINUX_CB_LOG, quiet);
	selinux_set_callback(SELINUX_CB_VALIDATE, accept);
	labelling->handle = selabel_open(SELABEL_CTX_FILE, options, IB_COUNT(options));
	if (labelling->handle)
		return 0;
	(void)ib_fail_errno(err, errno, "libselinux could not read the image's '%s'",
			    labelling->contexts);
	ib_error_hint(err, "'sefcontext_compile' on a copy of this file says which line is wrong.");
	return -(int)err->kind;
}

/* ---- what is known ------------------------------------------------------- */

static char *cache_key(const struct labelling *labelling, size_t number)
{
	const char *sha256 = number + 1 < labelling->known_count
				     ? labelling->request->package_sha256[number]
				     : NO_SHA256;

	return ib_strf(VERSION_KEY "\nlibselinux %s\ncontexts %s\npackage %s\n",
		       ib_selinux_version(), labelling->contexts_sha256, sha256);
}

static void remember(const struct labelling *labelling, struct known *known, const char *what,
		     const char *label)
{
	size_t size = strlen(what) + strlen(label) + 2;

	ib_map_set(known->labels, what,
		   ib_arena_memdup(labelling->state->arena, label, strlen(label) + 1));
	if (ib_buffer_room(&known->pairs) < size)
		return; /* what does not fit is looked up again */
	ib_buffer_put(&known->pairs, what, strlen(what) + 1);
	ib_buffer_put(&known->pairs, label, strlen(label) + 1);
}

/* What is cut short is not believed from there on. */
static void read_known(const struct labelling *labelling, struct known *known,
		       const struct ib_buffer *in)
{
	size_t at = 0;

	while (at < in->size) {
		const char *what = (const char *)in->data + at;
		size_t what_end = at + strnlen(what, in->size - at) + 1;
		size_t label_end = 0;

		if (what_end >= in->size)
			return;
		label_end = what_end +
			    strnlen((const char *)in->data + what_end, in->size - what_end) + 1;
		if (label_end > in->size)
			return;
		remember(labelling, known, what, (const char *)in->data + what_end);
		at = label_end;
	}
}

static struct known *known_for(struct labelling *labelling, const struct ib_inode *inode)
{
	const struct ib_label_cache *cache = labelling->request->cache;
	size_t number = labelling->known_count - 1;
	struct known *known = NULL;
	ib_autofree char *key = NULL;
	IB_AUTO_BUFFER(in, CACHED_MAX);

	if (inode->origin.kind == IB_ORIGIN_PACKAGE && inode->package < number)
		number = inode->package;
	known = &labelling->known[number];
	if (known->labels)
		return known;
	known->labels = ib_map_new();
	known->pairs = IB_BUFFER_INIT(CACHED_MAX);
	key = cache_key(labelling, number);
	if (cache && cache->get(cache->context, key, &in))
		read_known(labelling, known, &in);
	return known;
}

static int keep_known(const struct labelling *labelling, struct ib_error *err)
{
	const struct ib_label_cache *cache = labelling->request->cache;
	size_t number = 0;

	for (number = 0; cache && number < labelling->known_count; number++) {
		const struct known *known = &labelling->known[number];
		ib_autofree char *key = cache_key(labelling, number);

		if (known->grew)
			IB_TRY(cache->put(cache->context, key, known->pairs.data, known->pairs.size,
					  err));
	}
	return 0;
}

/* ---- the walk -------------------------------------------------------------- */

static int look_up(struct labelling *labelling, const char *path, uint32_t mode,
		   const char **ret_label, struct ib_error *err)
{
	char *context = NULL;

	if (!labelling->handle)
		IB_TRY(open_contexts(labelling, err));
	if (!selabel_lookup_raw(labelling->handle, &context, path, (int)(mode & S_IFMT))) {
		*ret_label = ib_arena_strdup(labelling->state->arena, context);
		freecon(context);
		return 0;
	}
	*ret_label = "";
	if (errno == ENOENT)
		return 0;
	return ib_fail_errno(err, errno, "'%s' has no label for '%s'", labelling->contexts, path);
}

static int label_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct labelling *labelling = context;
	struct ib_inode *inode = node->inode;
	ib_autofree char *path = ib_node_path(node);
	ib_autofree char *what = ib_strf("%o %s", (unsigned)(inode->mode & S_IFMT), path);
	struct known *known = known_for(labelling, inode);
	const char *label = ib_map_get(known->labels, what);
	size_t i = 0;

	if (!label) {
		IB_TRY(look_up(labelling, path, inode->mode, &label, err));
		remember(labelling, known, what, label);
		known->grew = true;
	}
	for (i = 0; i < inode->xattr_count; i++)
		if (!strcmp(inode->xattrs[i].name, ATTRIBUTE))
			return 0; /* a further name of a hard link */
	if (strlen(label) >= LABEL_MAX)
		return ib_fail(err, IB_LIMIT, "the label of '%s' is longer than %d bytes", path,
			       LABEL_MAX);
	if (!*label)
		return 0;
	ib_inode_set_xattr(labelling->state->tree, inode, ATTRIBUTE, label, strlen(label) + 1);
	labelling->labelled++;
	return 0;
}

static int label_from(struct labelling *labelling, const char *folder, const char *disk,
		      struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(disk, "file_contexts");

	IB_TRY(copy_contexts(labelling, folder, disk, err));
	labelling->disk_contexts = path;
	IB_TRY(ib_tree_walk(labelling->state->tree, label_node, labelling, err));
	return keep_known(labelling, err);
}

/* In a folder of its own, which goes again whatever happens. */
static int label_all(struct labelling *labelling, const char *folder, struct ib_error *err)
{
	ib_autofree char *disk = ib_path_join(labelling->request->temporary, "contexts.XXXXXX");
	struct ib_error removal = IB_ERROR_INIT;
	size_t i = 0;
	int r = 0;

	if (!mkdtemp(disk))
		return ib_fail_errno(err, errno, "could not make a folder in '%s'",
				     labelling->request->temporary);
	labelling->known = ib_alloc_array(labelling->known_count, sizeof(*labelling->known));
	r = label_from(labelling, folder, disk, err);
	for (i = 0; i < labelling->known_count; i++) {
		ib_map_free(labelling->known[i].labels);
		ib_buffer_done(&labelling->known[i].pairs);
	}
	ib_free(labelling->known);
	if (labelling->handle)
		selabel_close(labelling->handle);
	if (ib_file_remove_tree(disk, &removal) < 0) {
		if (r == 0)
			r = ib_fail(err, removal.kind, "%s", removal.text);
		ib_error_clear(&removal);
	}
	return r;
}

int ib_state_label(struct ib_tree *tree, const struct ib_state_plan *plan,
		   const struct ib_label_request *request, size_t *ret_count, struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_state state = { tree, plan, arena, "labels", NULL };
	struct labelling labelling = { .state = &state,
				       .request = request,
				       .known_count = plan->fact_count + 1 };
	const char *folder = NULL;

	if (request->labels != IB_LABELS_OFF)
		IB_TRY(find_policy(&labelling, &folder, err));
	if (folder)
		IB_TRY(label_all(&labelling, folder, err));
	if (ret_count)
		*ret_count = labelling.labelled;
	return 0;
}
