/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch_sink.h"

static int server_port;

/* ---- a server that misbehaves by name -------------------------------------- */

static void send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		size -= (size_t)n;
	}
}

static void send_head(int fd, const char *status, size_t length, const char *more)
{
	ib_autofree char *head =
		ib_strf("HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", status,
			length, more);

	send_all(fd, head, strlen(head));
}

struct served {
	const char *content;
	unsigned count; /* requests so far for this name */
	size_t from;    /* Range: bytes=FROM- */
	int port;
};

static void send_range(int fd, const struct served *served, size_t until)
{
	ib_autofree char *range = ib_strf("Content-Range: bytes %zu-%zu/%zu\r\n", served->from,
					  CONTENT_SIZE - 1, CONTENT_SIZE);

	send_head(fd, served->from ? "206 Partial Content" : "200 OK", CONTENT_SIZE - served->from,
		  served->from ? range : "");
	if (until > served->from)
		send_all(fd, served->content + served->from, until - served->from);
}

static void good(int fd, struct served *served)
{
	send_range(fd, served, CONTENT_SIZE);
}

static void gone(int fd, struct served *served)
{
	(void)served;
	send_head(fd, "404 Not Found", 0, "");
}

static void busy_then_good(int fd, struct served *served)
{
	if (served->count < 3)
		send_head(fd, "503 Service Unavailable", 0, "");
	else
		good(fd, served);
}

static void always_busy(int fd, struct served *served)
{
	(void)served;
	send_head(fd, "503 Service Unavailable", 0, "");
}

/* Ends after 100,000 bytes more, each time: only one who continues gets there. */
static void cut(int fd, struct served *served)
{
	send_range(fd, served, IB_MIN(served->from + 120000, CONTENT_SIZE));
}

static void cut_without_range(int fd, struct served *served)
{
	served->from = 0;
	send_range(fd, served, served->count == 1 ? 1000 : CONTENT_SIZE);
}

static void wrong_byte(int fd, struct served *served)
{
	ib_autofree char *other = ib_memdup(served->content, CONTENT_SIZE);

	other[CONTENT_SIZE / 2] ^= 1;
	send_head(fd, "200 OK", CONTENT_SIZE, "");
	send_all(fd, other, CONTENT_SIZE);
}

static void shorter(int fd, struct served *served)
{
	send_head(fd, "200 OK", CONTENT_SIZE - 1, "");
	send_all(fd, served->content, CONTENT_SIZE - 1);
}

static void endless(int fd, struct served *served)
{
	const char *head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	int i = 0;

	send_all(fd, head, strlen(head));
	for (i = 0; i < 100; i++)
		send_all(fd, served->content, CONTENT_SIZE);
}

static void to_file(int fd, struct served *served)
{
	(void)served;
	send_head(fd, "302 Found", 0, "Location: file:///etc/passwd\r\n");
}

static void to_good(int fd, struct served *served)
{
	ib_autofree char *more =
		ib_strf("Location: http://127.0.0.1:%d/good/x%%2By.rpm\r\n", served->port);

	send_head(fd, "302 Found", 0, more);
}

static void loop(int fd, struct served *served)
{
	ib_autofree char *more =
		ib_strf("Location: http://127.0.0.1:%d/loop/x%%2By.rpm\r\n", served->port);

	send_head(fd, "302 Found", 0, more);
}

static void silent(int fd, struct served *served)
{
	send_range(fd, served, served->from + 10);
	sleep(30);
}

static const struct {
	const char *name;
	void (*serve)(int fd, struct served *served);
} manners[] = {
	{ "good", good },
	{ "gone", gone },
	{ "busy-then-good", busy_then_good },
	{ "always-busy", always_busy },
	{ "cut", cut },
	{ "cut-without-range", cut_without_range },
	{ "wrong-byte", wrong_byte },
	{ "shorter", shorter },
	{ "endless", endless },
	{ "to-file", to_file },
	{ "to-good", to_good },
	{ "loop", loop },
	{ "silent", silent },
};

static void answer(int fd, const char *content, unsigned *counts, int port)
{
	char request[4096] = "";
	ssize_t size = recv(fd, request, sizeof(request) - 1, 0);
	const char *range = strstr(request, "Range: bytes=");
	size_t i = 0;

	if (size <= 0)
		return;
	for (i = 0; i < IB_COUNT(manners); i++) {
		ib_autofree char *start = ib_strf("GET /%s/x%%2By.rpm ", manners[i].name);
		struct served served = { .content = content, .port = port };

		if (!ib_str_starts(request, start))
			continue;
		served.count = ++counts[i];
		served.from = range ? strtoull(range + 13, NULL, 10) : 0;
		manners[i].serve(fd, &served);
		return;
	}
	send_head(fd, "400 Bad Request", 0, "");
}

static void serve_forever(int listener, int port)
{
	unsigned counts[IB_COUNT(manners)] = { 0 };
	static char content[CONTENT_SIZE];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fill_content(content);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		answer(fd, content, counts, port);
		shutdown(fd, SHUT_WR);
		close(fd);
	}
}

static void start_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	test_dir_make();
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 20), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	server_port = ntohs(address.sin_port);
	server_pid = fork();
	if (server_pid == 0)
		serve_forever(listener, server_port);
	close(listener);
}

/* ---- asking ------------------------------------------------------------------ */

/* From "manner manner…", one mirror each. */
static int fetch_from(const char *names, struct ib_error *err)
{
	IB_AUTO_STRINGS(words);
	IB_AUTO_STRINGS(urls);
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	struct ib_fetch_file file = { .name = NULL };
	size_t i = 0;

	ib_strings_split(&words, names, " ");
	for (i = 0; i < words.count; i++)
		ib_strings_addf(&urls, "http://127.0.0.1:%d/%s/", server_port, words.items[i]);
	file = one_file((const char *const *)urls.items, urls.count);
	return ib_fetch_files(&file, 1, &sink, &quick, err);
}

START_TEST(it_arrives_in_spite_of_a_bad_server)
{
	static const char *const mirrors[] = { "good",
					       "busy-then-good",
					       "cut",
					       "cut-without-range",
					       "to-good",
					       "gone good",
					       "wrong-byte good",
					       "shorter good",
					       "endless good",
					       "to-file good",
					       "always-busy good",
					       "gone wrong-byte loop busy-then-good" };
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(fetch_from(mirrors[_i], &err));
	ck_assert(arrived(0));
}
END_TEST

START_TEST(it_is_refused_and_the_url_is_named)
{
	static const struct {
		const char *mirrors;
		enum ib_kind kind;
		const char *words;
	} cases[] = {
		{ "gone", IB_MISSING, "/gone/x%2By.rpm: HTTP 404" },
		{ "always-busy", IB_MISSING, "/always-busy/x%2By.rpm: HTTP 503" },
		{ "gone always-busy", IB_MISSING, "x%2By.rpm: HTTP 404; http://127.0.0.1:" },
		{ "wrong-byte", IB_TRUST, "has the sha256 " },
		{ "shorter", IB_TRUST, "has 299999 bytes, expected 300000" },
		{ "endless", IB_TRUST, "is longer than the expected 300000 bytes" },
		{ "to-file", IB_TRUST, "is redirected to another scheme" },
		{ "loop", IB_MISSING, "is redirected too often" },
		{ "wrong-byte gone", IB_TRUST, "HTTP 404" },
		{ "gone wrong-byte", IB_TRUST, "HTTP 404" },
	};
	struct ib_error err = IB_ERROR_INIT;

	ck_fails(fetch_from(cases[_i].mirrors, &err), cases[_i].kind, cases[_i].words);
	ck_assert(!arrived(0));
	ck_assert_uint_eq(part_size(0), 0);
}
END_TEST

START_TEST(a_stalled_server_is_left_and_what_came_is_kept)
{
	struct ib_error err = IB_ERROR_INIT;
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	struct ib_fetch_options options = quick;
	ib_autofree char *url = ib_strf("http://127.0.0.1:%d/silent", server_port);
	const char *const urls[] = { url };
	struct ib_fetch_file file = one_file(urls, 1);

	options.tries = 1;
	options.stall_seconds = 1;
	ck_fails(ib_fetch_files(&file, 1, &sink, &options, &err), IB_MISSING, "/silent/x%2By.rpm");
	ck_assert_uint_eq(part_size(0), 10);
}
END_TEST

START_TEST(an_earlier_part_is_continued_and_a_wrong_one_started_anew)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *content = ib_alloc(CONTENT_SIZE + 10);
	ib_autofree char *part = ib_strf("%s/part.0", test_dir);
	static const struct {
		size_t size;
		bool damaged;
	} parts[] = { { 1000, false },
		      { 1000, true },
		      { CONTENT_SIZE, false },
		      { CONTENT_SIZE, true },
		      { CONTENT_SIZE + 5, true } };

	fill_content(content);
	if (parts[_i].damaged)
		content[500] ^= 1;
	ck_ok(ib_file_write(part, content, parts[_i].size, 0600, &err));
	ck_ok(fetch_from("good", &err));
	ck_assert(arrived(0));
}
END_TEST

START_TEST(one_lost_file_does_not_stop_the_others)
{
	struct ib_error err = IB_ERROR_INIT;
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	ib_autofree char *good_url = ib_strf("http://127.0.0.1:%d/good", server_port);
	ib_autofree char *gone_url = ib_strf("http://127.0.0.1:%d/gone", server_port);
	const char *const urls[] = { good_url, gone_url };
	struct ib_fetch_file files[12];
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		files[i] = one_file(&urls[i % 4 == 1], 1);
	ck_fails(ib_fetch_files(files, IB_COUNT(files), &sink, &quick, &err), IB_MISSING,
		 "(and 2 more of 12 files)");
	for (i = 0; i < IB_COUNT(files); i++)
		ck_assert_int_eq(arrived(i), i % 4 != 1);
	ck_assert_str_eq(files[0].sha256, content_digest);
}
END_TEST

START_TEST(what_leaves_the_repository_or_is_weakly_protected_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	const char *const urls[] = { "/tmp" };
	struct ib_fetch_file file = one_file(urls, 1);
	const char *const locations[] = { "../x.rpm", "/etc/passwd", "a/../../x", "" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(locations); i++) {
		file.location = locations[i];
		ck_fails(ib_fetch_files(&file, 1, &sink, &quick, &err), IB_TRUST,
			 "leaves the repository");
	}
	file.location = "x.rpm";
	file.checksum_kind = "sha1";
	ck_fails(ib_fetch_files(&file, 1, &sink, &quick, &err), IB_TRUST, "protected by 'sha1'");
	ck_fails(ib_fetch_check_url("ftp://x/", &err), IB_INPUT, "its scheme is not known");
	ck_fails(ib_fetch_check_url("http://user:secret@x/", &err), IB_INPUT, "user name");
	ck_fails(ib_fetch_check_url("http://x/a b", &err), IB_INPUT, "blanks");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fetch");
	TCase *http = tcase_create("http");
	TCase *folder = tcase_create("folder");

	tcase_add_checked_fixture(http, start_server, stop_server);
	tcase_set_timeout(http, 60);
	tcase_add_loop_test(http, it_arrives_in_spite_of_a_bad_server, 0, 12);
	tcase_add_loop_test(http, it_is_refused_and_the_url_is_named, 0, 10);
	tcase_add_test(http, a_stalled_server_is_left_and_what_came_is_kept);
	tcase_add_loop_test(http, an_earlier_part_is_continued_and_a_wrong_one_started_anew, 0, 5);
	tcase_add_test(http, one_lost_file_does_not_stop_the_others);
	suite_add_tcase(suite, http);
	tcase_add_checked_fixture(folder, test_dir_make, test_dir_remove);
	tcase_add_test(folder, what_leaves_the_repository_or_is_weakly_protected_is_refused);
	suite_add_tcase(suite, folder);
	return suite;
}
