/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a document: read or refused; every scalar that was read can be written and read. */
#include <stdlib.h>
#include <string.h>

#include "yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const char *text)
{
	IB_AUTO_BUFFER(b, 64U << 20);
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_yaml) yaml = NULL;

	ib_buffer_puts(&b, "[");
	ib_yaml_put_scalar(&b, text);
	ib_buffer_puts(&b, "]\n");
	if (ib_yaml_parse((const char *)b.data, b.size, "again", &yaml, &err) < 0 ||
	    yaml->root->count != 1 || strcmp(yaml->root->values[0]->text, text) != 0)
		abort();
}

static void visit(const struct ib_yaml_node *node)
{
	size_t i = 0;

	if (node->kind == IB_YAML_SCALAR)
		write_and_read(node->text);
	for (i = 0; i < node->count; i++) {
		if (node->kind == IB_YAML_MAPPING)
			visit(node->keys[i]);
		visit(node->values[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_yaml) yaml = NULL;

	if (ib_yaml_parse((const char *)data, size, "input", &yaml, &err) < 0)
		ib_error_clear(&err);
	else
		visit(yaml->root);
	return 0;
}
