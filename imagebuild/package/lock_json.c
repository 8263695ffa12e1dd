/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock for machines: the same keys and values as its canonical YAML, which is
 * read and written again, so that the two can never say different things. What
 * stands there without quotes and looks like a number is one (yaml/yaml.h).
 */
#include <string.h>

#include "package/lock.h"
#include "yaml/yaml.h"
#include "json/json.h"

static bool is_number(const struct ib_yaml_node *node)
{
	size_t size = strlen(node->text);

	/* Eighteen digits always fit. */
	return !node->quoted && size && size <= 18 && strspn(node->text, "0123456789") == size;
}

static void put_scalar(struct ib_json_writer *out, const struct ib_yaml_node *node)
{
	uint64_t number = 0;

	if (is_number(node) && ib_str_to_u64(node->text, INT64_MAX, &number))
		ib_json_put_integer(out, (int64_t)number);
	else
		ib_json_put_string(out, node->text);
}

/* As deep as a lock is: IB_YAML_MAX_DEPTH bounds it. */
static void put_node(struct ib_json_writer *out, const struct ib_yaml_node *node)
{
	bool is_mapping = node->kind == IB_YAML_MAPPING;
	size_t i = 0;

	if (node->kind == IB_YAML_SCALAR) {
		put_scalar(out, node);
		return;
	}
	if (is_mapping)
		ib_json_begin_object(out);
	else
		ib_json_begin_array(out);
	for (i = 0; i < node->count; i++) {
		if (is_mapping)
			ib_json_key(out, node->keys[i]->text);
		put_node(out, node->values[i]);
	}
	if (is_mapping)
		ib_json_end_object(out);
	else
		ib_json_end_array(out);
}

int ib_locks_put_json(const struct ib_locks *locks, struct ib_buffer *b, struct ib_error *err)
{
	ib_autofree char *text = ib_locks_text(locks);
	IB_AUTO(ib_yaml) yaml = NULL;
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(b, IB_JSON_LINES);

	IB_TRY(ib_yaml_parse(text, strlen(text), "lock", &yaml, err));
	put_node(out, yaml->root);
	return ib_json_finish(out, err);
}

#define OBJECT(required, properties) \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required \
	"],\"properties\":{" properties "}}"
#define ARRAY(of)   "{\"type\":\"array\",\"items\":" of "}"
#define MAP(of)     "{\"type\":\"object\",\"additionalProperties\":" of "}"
#define TEXT        "{\"type\":\"string\"}"
#define COUNT       "{\"type\":\"integer\",\"minimum\":0}"
#define SHA256      "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
#define FINGERPRINT "{\"type\":\"string\",\"pattern\":\"^([0-9A-F]{40}|[0-9A-F]{64})$\"}"
#define ACCOUNT     "{\"type\":\"string\",\"pattern\":\"^(user|group) [^ ]+ [0-9]+$\"}"
#define INTO        "{\"enum\":[\"root\",\"initrd\"]}"

#define REPOSITORY \
	OBJECT("\"id\",\"repomd\",\"revision\",\"newest\"", \
	       "\"id\":" TEXT ",\"repomd\":" SHA256 ",\"revision\":" TEXT \
	       ",\"newest\":{\"type\":\"integer\"}")

#define SCRIPTLET \
	OBJECT("\"kind\",\"digest\",\"decision\"", \
	       "\"kind\":" TEXT ",\"digest\":" SHA256 ",\"decision\":" TEXT ",\"effects\":" SHA256 \
	       ",\"reason\":" TEXT)

#define WHY \
	OBJECT("", "\"wish\":" TEXT ",\"package\":" TEXT ",\"requires\":" TEXT \
		   ",\"recommends\":" TEXT ",\"supplements\":" TEXT)

#define PACKAGE_TEXTS \
	"\"nevra\":" TEXT ",\"sha256\":" SHA256 ",\"repository\":" TEXT ",\"location\":" TEXT \
	",\"source\":" TEXT ",\"signer\":" FINGERPRINT ",\"header\":" SHA256

#define PACKAGE \
	OBJECT("\"nevra\",\"sha256\",\"repository\",\"location\",\"source\",\"signer\"," \
	       "\"header\",\"size\",\"into\"", \
	       PACKAGE_TEXTS \
	       ",\"size\":" COUNT \
	       ",\"into\":" ARRAY(INTO) ",\"why\":" WHY ",\"initrd-why\":" WHY \
					",\"requires\":" MAP(TEXT) ",\"recommends\":" MAP( \
						TEXT) ",\"scriptlets\":" ARRAY(SCRIPTLET))

#define PART \
	OBJECT("\"architecture\",\"build-time\",\"wishes\",\"repositories\",\"accounts\"," \
	       "\"packages\"", \
	       "\"architecture\":" TEXT ",\"build-time\":" COUNT \
	       ",\"wishes\":" ARRAY(TEXT) ",\"repositories\":" ARRAY( \
		       REPOSITORY) ",\"accounts\":" ARRAY(ACCOUNT) ",\"packages\":" ARRAY(PACKAGE))

static const char schema[] = "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
			     "\"title\":\"lock of imagebuild\",\"type\":\"object\","
			     "\"additionalProperties\":false,\"required\":[\"format\","
			     "\"architectures\"],\"properties\":{\"format\":{\"const\":2},"
			     "\"architectures\":" ARRAY(PART) "}}\n";

void ib_lock_put_schema(struct ib_buffer *b)
{
	_Static_assert(IB_LOCK_FORMAT == 2, "the schema speaks of another format");
	ib_buffer_puts(b, schema);
}
