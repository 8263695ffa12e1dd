// SPDX-License-Identifier: Apache-2.0
// What a schema cannot say of an SPDX document: every name is defined once,
// every relationship leads somewhere, every file has a maker, and each
// packageVerificationCode is the one that SPDX 2.3 (7.9) describes.
// usage: consistent.mjs DOCUMENT…
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

function check(path) {
	const doc = JSON.parse(readFileSync(path, "utf8"));
	const faults = [];
	const names = new Set(["SPDXRef-DOCUMENT"]);
	const sha1 = new Map();
	const contents = new Map();
	const made = new Set();

	for (const element of [...doc.packages, ...doc.files]) {
		if (names.has(element.SPDXID))
			faults.push(`${element.SPDXID} is defined twice`);
		if (!/^SPDXRef-[A-Za-z0-9.-]+$/.test(element.SPDXID))
			faults.push(`${element.SPDXID} is not an identifier of SPDX`);
		names.add(element.SPDXID);
	}
	for (const file of doc.files) {
		const value = file.checksums.find((sum) => sum.algorithm === "SHA1").checksumValue;
		sha1.set(file.SPDXID, value);
	}
	const structural = new Set(["SPDXRef-OperatingSystem", "SPDXRef-Initrd",
		"SPDXRef-UnifiedKernelImage"]);
	for (const one of doc.relationships) {
		const { spdxElementId: from, relatedSpdxElement: to, relationshipType: type } = one;
		if (!names.has(from) || !names.has(to))
			faults.push(`${from} ${type} ${to}: no such element`);
		if (type === "GENERATED_FROM")
			made.add(from);
		if (type !== "CONTAINS" || structural.has(from) || !sha1.has(to))
			continue;
		if (made.has(to))
			faults.push(`${to} has two makers`);
		made.add(to);
		contents.set(from, [...(contents.get(from) ?? []), sha1.get(to)]);
	}
	for (const file of doc.files)
		if (!made.has(file.SPDXID))
			faults.push(`${file.SPDXID} (${file.fileName}) has no maker`);
	for (const one of doc.packages) {
		const sums = (contents.get(one.SPDXID) ?? []).sort().join("");
		const code = createHash("sha1").update(sums).digest("hex");
		const said = one.packageVerificationCode?.packageVerificationCodeValue;
		if (one.filesAnalyzed !== contents.has(one.SPDXID))
			faults.push(`${one.SPDXID}: filesAnalyzed is ${one.filesAnalyzed}`);
		else if (one.filesAnalyzed && said !== code)
			faults.push(`${one.SPDXID}: verification code ${said}, not ${code}`);
	}
	const licences = new Set((doc.hasExtractedLicensingInfos ?? []).map((l) => l.licenseId));
	for (const one of doc.packages)
		for (const name of one.licenseDeclared.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? [])
			if (!licences.has(name))
				faults.push(`${one.SPDXID}: ${name} has no text`);
	for (const fault of faults.slice(0, 20))
		console.log(`${path}: ${fault}`);
	return faults.length;
}

process.exit(process.argv.slice(2).map(check).some(Boolean) ? 1 : 0);
