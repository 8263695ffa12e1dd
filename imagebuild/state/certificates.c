/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca-certificates - the bundle of trusted authorities, from the certificates of the packages.
 *
 * Two layouts, told apart by what the packages bring. Debian's
 * (update-ca-certificates.8): files below /usr/share/ca-certificates, chosen by
 * /etc/ca-certificates.conf (all, where there is none), and local ones; a
 * link for each in /etc/ssl/certs, OpenSSL's hash links, and one bundle.
 * Fedora's (update-ca-trust.8) is in certificates_fedora.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "state/certificates.h"

#define BUNDLE_MAX (64U << 20)

#define DEBIAN_SHARED "/usr/share/ca-certificates"
#define DEBIAN_LOCAL  "/usr/local/share/ca-certificates"
#define DEBIAN_LINKS  "/etc/ssl/certs"

/* All files below a folder whose names end so, sorted. */
static void list_files(const struct ib_node *folder, const char *suffix,
		       struct ib_strings *ret_paths)
{
	size_t i = 0;

	for (i = 0; folder && S_ISDIR(folder->inode->mode) && i < folder->child_count; i++) {
		const struct ib_node *child = folder->children[i];

		if (S_ISDIR(child->inode->mode))
			list_files(child, suffix, ret_paths);
		else if (ib_str_ends(child->name, suffix))
			ib_strings_adopt(ret_paths, ib_node_path(child));
	}
	ib_strings_sort_unique(ret_paths);
}

/* The certificates that the configuration wants, in its order. */
static int list_debian(struct ib_state *state, struct ib_strings *ret_paths, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;
	IB_AUTO_STRINGS(local);
	size_t i = 0;

	IB_TRY(ib_state_read(state, "/etc/ca-certificates.conf", &text, NULL, err));
	if (!text)
		list_files(ib_tree_find_target(state->tree, DEBIAN_SHARED), ".crt", ret_paths);
	while (text && (line = ib_state_line(state->arena, &text))) {
		ib_autofree char *path = ib_path_join(DEBIAN_SHARED, line);

		if (*line && *line != '#' && *line != '!' && ib_tree_find_target(state->tree, path))
			ib_strings_add(ret_paths, path);
	}
	list_files(ib_tree_find_target(state->tree, DEBIAN_LOCAL), ".crt", &local);
	for (i = 0; i < local.count; i++)
		ib_strings_add(ret_paths, local.items[i]);
	return 0;
}

/* "/…/A (B), C.crt" → "A_=B=__C.pem" */
static char *link_name(const char *path)
{
	const char *base = ib_path_name(path);
	char *name = ib_strf("%.*s.pem", (int)(strlen(base) - strlen(".crt")), base);
	char *at = NULL;

	for (at = name; *at; at++) {
		if (*at == ' ' || *at == ',')
			*at = '_';
		else if (*at == '(' || *at == ')')
			*at = '=';
	}
	return name;
}

static int append_text(struct ib_buffer *bundle, const char *text, size_t size,
		       struct ib_error *err)
{
	if (size + 2 > ib_buffer_room(bundle))
		return ib_fail(err, IB_LIMIT, "the bundle of authorities is larger than %u bytes",
			       BUNDLE_MAX);
	ib_buffer_put(bundle, text, size);
	if (size && text[size - 1] != '\n')
		ib_buffer_put_u8(bundle, '\n');
	return 0;
}

/* "HASH.N" with the first N that is not taken. */
static int put_hash_link(struct ib_state *state, const char *name, uint32_t hash,
			 struct ib_error *err)
{
	unsigned n = 0;

	for (n = 0; n < 256; n++) {
		ib_autofree char *path = ib_strf(DEBIAN_LINKS "/%08x.%u", hash, n);

		if (ib_tree_find(state->tree, path))
			continue;
		return ib_state_put_link(state, path, name, err);
	}
	return ib_fail(err, IB_LIMIT, "too many authorities have the subject of '%s'", name);
}

/* Hash links are numbered in the order of the links' names. */
struct debian_link {
	char *name; /* owned */
	uint32_t hash;
};

static int compare_links(const void *a, const void *b)
{
	const struct debian_link *x = a;
	const struct debian_link *y = b;

	return strcmp(x->name, y->name);
}

static int put_debian_links(struct ib_state *state, struct debian_link *links, size_t count,
			    struct ib_error *err)
{
	size_t i = 0;

	qsort(links, count, sizeof(*links), compare_links);
	for (i = 0; i < count; i++)
		if (!i || strcmp(links[i].name, links[i - 1].name) != 0)
			IB_TRY(put_hash_link(state, links[i].name, links[i].hash, err));
	return 0;
}

static int add_debian(struct ib_state *state, const char *path, struct ib_buffer *bundle,
		      struct debian_link *link, struct ib_error *err)
{
	ib_autofree char *at = NULL;
	const char *text = NULL;
	size_t size = 0;

	link->name = link_name(path);
	at = ib_path_join(DEBIAN_LINKS, link->name);
	IB_TRY(ib_state_read(state, path, &text, &size, err));
	IB_TRY(ib_certificate_subject_hash(text, size, path, &link->hash, err));
	IB_TRY(append_text(bundle, text, size, err));
	return ib_state_put_link(state, at, path, err);
}

static int make_debian(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_BUFFER(bundle, BUNDLE_MAX);
	IB_AUTO_STRINGS(paths);
	struct debian_link *links = NULL;
	size_t i = 0;
	int r = list_debian(state, &paths, err);

	if (r < 0 || !paths.count)
		return r;
	links = ib_alloc_array(paths.count, sizeof(*links));
	for (i = 0; r == 0 && i < paths.count; i++)
		r = add_debian(state, paths.items[i], &bundle, &links[i], err);
	if (r == 0)
		r = put_debian_links(state, links, paths.count, err);
	if (r == 0)
		r = ib_state_put_file(state, DEBIAN_LINKS "/ca-certificates.crt", 0644, bundle.data,
				      bundle.size, err);
	for (i = 0; i < paths.count; i++)
		ib_free(links[i].name);
	ib_free(links);
	return r;
}

int ib_state_certificates(struct ib_state *state, struct ib_error *err)
{
	if (ib_tree_find_target(state->tree, DEBIAN_SHARED) ||
	    ib_tree_find_target(state->tree, DEBIAN_LOCAL))
		IB_TRY(make_debian(state, err));
	if (ib_tree_find_target(state->tree, "/usr/share/pki/ca-trust-source"))
		IB_TRY(ib_certificates_fedora(state, err));
	return 0;
}
