// SPDX-License-Identifier: Apache-2.0
// Holds JSON documents against a schema of somebody else.
// usage: validate.mjs SCHEMA DOCUMENT…    (run where node_modules lies)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const [schemaPath, ...documents] = process.argv.slice(2);
const schema = JSON.parse(readFileSync(schemaPath, "utf8"));
const draft2019 = String(schema.$schema).includes("2019-09");
const Ajv = require(draft2019 ? "ajv/dist/2019" : "ajv").default;
const ajv = new Ajv({ strict: false, allErrors: true });
require("ajv-formats").default(ajv);
const valid = ajv.compile(schema);
let bad = 0;

for (const path of documents) {
	const document = JSON.parse(readFileSync(path, "utf8"));
	if (valid(document))
		continue;
	bad = 1;
	for (const error of valid.errors.slice(0, 10))
		console.log(`${path}: ${error.instancePath || "/"} ${error.message}`);
}
process.exit(bad);
