/* SPDX-License-Identifier: Apache-2.0 */
/* The provenance: its signature, its subjects, the lock that it names; and the manifest. */
#include <string.h>

#include "verify/chain.h"

enum { MAX_LOCK = 32 << 20, MAX_MANIFEST = 64 << 20 };

static size_t trusted_keys(const struct ib_chain *chain, const struct ib_public_key ***ret_keys,
			   const struct ib_trusted ***ret_trusted)
{
	size_t count = ib_chain_trusted(chain, IB_TRUST_STATEMENTS, ret_trusted);
	const struct ib_public_key **keys =
		ib_arena_alloc(chain->arena, (count + 1) * sizeof(void *));
	size_t i = 0;

	for (i = 0; i < count; i++)
		keys[i] = (*ret_trusted)[i]->key;
	*ret_keys = keys;
	return count;
}

/* One line of the bundle: signed by somebody trusted; kept when it is the provenance. */
static int take_statement(struct ib_chain *chain, const char *name, const uint8_t *line,
			  size_t size, struct ib_error *err)
{
	const struct ib_public_key **keys = NULL;
	const struct ib_trusted **trusted = NULL;
	size_t count = trusted_keys(chain, &keys, &trusted);
	IB_AUTO(ib_dsse) envelope = NULL;
	IB_AUTO(ib_json) statement = NULL;
	size_t which = 0;

	IB_TRY(ib_dsse_read(line, size, name, &envelope, err));
	IB_TRY(ib_dsse_verify(envelope, IB_STATEMENT_TYPE, keys, count, &which, err));
	IB_TRY(ib_json_parse(envelope->payload, envelope->size, name, &statement, err));
	if (!ib_str_equal(ib_json_get_string(statement, "_type"), IB_STATEMENT))
		return ib_fail(err, IB_TRUST, "%s: not an in-toto statement of version 1", name);
	if (!ib_str_equal(ib_json_get_string(statement, "predicateType"), IB_PROVENANCE))
		return 0;
	if (chain->statement)
		return ib_fail(err, IB_TRUST, "%s: more than one provenance", name);
	chain->statement = ib_take(statement);
	ib_chain_says(chain, "by '%s'", trusted[which]->path);
	return 0;
}

int ib_prove_provenance_signature(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".intoto.jsonl");
	IB_AUTO_BUFFER(text, IB_DSSE_MAX_SIZE);
	const uint8_t *line = NULL;
	const uint8_t *end = NULL;

	if (!sum)
		return ib_chain_absent(chain, "no provenance was released");
	IB_TRY(ib_chain_read(chain, sum, &text, err));
	end = text.data + text.size;
	for (line = text.data; line < end;) {
		const uint8_t *newline = memchr(line, '\n', (size_t)(end - line));

		if (!newline)
			return ib_fail(err, IB_TRUST, "%s: the last line is cut off", sum->name);
		IB_TRY(take_statement(chain, sum->name, line, (size_t)(newline - line), err));
		line = newline + 1;
	}
	if (!chain->statement)
		return ib_fail(err, IB_TRUST, "%s: no provenance is in it", sum->name);
	return 0;
}

static const struct ib_json *definition_of(const struct ib_chain *chain)
{
	return ib_json_get(ib_json_get(chain->statement, "predicate"), "buildDefinition");
}

/* ---- what it speaks of --------------------------------------------------- */

static const struct ib_sum *find_sum(const struct ib_chain *chain, const char *name)
{
	size_t i = 0;

	for (i = 0; name && i < chain->sum_count; i++)
		if (!strcmp(chain->sums[i].name, name))
			return &chain->sums[i];
	return NULL;
}

static int check_subject(const struct ib_chain *chain, const struct ib_json *subject,
			 struct ib_strings *named, struct ib_error *err)
{
	const char *name = ib_json_get_string(subject, "name");
	const char *digest = ib_json_get_string(ib_json_get(subject, "digest"), "sha256");
	const struct ib_sum *sum = find_sum(chain, name);

	if (!name || !digest)
		return ib_fail(err, IB_TRUST, "a subject of the provenance lacks name or digest");
	if (!sum)
		return ib_fail(err, IB_TRUST, "the provenance speaks of '%s', which is not here",
			       name);
	if (strcmp(digest, sum->sha256) != 0)
		return ib_fail(err, IB_TRUST,
			       "the provenance speaks of another '%s', with SHA-256 %s", name,
			       digest);
	ib_strings_add(named, name);
	return 0;
}

/* It says of itself which image it is about. */
static int check_image(const struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_json *definition = definition_of(chain);
	const struct ib_json *image =
		ib_json_get(ib_json_get(definition, "externalParameters"), "image");
	const char *id = ib_json_get_string(image, "id");
	const char *version = ib_json_get_string(image, "version");
	const char *architecture = ib_json_get_string(image, "architecture");
	const char *type = ib_json_get_string(definition, "buildType");
	ib_autofree char *stem = NULL;

	if (!ib_str_equal(type, IB_PROVENANCE_BUILD))
		return ib_fail(err, IB_TRUST, "the provenance is of the build type '%s', not '%s'",
			       type ? type : "(none)", IB_PROVENANCE_BUILD);
	stem = ib_strf("%s_%s_%s", id ? id : "", version ? version : "",
		       architecture ? architecture : "");
	if (strcmp(stem, chain->stem) != 0)
		return ib_fail(err, IB_TRUST, "the provenance is of image '%s', not '%s'", stem,
			       chain->stem);
	return 0;
}

int ib_prove_provenance_subjects(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_json *subjects = ib_json_get(chain->statement, "subject");
	IB_AUTO_STRINGS(named);
	size_t i = 0;

	if (!chain->statement)
		return ib_chain_absent(chain, "no provenance was released");
	IB_TRY(check_image(chain, err));
	for (i = 0; i < ib_json_count(subjects); i++)
		IB_TRY(check_subject(chain, ib_json_at(subjects, i), &named, err));
	for (i = 0; i < chain->sum_count; i++) {
		const char *name = chain->sums[i].name;

		if (!ib_str_ends(name, ".intoto.jsonl") && !ib_strings_has(&named, name))
			return ib_fail(err, IB_TRUST, "the provenance does not speak of '%s'",
				       name);
	}
	ib_chain_says(chain, "%zu file%s", named.count, ib_str_plural(named.count));
	return 0;
}

/* ---- the manifest -------------------------------------------------------- */

/* All files with their digests, but for itself and the provenance, which is written after it. */
static int check_outputs(const struct ib_chain *chain, const struct ib_sum *itself,
			 const struct ib_json *outputs, struct ib_error *err)
{
	IB_AUTO_STRINGS(named);
	size_t i = 0;

	for (i = 0; i < ib_json_count(outputs); i++) {
		const char *name = ib_json_get_string(ib_json_at(outputs, i), "name");
		const char *digest = ib_json_get_string(ib_json_at(outputs, i), "sha256");
		const struct ib_sum *output = find_sum(chain, name);

		if (!output || !ib_str_equal(digest, output->sha256))
			return ib_fail(err, IB_TRUST, "the manifest speaks of another '%s'",
				       name ? name : "(none)");
		ib_strings_add(&named, name);
	}
	for (i = 0; i < chain->sum_count; i++) {
		const struct ib_sum *sum = &chain->sums[i];

		if (sum != itself && sum != ib_chain_find(chain, ".intoto.jsonl") &&
		    !ib_strings_has(&named, sum->name))
			return ib_fail(err, IB_TRUST, "the manifest does not speak of '%s'",
				       sum->name);
	}
	return 0;
}

int ib_prove_manifest(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".manifest.json");
	IB_AUTO(ib_json) manifest = NULL;
	IB_AUTO_BUFFER(text, MAX_MANIFEST);
	const char *hash = NULL;

	if (!sum)
		return ib_chain_absent(chain, "no manifest was released");
	IB_TRY(ib_chain_read(chain, sum, &text, err));
	IB_TRY(ib_json_parse(text.data, text.size, sum->name, &manifest, err));
	IB_TRY(check_outputs(chain, sum, ib_json_get(manifest, "outputs"), err));
	hash = ib_json_get_string(ib_json_get(manifest, "image"), "rootHash");
	if (!ib_str_equal(hash ? hash : "", chain->root_hash))
		return ib_fail(err, IB_TRUST, "the manifest names the root hash %s",
			       hash ? hash : "(none)");
	ib_chain_says(chain, "%zu files", ib_json_count(ib_json_get(manifest, "outputs")));
	return 0;
}

/* ---- the lock ------------------------------------------------------------ */

/* The packages among the inputs, as digests. */
static void list_inputs(const struct ib_chain *chain, struct ib_strings *digests)
{
	const struct ib_json *inputs = ib_json_get(definition_of(chain), "resolvedDependencies");
	size_t i = 0;

	for (i = 0; i < ib_json_count(inputs); i++) {
		const struct ib_json *input = ib_json_at(inputs, i);
		const char *digest = ib_json_get_string(ib_json_get(input, "digest"), "sha256");
		const char *uri = ib_json_get_string(input, "uri");

		if (digest && uri && ib_str_starts(uri, "pkg:rpm/"))
			ib_strings_add(digests, digest);
	}
	ib_strings_sort_unique(digests);
}

static int compare_inputs(const struct ib_chain *chain, struct ib_error *err)
{
	IB_AUTO_STRINGS(used);
	IB_AUTO_STRINGS(locked);
	size_t i = 0;

	list_inputs(chain, &used);
	for (i = 0; i < chain->lock->package_count; i++)
		ib_strings_add(&locked, chain->lock->packages[i].sha256);
	ib_strings_sort_unique(&locked);
	for (i = 0; i < chain->lock->package_count; i++)
		if (!ib_strings_has(&used, chain->lock->packages[i].sha256))
			return ib_fail(err, IB_TRUST,
				       "the provenance does not name package '%s' of the lock",
				       chain->lock->packages[i].nevra);
	if (used.count != locked.count)
		return ib_fail(err, IB_TRUST, "the provenance names %zu packages, the lock %zu",
			       used.count, locked.count);
	return 0;
}

int ib_prove_lock(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".lock");
	const struct ib_json *named =
		ib_json_get(ib_json_get(definition_of(chain), "externalParameters"), "lock");
	const char *digest = ib_json_get_string(ib_json_get(named, "digest"), "sha256");
	IB_AUTO_BUFFER(text, MAX_LOCK);

	if (!sum)
		return ib_chain_absent(chain, "no lock was released");
	IB_TRY(ib_chain_read(chain, sum, &text, err));
	if (text.size && memchr(text.data, '\0', text.size))
		return ib_fail(err, IB_TRUST, "'%s' is not a text", sum->name);
	ib_buffer_put_u8(&text, '\0');
	IB_TRY(ib_lock_parse((const char *)text.data, sum->name, &chain->lock, err));
	if (!chain->statement)
		return ib_chain_absent(chain, "no provenance was released");
	if (!ib_str_equal(digest, sum->sha256))
		return ib_fail(err, IB_TRUST,
			       "the provenance was built from another lock, with SHA-256 %s",
			       digest ? digest : "(none)");
	IB_TRY(compare_inputs(chain, err));
	ib_chain_says(chain, "%zu package%s", chain->lock->package_count,
		      ib_str_plural(chain->lock->package_count));
	return 0;
}
