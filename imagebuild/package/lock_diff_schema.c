/* SPDX-License-Identifier: Apache-2.0 */
/* What lock_diff_json.c writes, as a JSON Schema (2020-12); each object closed. */
#include "package/lock_diff.h"

#define OBJECT(required, properties) \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required \
	"],\"properties\":{" properties "}}"
#define ARRAY(of)  "{\"type\":\"array\",\"items\":" of "}"
#define REF(name)  "{\"$ref\":\"#/$defs/" name "\"}"
#define TEXT       "{\"type\":\"string\"}"
#define COUNT      "{\"type\":\"integer\",\"minimum\":0}"
#define BOOLEAN    "{\"type\":\"boolean\"}"
#define SHA256     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
#define ENUM(list) "{\"enum\":[" list "]}"

#define PACKAGE \
	OBJECT("\"nevra\",\"version\",\"arch\",\"sha256\",\"size\",\"repository\",\"source\"," \
	       "\"signer\",\"root\",\"initrd\"", \
	       "\"nevra\":" TEXT ",\"version\":" TEXT ",\"arch\":" TEXT ",\"sha256\":" SHA256 \
	       ",\"size\":" COUNT ",\"repository\":" TEXT ",\"source\":" TEXT \
	       ",\"signer\":{\"type\":\"string\",\"pattern\":\"^([0-9A-F]{40}|[0-9A-F]{64})$\"}" \
	       ",\"root\":" BOOLEAN ",\"initrd\":" BOOLEAN)

#define SCRIPTLET \
	OBJECT("\"digest\",\"decision\"", "\"digest\":" SHA256 ",\"decision\":" TEXT \
					  ",\"reason\":" TEXT ",\"effects\":" SHA256)

#define SCRIPTLET_CHANGE \
	OBJECT("\"kind\"", "\"kind\":" TEXT ",\"before\":" REF("scriptlet") ",\"after\":" REF( \
				   "scriptlet") ",\"textDiff\":" TEXT ",\"lacking\":" TEXT)

#define REFERENCE \
	OBJECT("\"kind\",\"id\",\"url\"", "\"kind\":" TEXT ",\"id\":" TEXT ",\"url\":" TEXT)

#define ADVISORY \
	OBJECT("\"id\",\"kind\",\"severity\",\"title\",\"repository\",\"references\"", \
	       "\"id\":" TEXT ",\"kind\":" TEXT ",\"severity\":" TEXT ",\"title\":" TEXT \
	       ",\"repository\":" TEXT ",\"references\":" ARRAY(REFERENCE))

#define CHANGE \
	OBJECT("\"architecture\",\"name\",\"change\",\"risk\",\"weight\",\"facets\"," \
	       "\"scriptlets\",\"fixed\",\"opened\"", \
	       "\"architecture\":" TEXT ",\"name\":" TEXT \
	       ",\"change\":" ENUM("\"added\",\"removed\",\"up\",\"down\",\"rebuilt\",\"changed\"") ",\"risk\":" ENUM("\"low\",\"medium\",\"high\"") ",\"weight\":" COUNT ",\"facets\":" ARRAY( \
		       ENUM("\"signing key\",\"advisory opened\",\"repository\",\"scriptlets\"," \
			    "\"decision on scriptlets\",\"source package\"," \
			    "\"major version\",\"new requirement\",\"where it goes\"," \
			    "\"architecture\"")) ",\"before\":" REF("package") ",\"after\":" REF("package") ",\"scriptlets\":" ARRAY(SCRIPTLET_CHANGE) ",\"fixed\":" ARRAY(REF("advisory")) ",\"opened\":" ARRAY(REF("advisory")))

#define EDGE \
	OBJECT("\"architecture\",\"from\",\"to\",\"dependency\",\"recommended\",\"fromIsNew\"," \
	       "\"toIsNew\"", \
	       "\"architecture\":" TEXT ",\"from\":" TEXT ",\"to\":" TEXT ",\"dependency\":" TEXT \
	       ",\"recommended\":" BOOLEAN ",\"fromIsNew\":" BOOLEAN ",\"toIsNew\":" BOOLEAN)

#define LINE \
	OBJECT("\"architecture\",\"text\",\"added\"", \
	       "\"architecture\":" TEXT ",\"text\":" TEXT ",\"added\":" BOOLEAN)

#define SNAPSHOT \
	OBJECT("\"repomd\",\"newest\"", "\"repomd\":" SHA256 ",\"newest\":{\"type\":\"integer\"}")

#define REPOSITORY \
	OBJECT("\"architecture\",\"id\"", \
	       "\"architecture\":" TEXT ",\"id\":" TEXT \
	       ",\"before\":" REF("snapshot") ",\"after\":" REF("snapshot"))

#define SUMMARY \
	OBJECT("\"added\",\"removed\",\"up\",\"down\",\"rebuilt\",\"changed\"," \
	       "\"packagesBefore\",\"packagesAfter\",\"sizeBefore\",\"sizeAfter\"", \
	       "\"added\":" COUNT ",\"removed\":" COUNT ",\"up\":" COUNT ",\"down\":" COUNT \
	       ",\"rebuilt\":" COUNT ",\"changed\":" COUNT ",\"packagesBefore\":" COUNT \
	       ",\"packagesAfter\":" COUNT ",\"sizeBefore\":" COUNT ",\"sizeAfter\":" COUNT)

static const char schema[] =
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	"\"title\":\"difference of two locks of imagebuild\",\"type\":\"object\","
	"\"additionalProperties\":false,\"required\":[\"format\",\"summary\",\"packages\",\"edges\","
	"\"wishes\",\"accounts\",\"repositories\",\"advisoriesKnown\"],\"properties\":{"
	"\"format\":{\"const\":1},\"summary\":" SUMMARY
	",\"packages\":" ARRAY(CHANGE) ",\"edges\":" ARRAY(EDGE) ",\"wishes\":" ARRAY(LINE) ",\"accounts\":" ARRAY(
		LINE) ",\"repositories\":" ARRAY(REPOSITORY) ",\"advisoriesKnown\":" BOOLEAN
							     ",\"advisoriesLacking\":" TEXT
							     "},\"$defs\":{\"package\":" PACKAGE
							     ",\"scriptlet\":" SCRIPTLET
							     ",\"advisory\":" ADVISORY
							     ",\"snapshot\":" SNAPSHOT "}}\n";

void ib_lock_diff_put_schema(struct ib_buffer *b)
{
	ib_buffer_puts(b, schema);
}
