/* SPDX-License-Identifier: Apache-2.0 */
/* fetch/ against a real server: nginx. */
#include "fetch_sink.h"

static int server_port;

/* ---- a real server: nginx ------------------------------------------------------ */

static const char nginx_text[] =
	"daemon off; master_process off; pid %1$s/pid; error_log %1$s/errors;\n"
	"events {}\n"
	"http {\n"
	" access_log %1$s/accesses; client_body_temp_path %1$s/t1; proxy_temp_path %1$s/t2;\n"
	" fastcgi_temp_path %1$s/t3; uwsgi_temp_path %1$s/t4; scgi_temp_path %1$s/t5;\n"
	" limit_req_zone $server_addr zone=one:32k rate=2r/s;\n"
	" server { listen 127.0.0.1:%2$d; root %1$s/www;\n"
	"  location /busy/ { alias %1$s/www/; limit_req zone=one; }\n"
	"  location /never/ { return 503; }\n"
	"  location /slow/ { alias %1$s/www/; limit_rate 150k; }\n"
	" }\n"
	" server { listen 127.0.0.1:%3$d ssl; root %1$s/www;\n"
	"  ssl_certificate %1$s/certificate; ssl_certificate_key %1$s/key; }\n"
	"}\n";

static int tls_port;

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void wait_for_port(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int i = 0;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < 500; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool open = !connect(fd, (struct sockaddr *)&address, sizeof(address));

		close(fd);
		if (open)
			return;
		usleep(10000);
	}
	ck_abort_msg("nginx does not answer: see %s/errors", test_dir);
}

/* The certificate is for the name "right.example" and the address 127.0.0.1. */
static void make_certificate(void)
{
	ib_autofree char *command =
		ib_strf("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=right.example -addext "
			"subjectAltName=DNS:right.example,IP:127.0.0.1 -days 2 -keyout %s/key -out "
			"%s/certificate 2>/dev/null",
			test_dir, test_dir);

	ck_assert_int_eq(system(command), 0);
}

static void run_nginx(void)
{
	ib_autofree char *configuration = ib_path_join(test_dir, "nginx.conf");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	freopen("/dev/null", "w", stderr);
	execl("/usr/sbin/nginx", "nginx", "-p", test_dir, "-c", configuration, NULL);
	_exit(127);
}

static void start_nginx(void)
{
	struct ib_error err = IB_ERROR_INIT;
	static char content[CONTENT_SIZE];
	ib_autofree char *www = NULL;
	ib_autofree char *file = NULL;
	ib_autofree char *configuration = NULL;
	ib_autofree char *text = NULL;

	test_dir_make();
	server_pid = 0;
	if (access("/usr/sbin/nginx", X_OK))
		return;
	server_port = free_port();
	tls_port = free_port();
	www = ib_strf("%s/www", test_dir);
	file = ib_strf("%s/x+y.rpm", www);
	text = ib_strf(nginx_text, test_dir, server_port, tls_port);
	fill_content(content);
	make_certificate();
	ck_ok(ib_file_make_directory(www, 0755, &err));
	ck_ok(ib_file_write(file, content, CONTENT_SIZE, 0644, &err));
	test_file("nginx.conf", text, &configuration);
	server_pid = fork();
	if (server_pid == 0)
		run_nginx();
	wait_for_port(tls_port);
}

static void stop_nginx(void)
{
	if (server_pid)
		stop_server();
	else
		test_dir_remove();
}

static bool nginx_is_missing(void)
{
	if (!server_pid)
		printf("passed over: nginx is not installed\n");
	return !server_pid;
}

static int fetch_url(const char *url, const char *ca_file, struct ib_error *err)
{
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	struct ib_fetch_options options = quick;
	struct ib_fetch_file file = one_file(&url, 1);

	options.ca_file = ca_file;
	options.tries = 2;
	return ib_fetch_files(&file, 1, &sink, &options, err);
}

static bool was_answered(const char *words)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("%s/accesses", test_dir);
	ib_autofree char *text = NULL;

	ck_ok(ib_file_read_text(path, 1 << 20, &text, &err));
	return strstr(text, words);
}

START_TEST(nginx_gives_continues_and_is_slow)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *content = ib_alloc(CONTENT_SIZE);
	ib_autofree char *part = ib_strf("%s/part.0", test_dir);
	ib_autofree char *url = ib_strf("http://127.0.0.1:%d", server_port);
	ib_autofree char *slow = ib_strf("%s/slow/", url);
	ib_autofree char *gone = ib_strf("%s/nothing", url);

	if (nginx_is_missing())
		return;
	ck_ok(fetch_url(url, NULL, &err));
	ck_assert(was_answered("\" 200 300000 "));
	fill_content(content);
	ck_ok(ib_file_write(part, content, 200000, 0600, &err));
	ck_ok(fetch_url(url, NULL, &err));
	ck_assert(was_answered("\" 206 100000 "));
	ck_ok(fetch_url(slow, NULL, &err));
	ck_fails(fetch_url(gone, NULL, &err), IB_MISSING, "/nothing/x%2By.rpm: HTTP 404");
}
END_TEST

START_TEST(a_certificate_must_be_known_and_for_this_name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *certificate = ib_strf("%s/certificate", test_dir);
	ib_autofree char *right = ib_strf("https://127.0.0.1:%d/", tls_port);
	ib_autofree char *wrong = ib_strf("https://localhost:%d/", tls_port);

	if (nginx_is_missing())
		return;
	ck_ok(fetch_url(right, certificate, &err));
	ck_fails(fetch_url(wrong, certificate, &err), IB_TRUST, wrong);
	ck_fails(fetch_url(right, NULL, &err), IB_TRUST, right);
}
END_TEST

START_TEST(a_proxy_of_the_environment_is_used)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *proxy = ib_strf("http://127.0.0.1:%d", server_port);

	if (nginx_is_missing())
		return;
	ck_assert_int_eq(setenv("http_proxy", proxy, 1), 0);
	ck_ok(fetch_url("http://mirror.example/", NULL, &err));
}
END_TEST

START_TEST(nobodys_netrc_is_read)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *url = ib_strf("http://127.0.0.1:%d/", server_port);
	ib_autofree char *netrc = NULL;

	if (nginx_is_missing())
		return;
	test_file(".netrc", "machine 127.0.0.1 login spy password secret\n", &netrc);
	ck_assert_int_eq(setenv("HOME", test_dir, 1), 0);
	ck_ok(fetch_url(url, NULL, &err));
	ck_assert(!was_answered("spy"));
}
END_TEST

/* Two requests a second are answered, one that comes earlier gets 503. */
START_TEST(nginx_is_busy_and_then_good)
{
	struct ib_error err = IB_ERROR_INIT;
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	ib_autofree char *busy = ib_strf("http://127.0.0.1:%d/busy/", server_port);
	ib_autofree char *never = ib_strf("http://127.0.0.1:%d/never/", server_port);
	ib_autofree char *good = ib_strf("http://127.0.0.1:%d/", server_port);
	const char *const urls[] = { busy };
	const char *const mirrors[] = { never, good };
	struct ib_fetch_file file = one_file(urls, 1);
	struct ib_fetch_file mirrored = one_file(mirrors, 2);

	if (nginx_is_missing())
		return;
	ck_ok(fetch_url(busy, NULL, &err));
	ck_assert(!was_answered("\" 503 "));
	ck_ok(ib_fetch_files(&file, 1, &sink, &quick, &err));
	ck_assert(was_answered("\" 503 "));
	ck_fails(fetch_url(never, NULL, &err), IB_MISSING, "/never/x%2By.rpm: HTTP 503");
	ck_ok(ib_fetch_files(&mirrored, 1, &sink, &quick, &err));
	ck_assert(was_answered("GET /x%2By.rpm"));
}
END_TEST

/* What the metadata says of the file is not what the server has. */
START_TEST(nginx_has_a_file_of_another_length)
{
	static const size_t sizes[] = { 0, CONTENT_SIZE - 1, CONTENT_SIZE + 1 };
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *content = ib_alloc(CONTENT_SIZE + 1);
	ib_autofree char *path = ib_strf("%s/www/x+y.rpm", test_dir);
	ib_autofree char *url = ib_strf("http://127.0.0.1:%d/", server_port);
	size_t i = 0;

	if (nginx_is_missing())
		return;
	fill_content(content);
	for (i = 0; i < IB_COUNT(sizes); i++) {
		ck_ok(ib_file_write(path, content, sizes[i], 0644, &err));
		ck_fails(fetch_url(url, NULL, &err), IB_TRUST, url);
		ck_assert(!arrived(0));
	}
}
END_TEST

/* Killed in the middle of a file, and there again a little later. */
START_TEST(nginx_dies_and_comes_back_and_the_file_goes_on)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *slow = ib_strf("http://127.0.0.1:%d/slow/", server_port);
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	const char *const urls[] = { slow };
	struct ib_fetch_file file = one_file(urls, 1);
	pid_t second = 0;

	if (nginx_is_missing())
		return;
	second = fork();
	if (second == 0) {
		usleep(700000);
		kill(server_pid, SIGKILL);
		usleep(100000);
		run_nginx();
	}
	ck_ok(ib_fetch_files(&file, 1, &sink, &quick, &err));
	ck_assert(arrived(0));
	ck_assert(was_answered("\" 206 "));
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fetch_nginx");
	TCase *nginx = tcase_create("nginx");

	tcase_add_checked_fixture(nginx, start_nginx, stop_nginx);
	tcase_set_timeout(nginx, 60);
	tcase_add_test(nginx, nginx_gives_continues_and_is_slow);
	tcase_add_test(nginx, a_certificate_must_be_known_and_for_this_name);
	tcase_add_test(nginx, a_proxy_of_the_environment_is_used);
	tcase_add_test(nginx, nobodys_netrc_is_read);
	tcase_add_test(nginx, nginx_is_busy_and_then_good);
	tcase_add_test(nginx, nginx_has_a_file_of_another_length);
	tcase_add_test(nginx, nginx_dies_and_comes_back_and_the_file_goes_on);
	suite_add_tcase(suite, nginx);
	return suite;
}
