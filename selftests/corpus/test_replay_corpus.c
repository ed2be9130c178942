// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Captures of real mail through the real programs: every conversation has its line, none of the
 * ordinary mail is blocked, and every finding that appears is known to be right. And the same
 * capture in other clothes - other link types, cut short, compressed - gives the same lines.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/cli/cli.h"

#define FILES 256
#define TALKS 4096

static char corpus[4096], scratch[] = "/tmp/mxdp-replay-XXXXXX", config_path[64], harsh_path[64];
static char *config = config_path; /* what replay() reads */
static struct {
	char *path[FILES];
	size_t count;
} captures;

/* Replay, as a person calls it */

static char said[65536]; /* on standard error, by the last replay */

static int swap_fd(int fd, int with)
{
	int saved = dup(fd);

	assert_true(saved >= 0 && dup2(with, fd) == fd);
	return saved;
}

static json_t *read_lines(int fd)
{
	json_t *lines = json_array();
	FILE *file = fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;

	assert_non_null(file);
	rewind(file);
	while (getline(&line, &room, file) > 0) {
		json_t *object = json_loads(line, 0, NULL);

		if (!object)
			fail_msg("no JSON: %s", line);
		json_array_append_new(lines, object);
	}
	free(line);
	fclose(file);
	return lines;
}

/* The lines of `mxdpctl replay --json WORDS...`. */
static json_t *replay(const char *word, const char *path, int expected)
{
	char *argv[] = {"replay", "--json", "--config", config, NULL, NULL, NULL};
	int argc = 4, out = memfd_create("out", 0), err = memfd_create("err", 0), code;
	int saved_out, saved_err;
	ssize_t got;

	if (word)
		argv[argc++] = (char *)word;
	argv[argc++] = (char *)path;
	assert_true(out >= 0 && err >= 0);
	fflush(stdout);
	saved_out = swap_fd(STDOUT_FILENO, out);
	saved_err = swap_fd(STDERR_FILENO, err);
	optind = 0;
	code = cmd_replay(argc, argv);
	fflush(stdout);
	close(swap_fd(STDOUT_FILENO, saved_out));
	close(swap_fd(STDERR_FILENO, saved_err));
	close(saved_out);
	close(saved_err);
	got = pread(err, said, sizeof(said) - 1, 0);
	said[got > 0 ? got : 0] = '\0';
	close(err);
	if (code != expected)
		fail_msg("replay %s: exit code %d: %s", path, code, said);
	return read_lines(out);
}

static const char *text_of(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	assert_non_null(text);
	return text;
}

static const char *first_of(const json_t *line, const char *key)
{
	const json_t *list = json_object_get(line, key);

	assert_true(json_is_array(list));
	return json_array_size(list) ? json_string_value(json_array_get(list, 0)) : "";
}

/* The independent count: 4-tuples with payload on a mail port, by libpcap and nothing of ours */

struct talk {
	uint8_t ends[2][18]; /* address and port, the lesser first */
};

static bool is_mail_port(const uint8_t *port)
{
	unsigned n = (unsigned)(port[0] << 8 | port[1]);

	return n == 25 || n == 465 || n == 587;
}

/* Ethernet without VLANs, IP without options or extensions: what the corpus consists of. */
static bool talk_of(struct talk *out, const u_char *p, size_t len)
{
	bool v4 = len > 54 && p[12] == 8 && p[13] == 0 && p[14] == 0x45 && p[23] == 6;
	bool v6 = len > 74 && p[12] == 0x86 && p[13] == 0xdd && p[20] == 6;
	const u_char *tcp = p + (v4 ? 34 : 54), *address = p + (v4 ? 26 : 22);
	size_t size = v4 ? 4 : 16, ip_len, order;
	uint8_t ends[2][18] = {0};

	if (!v4 && !v6)
		return false;
	ip_len = v4 ? (size_t)(p[16] << 8 | p[17]) - 20 : (size_t)(p[18] << 8 | p[19]);
	if (ip_len <= (size_t)(tcp[12] >> 4) * 4 || (!is_mail_port(tcp) && !is_mail_port(tcp + 2)))
		return false;
	for (int i = 0; i < 2; i++) {
		memcpy(ends[i], address + (size_t)i * size, size);
		memcpy(ends[i] + 16, tcp + (size_t)i * 2, 2);
	}
	order = memcmp(ends[0], ends[1], 18) > 0;
	memcpy(out->ends[0], ends[order], 18);
	memcpy(out->ends[1], ends[!order], 18);
	return true;
}

static size_t count_talks(const char *path)
{
	static struct talk talks[TALKS];
	char command[5000], error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *head;
	const u_char *data;
	size_t count = 0;
	FILE *file;
	pcap_t *pcap;

	snprintf(command, sizeof(command), "gzip -dcf '%s'", path);
	file = popen(command, "r");
	assert_non_null(file);
	pcap = pcap_fopen_offline(file, error);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	while (pcap_next_ex(pcap, &head, &data) == 1) {
		struct talk talk;
		size_t i = 0;

		if (!talk_of(&talk, data, head->caplen))
			continue;
		while (i < count && memcmp(&talks[i], &talk, sizeof(talk)))
			i++;
		assert_true(i < TALKS);
		talks[i] = talk;
		count += i == count;
	}
	pcap_close(pcap);
	return count;
}

/* What the corpus may give */

/* Each finding that appears in it, and why it is right. */
static const struct {
	const char *file, *id;
} right[] = {
	{"arkime__smtp-decrypted.pcap", "helo-single-label"}, /* EHLO TRANSIT-MTA */
	{"bdat", "helo-localhost"},                           /* EHLO localhost, on a loopback */
};

/* By these it would be another matter. */
static const char harsh[] = "finding \"helo-single-label\" { convicts = true points = 10 }\n"
			    "finding \"helo-localhost\" { convicts = true points = 10 }\n";

static struct {
	size_t passed, watched; /* at defaults, as if all addresses were public */
} ordinary;

static void expect_right(const char *path, const json_t *line)
{
	const json_t *findings = json_object_get(line, "findings"), *finding;
	size_t i, n;

	json_array_foreach(findings, n, finding)
	{
		const char *id = text_of(finding, "id");

		for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
			if (strstr(path, right[i].file) && !strcmp(id, right[i].id))
				break;
		if (i == sizeof(right) / sizeof(right[0]))
			fail_msg("%s: finding %s: %s", path, id, text_of(finding, "detail"));
	}
}

static void check_line(const char *path, const json_t *line, bool judged)
{
	const char *verdict = text_of(line, "verdict");

	if (!strcmp(verdict, "block"))
		fail_msg("%s: %s is blocked", path, text_of(line, "client"));
	if (!judged && strstr(path, "bdat") && strcmp(verdict, "pass"))
		fail_msg("%s: a loopback address is on watch", path);
	assert_int_equal(json_integer_value(json_object_get(line, "ttl")), 0);
	expect_right(path, line);
	ordinary.passed += judged && !strcmp(verdict, "pass");
	ordinary.watched += judged && !strcmp(verdict, "watch");
}

static void every_conversation_has_its_line(void **state)
{
	size_t all = 0;

	(void)state;
	for (size_t f = 0; f < captures.count; f++) {
		const char *path = captures.path[f];
		size_t talks = count_talks(path), n;

		for (int judged = 0; judged < 2; judged++) {
			json_t *lines = replay(judged ? "--ignore-never-block" : NULL, path, 0);
			const json_t *line;

			if (json_array_size(lines) != talks)
				fail_msg("%s: %zu lines for %zu conversations", path,
					 json_array_size(lines), talks);
			json_array_foreach(lines, n, line) check_line(path, line, judged);
			json_decref(lines);
		}
		all += talks;
	}
	print_message("%zu captures, %zu conversations at defaults: 0 blocked, %zu watched, %zu "
		      "pass\n",
		      captures.count, all, ordinary.watched, ordinary.passed);
	assert_int_equal(ordinary.watched + ordinary.passed, all);
	assert_true(captures.count >= 30 && all >= 30);
}

static void expect_harsh(const char *path, const json_t *line, size_t *blocked)
{
	bool guilty = json_array_size(json_object_get(line, "findings")) > 0;
	bool blocks = !strcmp(text_of(line, "verdict"), "block");

	if (blocks != guilty)
		fail_msg("%s: %s is%s blocked by harsher settings", path, text_of(line, "client"),
			 blocks ? "" : " not");
	if (blocks)
		print_message("harsher settings would block %s of %s: %s\n",
			      text_of(line, "client"), strrchr(path, '/') + 1,
			      text_of(json_array_get(json_object_get(line, "findings"), 0), "id"));
	*blocked += blocks;
}

/* Where the findings that ordinary mail has are made to convict, just those who have them go. */
static void harsher_settings(void **state)
{
	size_t blocked = 0, all = 0;

	(void)state;
	config = harsh_path;
	for (size_t f = 0; f < captures.count; f++) {
		json_t *lines = replay("--ignore-never-block", captures.path[f], 0);
		const json_t *line;
		size_t n;

		json_array_foreach(lines, n, line) expect_harsh(captures.path[f], line, &blocked);
		all += json_array_size(lines);
		json_decref(lines);
	}
	config = config_path;
	print_message("%zu of %zu conversations would be blocked by them\n", blocked, all);
	assert_in_range(blocked, 1, all / 2);
}

static const struct golden {
	const char *file, *client, *helo, *mail_from, *rcpt_to;
	bool starttls, partial;
	const char *outcome;
} golden[] = {
	{"arkime__smtp-originating.pcap", "10.0.0.5:55713",
	 "EHLO xxxxxxxxxxxxxxxxxxxx.xxxxxxxxx.net", "xxxxxxxx@xxxxxxxxx.net",
	 "xxxxxxxx.xxxxxxx@xxxxxxxxxxxxxx.com", false, false, "accepted 1 message"},
	{"arkime__smtp-starttls.pcap", "10.0.0.1:57406", "EHLO xxxxxxxxxxxxx.xxx.com", "", "", true,
	 false, "unknown: encrypted"},
	{"arkime__smtp-rcpt-553.pcap", "10.0.0.1:48012", "EHLO localhost", "12345678@aol.com",
	 "123456@example", false, false, "refused with 553"},
	{"arkime__smtp-data-521.pcap", "10.0.0.1:56558", "EHLO xxxxxxxx.xxx.aol.com",
	 "1234567899@aol.com", "xxxxx-xxxx@xxxx.xxx.xx.jp", false, false, "refused with 521"},
	{"zeek__smtp-one-side-only.pcap", "192.150.187.22:57722", "", "", "", false, true,
	 "unknown: seen in part"},
	{"zeek__smtp-attachment-msg.pcap", "[::1]:56660", "", "", "", false, true,
	 "unknown: seen in part"},
	{"zeek__smtp-multi-addr.pcap", "188.184.129.157:35119", "EHLO gras-os-desk.cern.ch",
	 "root@gras-os-desk.cern.ch", "jan.grashofer@cern.ch", false, false, "accepted 1 message"},
	{"zeek__smtp__mime-header-size-limit.pcap.gz", "192.0.2.10:54321", "EHLO attacker.evil",
	 "exploit@attacker.evil", "victim@target.example", false, false, "accepted 1 message"},
	{"zeek__smtp__smtp-bdat-gap.pcap", "10.0.0.1:12345", "EHLO sender.example.com",
	 "sender@example.com", "recipient@example.com", false, true, "accepted 1 message"},
	{"zeek__smtp__smtp-bdat-pipeline-8bitmime.pcap", "23.128.96.18:56074",
	 "EHLO vger.kernel.org", "linux-kernel-owner@vger.kernel.org",
	 "trafficwatcher@foundit.scootmail.com", false, true, "accepted 2 messages"},
	{"zeek__tls__smtp-starttls.pcap", "192.168.4.149:54170", "EHLO openssl.client.net", "", "",
	 true, false, "unknown: encrypted"},
};

static void expect_golden(const struct golden *g, const json_t *lines)
{
	const json_t *line = json_array_get(lines, 0);

	assert_int_equal(json_array_size(lines), 1);
	assert_string_equal(text_of(line, "client"), g->client);
	assert_string_equal(first_of(line, "helo"), g->helo);
	assert_string_equal(first_of(line, "mail_from"), g->mail_from);
	assert_string_equal(first_of(line, "rcpt_to"), g->rcpt_to);
	assert_int_equal(json_is_true(json_object_get(line, "starttls")), g->starttls);
	assert_int_equal(json_is_true(json_object_get(line, "partial")), g->partial);
	assert_string_equal(text_of(line, "outcome"), g->outcome);
}

static char *in_corpus(char path[5000], const char *name)
{
	snprintf(path, 5000, "%s/%s", corpus, name);
	return path;
}

static void known_sessions(void **state)
{
	char path[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		json_t *lines = replay(NULL, in_corpus(path, golden[i].file), 0);

		expect_golden(&golden[i], lines);
		json_decref(lines);
	}
}

/* The same capture in other clothes */

typedef size_t (*dress_fn)(u_char *out, const u_char *frame, size_t len);

static size_t behind(u_char *out, const u_char *head, size_t head_len, const u_char *frame,
		     size_t len)
{
	memcpy(out, head, head_len);
	memcpy(out + head_len, frame + 14, len - 14);
	return head_len + len - 14;
}

static size_t dress_raw(u_char *out, const u_char *frame, size_t len)
{
	return behind(out, frame, 0, frame, len);
}

static size_t dress_null(u_char *out, const u_char *frame, size_t len)
{
	return behind(out, (const u_char *)"\x02\0\0\0", 4, frame, len);
}

static size_t dress_sll(u_char *out, const u_char *frame, size_t len)
{
	return behind(out, (const u_char *)"\0\0\0\1\0\6\0\0\0\0\0\0\0\0\x08\0", 16, frame, len);
}

static size_t dress_sll2(u_char *out, const u_char *frame, size_t len)
{
	return behind(out, (const u_char *)"\x08\0\0\0\0\0\0\2\0\1\0\6\0\0\0\0\0\0\0\0", 20, frame,
		      len);
}

static size_t dress_qinq(u_char *out, const u_char *frame, size_t len)
{
	memcpy(out, frame, 12);
	memcpy(out + 12, "\x88\xa8\0\5\x81\0\0\7", 8);
	memcpy(out + 20, frame + 12, len - 12);
	return len + 8;
}

/* What a card pads a short frame to, and a checksum behind it. */
static size_t dress_padded(u_char *out, const u_char *frame, size_t len)
{
	memcpy(out, frame, len);
	memset(out + len, 0xa5, 30);
	return len + 30;
}

/* Left to the card by a sending host: no length in the IP header. */
static size_t dress_unfinished(u_char *out, const u_char *frame, size_t len)
{
	memcpy(out, frame, len);
	out[16] = out[17] = 0;
	return len;
}

static const char *dress(const char *from, dress_fn fn, int dlt, size_t snap)
{
	static char path[128];
	static u_char out[70000];
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(from, error), *dead = pcap_open_dead(dlt, 262144);
	struct pcap_pkthdr *head;
	pcap_dumper_t *dumper;
	const u_char *data;

	snprintf(path, sizeof(path), "%s/dressed.pcap", scratch);
	assert_true(in && dead);
	dumper = pcap_dump_open(dead, path);
	assert_non_null(dumper);
	while (pcap_next_ex(in, &head, &data) == 1) {
		struct pcap_pkthdr new = *head;

		assert_int_equal(data[12] << 8 | data[13], 0x0800);
		new.len = (bpf_u_int32)fn(out, data, head->caplen);
		new.caplen = new.len < snap ? new.len : (bpf_u_int32)snap;
		pcap_dump((u_char *)dumper, &new, out);
	}
	pcap_dump_close(dumper);
	pcap_close(dead);
	pcap_close(in);
	return path;
}

static void other_link_types(void **state)
{
	static const struct {
		dress_fn fn;
		int dlt;
	} clothes[] = {
		{dress_raw, DLT_RAW},           {dress_raw, DLT_IPV4},
		{dress_null, DLT_NULL},         {dress_null, DLT_LOOP},
		{dress_sll, DLT_LINUX_SLL},     {dress_sll2, DLT_LINUX_SLL2},
		{dress_qinq, DLT_EN10MB},       {dress_padded, DLT_EN10MB},
		{dress_unfinished, DLT_EN10MB},
	};
	char path[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(clothes) / sizeof(clothes[0]); i++) {
		json_t *lines;

		in_corpus(path, golden[0].file);
		lines = replay(NULL, dress(path, clothes[i].fn, clothes[i].dlt, SIZE_MAX), 0);
		expect_golden(&golden[0], lines);
		assert_string_equal(said, "");
		json_decref(lines);
	}
	json_decref(
		replay(NULL, dress(in_corpus(path, golden[0].file), dress_raw, DLT_PPP, 9999), 1));
	assert_non_null(strstr(said, "PPP"));
}

/* Whatever is cut off, what is left is judged for what it is, and nothing is made up for the rest.
 */
static void snap_lengths(void **state)
{
	char path[5000];
	json_t *lines;
	const json_t *line;

	(void)state;
	in_corpus(path, golden[0].file);
	for (size_t snap = 72; snap < 200; snap += 4) {
		lines = replay(NULL, dress(path, dress_raw, DLT_RAW, snap), 0);
		line = json_array_get(lines, 0);
		assert_int_equal(json_array_size(lines), 1);
		assert_true(json_is_true(json_object_get(line, "partial")));
		assert_string_equal(text_of(line, "verdict"), "pass");
		assert_int_equal(json_array_size(json_object_get(line, "findings")), 0);
		/* here the reply to EHLO is cut, and MAIL is whole */
		if (snap >= 140)
			assert_string_equal(first_of(line, "mail_from"), golden[0].mail_from);
		json_decref(lines);
	}
	lines = replay(NULL, dress(path, dress_raw, DLT_RAW, 30), 0);
	assert_int_equal(json_array_size(lines), 0);
	assert_non_null(strstr(said, "cut off within their headers"));
	json_decref(lines);
}

static size_t read_whole(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, size, file);
	assert_in_range(len, 1, size - 1);
	fclose(file);
	return len;
}

static const char *write_part(const char *bytes, size_t len)
{
	static char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/part", scratch);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* Cut anywhere behind its head, a capture is judged as far as it goes, and nothing is made up. */
static void cut_short(void **state)
{
	static char bytes[1 << 20];
	char path[5000];
	size_t len = read_whole(in_corpus(path, golden[0].file), bytes, sizeof(bytes));

	(void)state;
	for (size_t part = 24; part < len; part += 211) {
		json_t *lines = replay(NULL, write_part(bytes, part), 0);
		const json_t *line = json_array_get(lines, 0);

		assert_in_range(json_array_size(lines), 0, 1);
		if (line) {
			assert_string_equal(text_of(line, "verdict"), "pass");
			assert_int_equal(json_array_size(json_object_get(line, "findings")), 0);
			if (part < len / 2)
				assert_true(json_is_true(json_object_get(line, "partial")));
		}
		json_decref(lines);
	}
	json_decref(replay(NULL, write_part(bytes, 24 + 16 + 20), 0));
	assert_non_null(strstr(said, "breaks off"));
	json_decref(replay(NULL, write_part(bytes, 10), 1));
	assert_non_null(strstr(said, "is no capture"));
	json_decref(replay(NULL, write_part("220 mx.mxdp.example ESMTP\r\n", 27), 1));
	assert_non_null(strstr(said, "is no capture"));
}

static void compressed_and_cut_short(void **state)
{
	static char bytes[1 << 20];
	char path[5000];
	size_t len = read_whole(in_corpus(path, "zeek__smtp__smtp-many-addresses.pcap.gz"), bytes,
				sizeof(bytes));
	json_t *lines = replay(NULL, write_part(bytes, len / 2), 0);

	(void)state;
	assert_int_equal(json_array_size(lines), 1);
	assert_true(json_is_true(json_object_get(json_array_get(lines, 0), "partial")));
	assert_non_null(strstr(said, "breaks off"));
	json_decref(lines);
}

static void what_cannot_be_opened(void **state)
{
	char path[5000];

	(void)state;
	json_decref(replay(NULL, in_corpus(path, "there-is-no-such.pcap"), 1));
	assert_non_null(strstr(said, "No such file"));
	assert_non_null(strstr(said, "there-is-no-such.pcap"));
	json_decref(replay(NULL, scratch, 1));
	json_decref(replay("--no-such-word", path, 2));
}

/* Several servers' and clients' records of one file do not mix with those of the next. */
static void each_file_begins_afresh(void **state)
{
	char path[5000];
	json_t *once, *again;

	(void)state;
	in_corpus(path, "zeek__smtp__smtp-bdat-cmd-invalid.pcapng");
	once = replay(path, path, 0);
	again = replay(NULL, path, 0);
	assert_int_equal(json_array_size(again), 3);
	assert_int_equal(json_array_size(once), 6);
	for (size_t i = 0; i < 6; i++)
		assert_true(json_equal(json_array_get(once, i), json_array_get(again, i % 3)));
	json_decref(once);
	json_decref(again);
}

/* Surroundings */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool find_captures(void)
{
	DIR *dir = opendir(corpus);
	struct dirent *entry;
	char path[5000];

	while (dir && (entry = readdir(dir)) && captures.count < FILES)
		if (strstr(entry->d_name, ".pcap"))
			captures.path[captures.count++] = strdup(in_corpus(path, entry->d_name));
	if (dir)
		closedir(dir);
	qsort(captures.path, captures.count, sizeof(captures.path[0]), by_name);
	return captures.count > 0;
}

static int prepare(void **state)
{
	const char *dir = getenv("MXDP_CORPUS");
	FILE *file;

	(void)state;
	snprintf(corpus, sizeof(corpus), "%s/pcaps", dir ? dir : "../shared/corpus");
	if (!mkdtemp(scratch))
		return -1;
	snprintf(config_path, sizeof(config_path), "%s/mxdp.conf", scratch);
	snprintf(harsh_path, sizeof(harsh_path), "%s/harsh.conf", scratch);
	file = fopen(config_path, "w"); /* empty: the defaults, whatever this host has */
	if (!file || fclose(file))
		return -1;
	file = fopen(harsh_path, "w");
	if (!file)
		return -1;
	fputs(harsh, file);
	return fclose(file);
}

static int clean_up(void **state)
{
	static const char *const names[] = {"mxdp.conf", "harsh.conf", "dressed.pcap", "part"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch, names[i]);
		unlink(path);
	}
	while (captures.count)
		free(captures.path[--captures.count]);
	return rmdir(scratch);
}

/* Skips loudly: a missing corpus is no reason to believe that all is well. */
static int need_corpus(void **state)
{
	const char *why = NULL;

	(void)state;
	if (geteuid())
		why = "needs root for the BPF programs";
	else if (!captures.count && !find_captures())
		why = "no captures; set MXDP_CORPUS to the directory of the corpus";
	if (why)
		fprintf(stderr, "SKIPPED: %s: %s\n", corpus, why);
	*state = (void *)why;
	return 0;
}

#define TEST(name)                                   \
	static void name##_with_corpus(void **state) \
	{                                            \
		if (*state)                          \
			skip();                      \
		name(state);                         \
	}

TEST(every_conversation_has_its_line)
TEST(harsher_settings)
TEST(known_sessions)
TEST(other_link_types)
TEST(snap_lengths)
TEST(cut_short)
TEST(compressed_and_cut_short)
TEST(what_cannot_be_opened)
TEST(each_file_begins_afresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_conversation_has_its_line_with_corpus, need_corpus),
		cmocka_unit_test_setup(harsher_settings_with_corpus, need_corpus),
		cmocka_unit_test_setup(known_sessions_with_corpus, need_corpus),
		cmocka_unit_test_setup(other_link_types_with_corpus, need_corpus),
		cmocka_unit_test_setup(snap_lengths_with_corpus, need_corpus),
		cmocka_unit_test_setup(cut_short_with_corpus, need_corpus),
		cmocka_unit_test_setup(compressed_and_cut_short_with_corpus, need_corpus),
		cmocka_unit_test_setup(what_cannot_be_opened_with_corpus, need_corpus),
		cmocka_unit_test_setup(each_file_begins_afresh_with_corpus, need_corpus),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
