/* SPDX-License-Identifier: Apache-2.0 */
#include "rpmfile/rpmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rpm/header.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmtag.h>
#include <rpm/rpmts.h>
#include <sqlite3.h>

#include "rpmfile/internal.h"

enum { INTRO_MAGIC = 8 };

/* What librpm would have read from the host's macro files; level 0 goes before those. */
static const struct {
	const char *name, *value; /* %s: the database's folder */
} macros[] = {
	{ "_dbpath", "%s" },
	{ "_rpmlock_path", "%s/.rpm.lock" },
	{ "_db_backend", "sqlite" },
	{ "_transaction_color", "0" },
};

/* What is the same for all packages of a database. */
struct recording {
	uint32_t build_time;
	uint32_t color;
	rpmtxn transaction;
};

/* ---- a header as the database keeps it ----------------------------------- */

/* What of the signature header is kept, and under which tag (librpm's own choice). */
static const struct {
	uint32_t from;
	rpmTagVal to;
} kept_tags[] = {
	{ 267, RPMTAG_DSAHEADER },   { 268, RPMTAG_RSAHEADER },       { 269, RPMTAG_SHA1HEADER },
	{ 270, RPMTAG_LONGSIGSIZE }, { 271, RPMTAG_LONGARCHIVESIZE }, { 273, RPMTAG_SHA256HEADER },
	{ 1000, RPMTAG_SIGSIZE },    { 1002, RPMTAG_SIGPGP },         { 1004, RPMTAG_SIGMD5 },
	{ 1005, RPMTAG_SIGGPG },     { 1007, RPMTAG_ARCHIVESIZE },
};

static bool keep_tag(const struct ib_header *signature, uint32_t from, rpmTagVal to, Header header)
{
	uint64_t large = ib_header_number(signature, from, 0, 0);
	uint32_t small = (uint32_t)large;
	const uint8_t *binary = NULL;
	size_t size = 0;

	if (!ib_header_has(signature, from) || headerIsEntry(header, to))
		return true;
	binary = ib_header_binary(signature, from, &size);
	if (binary)
		return headerPutBin(header, to, binary, (rpm_count_t)size) == 1;
	if (ib_header_string(signature, from))
		return headerPutString(header, to, ib_header_string(signature, from)) == 1;
	if (to == RPMTAG_LONGSIGSIZE || to == RPMTAG_LONGARCHIVESIZE)
		return headerPutUint64(header, to, &large, 1) == 1;
	return headerPutUint32(header, to, &small, 1) == 1;
}

/* The state of every file: what was left out is recorded so, and not missed later. */
static bool put_states(const struct ib_rpmdb_row *row, Header header)
{
	size_t count = row->rpm->package->file_count;
	ib_autofree char *states = ib_alloc(count + 1);
	size_t i = 0;

	if (!count)
		return true;
	for (i = 0; i < count; i++) {
		states[i] = RPMFILE_STATE_NORMAL;
		if (row->wrong_color && row->wrong_color[i])
			states[i] = RPMFILE_STATE_WRONGCOLOR;
		if (row->left_out && row->left_out[i])
			states[i] = RPMFILE_STATE_NOTINSTALLED;
	}
	return headerPutChar(header, RPMTAG_FILESTATES, states, (rpm_count_t)count) == 1;
}

/* What an installation adds to a header. */
static bool complete(const struct ib_rpmdb_row *row, const struct ib_header *signature,
		     const struct recording *recording, Header header)
{
	const uint32_t *time = &recording->build_time;
	bool good = headerPutUint32(header, RPMTAG_INSTALLTIME, time, 1) == 1 &&
		    headerPutUint32(header, RPMTAG_INSTALLTID, time, 1) == 1 &&
		    headerPutUint32(header, RPMTAG_INSTALLCOLOR, &recording->color, 1) == 1 &&
		    put_states(row, header);
	size_t i = 0;

	for (i = 0; good && i < IB_COUNT(kept_tags); i++)
		good = keep_tag(signature, kept_tags[i].from, kept_tags[i].to, header);
	return good;
}

static void done_front(struct ib_front *front)
{
	ib_front_done(front);
}

/* The header as librpm has it, read from the package once more. */
static int import_header(const struct ib_rpm *rpm, Header *ret_header, struct ib_error *err)
{
	__attribute__((cleanup(done_front))) struct ib_front front = { 0 };
	ib_autoclose int fd = open(rpm->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", rpm->path);
	IB_TRY(ib_rpm_read_front(rpm, fd, &front, err));
	*ret_header = headerImport(front.bytes.data + front.header_start + INTRO_MAGIC,
				   (unsigned)(front.header.size - INTRO_MAGIC), HEADERIMPORT_COPY);
	return 0;
}

static int add_row(const struct ib_rpmdb_row *row, const struct recording *recording,
		   struct ib_error *err)
{
	const struct ib_rpm *rpm = row->rpm;
	struct ib_header signature = { 0 };
	Header header = NULL;
	bool good = false;
	int r = 0;

	IB_TRY(ib_header_parse(IB_HEADER_SIGNATURE, rpm->signature, rpm->signature_size, rpm->name,
			       &signature, err));
	r = import_header(rpm, &header, err);
	good = header && complete(row, &signature, recording, header) &&
	       rpmtsImportHeader(recording->transaction, header, 0) == RPMRC_OK;
	headerFree(header);
	ib_header_done(&signature);
	if (!r && !good)
		r = ib_fail(err, IB_FAILED, "librpm could not record '%s'", rpm->name);
	return r;
}

/* ---- the transaction ----------------------------------------------------- */

static void push_macros(const char *folder)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(macros); i++) {
		bool is_path = ib_str_starts(macros[i].value, "%s");
		ib_autofree char *value =
			ib_strf("%s%s", is_path ? folder : "", macros[i].value + (is_path ? 2 : 0));

		rpmPushMacro(NULL, macros[i].name, NULL, value, 0);
	}
}

static void pop_macros(void)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(macros); i++)
		rpmPopMacro(NULL, macros[i].name);
}

/* librpm prints what it has to say; here it is kept, for the error's words. */
static int keep_message(rpmlogRec record, rpmlogCallbackData data)
{
	struct ib_strings *messages = data;

	if (rpmlogRecPriority(record) <= RPMLOG_WARNING && messages->count < 4)
		ib_strings_add(messages, rpmlogRecMessage(record));
	return 0;
}

/* As rpm's own configuration has it: 32-bit and 64-bit files side by side, or one kind only. */
static uint32_t color_of(const struct ib_rpmdb_row *rows, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!strcmp(rows[i].rpm->package->arch, "x86_64"))
			return 3;
	return 0;
}

static int fill_open(const struct ib_rpmdb_row *rows, size_t count, rpmts ts, struct ib_error *err)
{
	struct recording recording = {
		.build_time = (uint32_t)rpmtsGetTid(ts),
		.color = color_of(rows, count),
		.transaction = rpmtxnBegin(ts, RPMTXN_WRITE),
	};
	size_t i = 0;
	int r = 0;

	if (!recording.transaction)
		return ib_fail(err, IB_FAILED, "librpm could not lock the package database");
	for (i = 0; !r && i < count; i++)
		r = add_row(&rows[i], &recording, err);
	rpmtxnEnd(recording.transaction);
	return r;
}

static int fill_database(const struct ib_rpmdb_row *rows, size_t count, int64_t build_time,
			 struct ib_error *err)
{
	rpmts ts = rpmtsCreate();
	int r = 0;

	rpmtsSetTid(ts, (rpm_tid_t)build_time);
	if (rpmtsOpenDB(ts, O_RDWR | O_CREAT) != 0)
		r = ib_fail(err, IB_FAILED, "librpm could not make a package database");
	else
		r = fill_open(rows, count, ts, err);
	rpmtsCloseDB(ts);
	rpmtsFree(ts);
	return r;
}

static int run_librpm(const struct ib_rpmdb_row *rows, size_t count, int64_t build_time,
		      const char *folder, struct ib_error *err)
{
	IB_AUTO_STRINGS(messages);
	rpmlogCallback before = rpmlogSetCallback(keep_message, &messages);
	ib_autofree char *words = NULL;
	char *p = NULL;
	int r = 0;

	push_macros(folder);
	r = fill_database(rows, count, build_time, err);
	pop_macros();
	(void)rpmlogSetCallback(before, NULL);
	if (r < 0 && messages.count) {
		words = ib_strings_join(&messages, "; ");
		for (p = words; *p; p++)
			if (*p == '\n')
				*p = ' ';
		ib_error_hint(err, "librpm says: %s.", words);
	}
	return r;
}

/* ---- the bytes ----------------------------------------------------------- */

/*
 * Out of write-ahead mode, which cannot be opened on a read-only file system, and
 * into one order of pages: in a file of its own, not in memory.
 */
static int settle_sqlite(const char *path, const char *settled, struct ib_error *err)
{
	static const char pragmas[] = "PRAGMA temp_store=memory;"
				      "PRAGMA synchronous=off;"
				      "PRAGMA journal_mode=delete;";
	char *vacuum = sqlite3_mprintf("VACUUM INTO %Q", settled);
	sqlite3 *database = NULL;
	int r = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL);

	if (r == SQLITE_OK)
		r = sqlite3_exec(database, pragmas, NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, vacuum, NULL, NULL, NULL);
	sqlite3_free(vacuum);
	if (r != SQLITE_OK)
		(void)ib_fail(err, IB_FAILED, "could not settle the package database: %s",
			      database ? sqlite3_errmsg(database) : sqlite3_errstr(r));
	(void)sqlite3_close(database);
	return r == SQLITE_OK ? 0 : -IB_FAILED;
}

/*
 * SQLite's file format, section 1.3: how often the file was changed, and by which
 * version, says nothing of what is in it. The counter must equal the one at 92.
 */
static void normalize(uint8_t *file)
{
	static const uint8_t one[4] = { 0, 0, 0, 1 };
	enum { CHANGE_COUNTER = 24, VALID_FOR = 92, VERSION = 96 };

	memcpy(file + CHANGE_COUNTER, one, sizeof(one));
	memcpy(file + VALID_FOR, one, sizeof(one));
	memset(file + VERSION, 0, 4);
}

static int write_in(const char *folder, const struct ib_rpmdb_row *rows, size_t count,
		    int64_t build_time, struct ib_buffer *ret_database, struct ib_error *err)
{
	enum { SQLITE_HEADER = 100 };
	ib_autofree char *path = ib_path_join(folder, "rpmdb.sqlite");
	ib_autofree char *settled = ib_path_join(folder, "settled.sqlite");
	size_t start = ret_database->size;

	IB_TRY(run_librpm(rows, count, build_time, folder, err));
	IB_TRY(settle_sqlite(path, settled, err));
	IB_TRY(ib_file_read(settled, ret_database, err));
	if (ret_database->size - start < SQLITE_HEADER)
		return ib_fail(err, IB_FAILED, "librpm left no package database in '%s'", folder);
	normalize(ret_database->data + start);
	return 0;
}

int ib_rpmdb_write(const struct ib_rpmdb_row *rows, size_t count, int64_t build_time,
		   const char *temporary, struct ib_buffer *ret_database, struct ib_error *err)
{
	ib_autofree char *folder = ib_path_join(temporary, "rpmdb.XXXXXX");
	struct ib_error removal = IB_ERROR_INIT;
	int r = 0;

	if (build_time < 0 || build_time > UINT32_MAX)
		return ib_fail(err, IB_INPUT, "a package database cannot record the time %lld",
			       (long long)build_time);
	/* The name reaches librpm as a macro's value, where a percent sign would be expanded. */
	if (folder[0] != '/' || strpbrk(folder, "%\n\\"))
		return ib_fail(err, IB_INPUT,
			       "the temporary folder '%s' has to be absolute, "
			       "without percent signs and backslashes",
			       temporary);
	if (!mkdtemp(folder))
		return ib_fail_errno(err, errno, "could not make a folder in '%s'", temporary);
	r = write_in(folder, rows, count, build_time, ret_database, err);
	if (ib_file_remove_tree(folder, &removal) < 0) {
		if (r == 0)
			r = ib_fail(err, removal.kind, "%s", removal.text);
		ib_error_clear(&removal);
	}
	return r;
}
