/* Reading exports as a whole: containers, order, and mails that do their parser harm. */
#include "mail/mail_reader.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEP "From ana@example.com Tue Jun  3 08:00:00 2025\n"

static const char *const none[] = {NULL};

typedef struct {
    char *folder;
    MailSettings settings;
} Fixture;

static int set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    fixture->folder = g_dir_make_tmp("reader-XXXXXX", NULL);
    fixture->settings = (MailSettings){
        .own_addresses = none, .list_addresses = none, .parsers = 2, .time_limit_ms = 30000};
    *state = fixture;
    return fixture->folder == NULL;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    (void)g_remove(path);
}

static int tear_down(void **state)
{
    Fixture *fixture = *state;
    remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

/* Writes a file, and the folders above it. */
static void put_bytes(const Fixture *fixture, const char *name, const char *text, gsize length)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
}

static void put(const Fixture *fixture, const char *name, const char *text)
{
    put_bytes(fixture, name, text, strlen(text));
}

static GPtrArray *read_all(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    const char *const paths[] = {path, NULL};
    g_autoptr(MailReader) reader = mail_reader_new(paths, &fixture->settings);
    GPtrArray *mails = g_ptr_array_new_with_free_func((GDestroyNotify)parsed_mail_free);
    g_autoptr(GError) error = NULL;
    ParsedMail *mail = NULL;
    while ((mail = mail_reader_next(reader, &error)) != NULL) {
        g_ptr_array_add(mails, mail);
    }
    assert_null(error);
    return mails;
}

static const ParsedMail *mail_at(const GPtrArray *mails, guint i)
{
    assert_true(i < mails->len);
    return g_ptr_array_index(mails, i);
}

/* The subjects in order; of what is unreadable "!". */
static void assert_subjects(const GPtrArray *mails, const char *wanted)
{
    g_autoptr(GString) subjects = g_string_new(NULL);
    for (guint i = 0; i < mails->len; i++) {
        const ParsedMail *mail = mail_at(mails, i);
        g_string_append_printf(subjects, "%s%s", i == 0 ? "" : " ",
                               mail->kind == MAIL_UNREADABLE ? "!" : mail->subject);
    }
    assert_string_equal(subjects->str, wanted);
}

#define MAIL(subject) "From: ana@example.com\nSubject: " subject "\n\nhello\n"

static void test_mbox(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "in", SEP MAIL("a") "\n" SEP MAIL("b") "\n");
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "a b");
    const ParsedMail *second = mail_at(mails, 1);
    assert_true(g_str_has_suffix(second->source, "/in#2"));
    assert_int_equal(second->offset, 2 * strlen(SEP) + strlen(MAIL("a")) + 1);
    assert_int_equal(second->size, strlen(MAIL("b")));
    gsize size = 0;
    const char *raw = g_bytes_get_data(second->raw, &size);
    assert_int_equal(size, strlen(MAIL("b")));
    assert_memory_equal(raw, MAIL("b"), size);
    Digest digest = digest_sha256(raw, size);
    assert_true(digest_equal(&digest, &second->raw_digest));
}

/* What a crash of the file system leaves: the mail behind the hole is nobody's. */
static void test_mbox_with_hole(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(SEP MAIL("a"));
    gsize hole = text->len;
    g_string_set_size(text, hole + 4096);
    memset(text->str + hole, 0, 4096);
    g_string_append(text, "of another\n\n" SEP MAIL("b"));
    put_bytes(fixture, "in", text->str, text->len);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "a ! b");
    const ParsedMail *torn = mail_at(mails, 1);
    assert_false(torn->absent);
    assert_int_equal(torn->offset, hole);
    g_autofree char *place = g_strdup_printf("byte %zu of %s/in", hole, fixture->folder);
    assert_non_null(strstr(torn->why, place));
}

/* The front of a mailbox was cut off: the rest is read, and text without a mail in it is refused.
 */
static void test_torn_mbox(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "in", "le at the plant\n\nAna\n\n" SEP MAIL("b") "\n" SEP MAIL("c"));
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "! b c");
    g_autofree char *place = g_strdup_printf("byte 0 of %s/in", fixture->folder);
    assert_non_null(strstr(mail_at(mails, 0)->why, place));
    assert_int_equal(mail_at(mails, 0)->size, strlen("le at the plant\n\nAna\n"));
    put(fixture, "notes", "le at the plant\n\nFrom Ana\n\nFrom here\nTo: there\n");
    g_autoptr(GPtrArray) notes = read_all(fixture, "notes");
    assert_subjects(notes, "!");
    assert_non_null(strstr(mail_at(notes, 0)->why, "text without mail headers"));
    g_autofree char *part = g_strnfill(6000, 'x');
    memset(part + 300, 0, 5000);
    g_autoptr(GString) holed = g_string_new_len(part, 6000);
    g_string_append(holed, "\n\n" SEP MAIL("b"));
    put_bytes(fixture, "holed", holed->str, holed->len);
    g_autoptr(GPtrArray) rest = read_all(fixture, "holed");
    assert_subjects(rest, "! b");
    static const char hole[5000] = {0};
    put_bytes(fixture, "hole", hole, sizeof hole);
    g_autoptr(GPtrArray) zeros = read_all(fixture, "hole");
    assert_subjects(zeros, "!");
    assert_non_null(strstr(mail_at(zeros, 0)->why, "a binary file"));
}

#define BOUNDED(subject)                                                                           \
    "From: ana@example.com\nSubject: " subject "\nContent-Type: multipart/mixed;\n"                \
    " boundary=\"b 1\"\n\n--b 1\n\nhello\n\n"

/* The front was cut off within a mail's headers: what is left begins as a mail does, and would be
 * read as one with all that follows in it. A mail that holds others in a part is one. */
static void check_doubt(const GPtrArray *mails, bool doubtful)
{
    assert_int_equal(mails->len, 1);
    const ParsedMail *mail = mail_at(mails, 0);
    assert_int_equal(mail->kind, MAIL_FROM_PERSON);
    bool doubted = mail->why != NULL && strstr(mail->why, "another mail seems to begin") != NULL;
    assert_int_equal(doubted, doubtful);
    assert_true(!doubtful || (mail->from == NULL && mail->reply_to == NULL));
}

/* A file that begins as a mail is one: whoever wrote it may have written another one into it. */
static void test_another_mail_within(void **state)
{
    const Fixture *fixture = *state;
    static const struct {
        const char *text;
        bool doubtful;
    } cases[] = {
        {MAIL("a") "\n" SEP MAIL("b") "\n" SEP MAIL("c"), true},
        {MAIL("a") "\nFrom ana@example.com\n" MAIL("b"), true},
        {"ject: a\n\nhello\n\n" SEP MAIL("b"), true},
        {"Tel: 5550100\nand more\n\n" SEP MAIL("b"), true},
        {BOUNDED("a") "--b 1--\n\n" SEP MAIL("b"), true},
        {MAIL("a") "\n" SEP "Subject: only\n\n", true},
        {BOUNDED("a") SEP MAIL("b") "--b 1--\n", false},
        {MAIL("a") "\nFrom here on it is quiet.\n\nTo: b\n", false},
        {MAIL("a") "\n>" SEP MAIL("b"), false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        put(fixture, "in", cases[i].text);
        g_autoptr(GPtrArray) mails = read_all(fixture, "in");
        check_doubt(mails, cases[i].doubtful);
        put(fixture, "box/cur/1", cases[i].text);
        g_autoptr(GPtrArray) one = read_all(fixture, "box");
        check_doubt(one, cases[i].doubtful);
    }
    /* In a Maildir a file that begins with a separator is one mail too, however many are in it. */
    put(fixture, "box/cur/1", SEP MAIL("a"));
    g_autoptr(GPtrArray) alone = read_all(fixture, "box");
    check_doubt(alone, false);
    put(fixture, "box/cur/1", SEP MAIL("a") "\n" SEP MAIL("b"));
    g_autoptr(GPtrArray) two = read_all(fixture, "box");
    check_doubt(two, true);
}

/* One line of 100 MB before the first mail: searched once, and not held. */
static void test_torn_mbox_of_one_line(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_set_size(text, 100UL * 1000 * 1000);
    memset(text->str, 'x', text->len);
    g_string_append(text, "\n\n" SEP MAIL("b"));
    put_bytes(fixture, "in", text->str, text->len);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "! b");
    assert_int_equal(mail_at(mails, 0)->size, 100UL * 1000 * 1000 + 1);
}

static void test_single(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "a.eml", MAIL("a") SEP MAIL("inside"));
    put(fixture, "bom.eml", "\xEF\xBB\xBF\r\n" MAIL("b"));
    g_autoptr(GPtrArray) one = read_all(fixture, "a.eml");
    assert_subjects(one, "a"); /* what it begins with decides */
    g_autoptr(GPtrArray) two = read_all(fixture, "bom.eml");
    assert_subjects(two, "b");
}

static void test_maildir(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "box/cur/1.a:2,S", MAIL("a"));
    put(fixture, "box/cur/2.b:2,ST", MAIL("gone"));
    put(fixture, "box/new/3.c", MAIL("c"));
    put(fixture, "box/new/4.d", "\x1f\x8b\x08 packed");
    put(fixture, "box/new/5.e", "");
    put(fixture, "box/tmp/6.f", MAIL("half"));
    put(fixture, "box/dovecot-uidlist", "3 V1 N3\n");
    put(fixture, "box/.Sent/cur/7.g:2,", MAIL("g"));
    put(fixture, "box/.Sent/tmp/8.h", MAIL("half"));
    g_autoptr(GPtrArray) mails = read_all(fixture, "box");
    assert_subjects(mails, "a gone c ! ! g");
    assert_int_equal(mail_at(mails, 1)->kind, MAIL_DELETED);
    assert_non_null(strstr(mail_at(mails, 3)->why, "4.d is damaged"));
    assert_non_null(strstr(mail_at(mails, 4)->why, "empty"));
}

static void test_folder(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "export/1-in", SEP MAIL("a") "\n" SEP MAIL("b"));
    put(fixture, "export/2.eml", MAIL("c"));
    put(fixture, "export/3/deep/x.eml", MAIL("d"));
    put(fixture, "export/4/cur/1", MAIL("e"));
    put(fixture, "export/5-empty.mbox", "");
    put(fixture, "export/6.csv", "Subject,From\nrequest,ana\n");
    put(fixture, "export/7.zip", "PK\x03\x04 packed");
    put(fixture, "export/in.msf", "// <!-- index -->");
    put(fixture, "export/.DS_Store", "x");
    g_autoptr(GPtrArray) mails = read_all(fixture, "export");
    assert_subjects(mails, "a b c d e ! !");
    assert_non_null(strstr(mail_at(mails, 5)->why, "6.csv is a table without a column of texts"));
    assert_non_null(strstr(mail_at(mails, 6)->why, "7.zip is damaged"));
}

#define LIST(flags)                                                                                \
    "<?xml version=\"1.0\"?>\n<plist><dict><key>flags</key><integer>" flags                        \
    "</integer></dict></plist>\n"

/* Apple Mail's folder of mails; a partial one has its attachments beside it. */
static void test_emlx(void **state)
{
    const Fixture *fixture = *state;
    static const char partial[] =
        "From: ana@example.com\nSubject: p\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nsee the file\n--b\nContent-Type: text/plain; name=request.txt\n"
        "X-Apple-Content-Length: 1200\n\n\n--b--\n";
    g_autofree char *second =
        g_strdup_printf("%-10d\n%s%s", (int)strlen(partial), partial, LIST("1"));
    g_autofree char *count = g_strdup_printf("%-10d\n", (int)strlen(MAIL("a")));
    g_autofree char *first = g_strconcat(count, MAIL("a"), LIST("8623750145"), NULL);
    g_autofree char *third = g_strconcat(count, MAIL("c"), LIST("8623750147"), NULL);
    g_autofree char *cut = g_strndup(first, strlen(count) + 20);
    put(fixture, "INBOX.mbox/Messages/1.emlx", first);
    put(fixture, "INBOX.mbox/Messages/2.partial.emlx", second);
    put(fixture, "INBOX.mbox/Messages/3.emlx", third);
    put(fixture, "INBOX.mbox/Messages/4.emlx", cut);
    g_autoptr(GPtrArray) mails = read_all(fixture, "INBOX.mbox");
    assert_subjects(mails, "a ! c !");
    assert_int_equal(mail_at(mails, 0)->offset, strlen(count));
    assert_int_equal(mail_at(mails, 0)->size, strlen(MAIL("a")));
    assert_non_null(
        strstr(mail_at(mails, 1)->why, "files that came with it are not in the export"));
    assert_int_equal(mail_at(mails, 2)->kind, MAIL_DELETED);
    assert_non_null(strstr(mail_at(mails, 3)->why, "4.emlx is cut off"));
}

/* Rows are the table's own mails, numbered; each is stored as the mail that was made of it. */
static void test_table(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "export", "Subject;From;Body\na;ana@example.com;hello\nb;bo@example.com;bye\n");
    g_autoptr(GPtrArray) mails = read_all(fixture, "export");
    assert_subjects(mails, "a b");
    assert_true(g_str_has_suffix(mail_at(mails, 1)->source, "/export#2"));
    assert_string_equal(mail_at(mails, 1)->from, "bo@example.com");
    assert_non_null(mail_at(mails, 1)->raw);
    assert_int_equal(mail_at(mails, 1)->size, g_bytes_get_size(mail_at(mails, 1)->raw));
}

static void put_link(const Fixture *fixture, const char *target, const char *name)
{
    g_autofree char *to = g_build_filename(fixture->folder, target, NULL);
    g_autofree char *link = g_build_filename(fixture->folder, name, NULL);
    assert_int_equal(symlink(to, link), 0);
}

/* Links that lead back, each of which doubles the ways to a mail; and one that leads elsewhere. */
static void test_links(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "ring/m.eml", MAIL("m"));
    put(fixture, "ring/box/cur/1", MAIL("1"));
    put(fixture, "other/o.eml", MAIL("o"));
    put_link(fixture, "ring", "ring/a");
    put_link(fixture, "ring", "ring/b");
    put_link(fixture, "ring/box", "ring/box/.c");
    put_link(fixture, "other", "ring/z");
    put_link(fixture, "ring", "other/y");
    g_autoptr(GPtrArray) mails = read_all(fixture, "ring");
    assert_subjects(mails, "1 m o");
}

static void test_deep(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GString) name = g_string_new("deep");
    for (int i = 0; i < 70; i++) {
        g_string_append(name, "/x");
    }
    g_string_append(name, "/a.eml");
    put(fixture, name->str, MAIL("a"));
    put(fixture, "deep/z.eml", MAIL("z"));
    g_autoptr(GPtrArray) mails = read_all(fixture, "deep");
    assert_subjects(mails, "! z");
    assert_non_null(strstr(mail_at(mails, 0)->why, "nested too deeply"));
}

static void test_missing(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GPtrArray) mails = read_all(fixture, "nowhere");
    assert_subjects(mails, "!");
    assert_non_null(strstr(mail_at(mails, 0)->why, "nowhere"));
}

static void test_standard_input(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "in", SEP "From: ana@example.com\nSubject: a\n\n>From here\n");
    g_autofree char *path = g_build_filename(fixture->folder, "in", NULL);
    int kept = dup(STDIN_FILENO);
    assert_non_null(freopen(path, "r", stdin));
    const char *const paths[] = {"-", NULL};
    g_autoptr(MailReader) reader = mail_reader_new(paths, &fixture->settings);
    g_autoptr(ParsedMail) mail = mail_reader_next(reader, NULL);
    assert_non_null(mail);
    assert_string_equal(mail->source, "-#1");
    assert_string_equal(mail->subject, "a");
    assert_string_equal(mail->text, "From here\n");
    assert_null(mail_reader_next(reader, NULL));
    assert_true(dup2(kept, STDIN_FILENO) >= 0);
    (void)close(kept);
}

static void assert_next(MailReader *reader, const char *subject, const char *source)
{
    g_autoptr(ParsedMail) mail = mail_reader_next(reader, NULL);
    assert_non_null(mail);
    assert_string_equal(mail->subject, subject);
    assert_string_equal(mail->source, source);
}

/* From one file to the next with the same parsers; a file that is given up midway leaves nothing to
 * the next, and another file that only begins as the one that is called otherwise keeps its name.
 */
static void test_restart(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "taken/one", SEP MAIL("a") "\n" SEP MAIL("b") "\n" SEP MAIL("c") "\n");
    put(fixture, "taken/tree/cur/m", MAIL("d"));
    put(fixture, "taken/tree2", MAIL("e"));
    const char *const nothing[] = {NULL};
    g_autoptr(MailReader) reader = mail_reader_new(nothing, &fixture->settings);
    assert_null(mail_reader_next(reader, NULL));
    g_autofree char *one = g_build_filename(fixture->folder, "taken", "one", NULL);
    g_autofree char *tree = g_build_filename(fixture->folder, "taken", "tree", NULL);
    g_autofree char *other = g_build_filename(fixture->folder, "taken", "tree2", NULL);
    g_autofree char *first = g_strdup_printf("%s#1", one);
    for (int i = 0; i < 3; i++) {
        mail_reader_restart(reader, (const char *const[]){one, NULL}, NULL);
        assert_next(reader, "a", first);
    }
    mail_reader_restart(reader, (const char *const[]){tree, other, NULL},
                        &(MailPlace){.at = tree, .called = "/drop/tree"});
    assert_next(reader, "d", "/drop/tree/cur/m#1");
    g_autofree char *last = g_strdup_printf("%s#1", other);
    assert_next(reader, "e", last);
    assert_null(mail_reader_next(reader, NULL));
    g_autofree char *gone = g_build_filename(fixture->folder, "taken", "gone", NULL);
    mail_reader_restart(reader, (const char *const[]){gone, NULL},
                        &(MailPlace){.at = gone, .called = "/drop/gone"});
    g_autoptr(ParsedMail) missing = mail_reader_next(reader, NULL);
    assert_true(missing->absent);
    assert_true(g_str_has_prefix(missing->why, "/drop/gone "));
}

/* Mails of very different sizes and costs, several parsers: still the order of the source. */
static void test_order(void **state)
{
    Fixture *fixture = *state;
    fixture->settings.parsers = 3;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) wanted = g_string_new(NULL);
    for (int i = 0; i < 300; i++) {
        g_string_append_printf(text,
                               SEP "From: ana@example.com\nSubject: %d\n"
                                   "Content-Type: text/html\n\n",
                               i);
        for (int j = (i * 7919) % 997; j > 0; j--) {
            g_string_append(text, "<p>text</p>");
        }
        g_string_append(text, "\n\n");
        g_string_append_printf(wanted, "%s%d", i == 0 ? "" : " ", i);
    }
    put(fixture, "in", text->str);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, wanted->str);
}

/* Takes a parser longer than BUSY. */
static void append_slow(GString *text)
{
    g_string_append(text, SEP "From: ana@example.com\nSubject: slow\nContent-Type: text/html\n\n");
    for (int i = 0; i < 900000; i++) {
        g_string_append(text, "<p class='a'>7 &amp; 8\n");
    }
}

#define BUSY 10 /* hundredths of a second of CPU time: so much only a long mail takes */

/* Sends the parsers, the children of the children of `program`, a signal, if they have used so much
 * CPU time; whether there was one. */
static bool signal_parsers(pid_t program, const char *signal, int least)
{
    g_autofree char *script =
        g_strdup_printf("done=1; for n in $(cat /proc/%d/task/%d/children); do "
                        "for p in $(cat /proc/$n/task/$n/children 2>/dev/null); do "
                        "[ $p != $$ ] && set -- $(cat /proc/$p/stat 2>/dev/null) && "
                        "[ $((${14:-0} + ${15:-0})) -ge %d ] && kill -%s $p && done=0; "
                        "done; done; exit $done",
                        (int)program, (int)program, least, signal);
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    int status = 0;
    assert_true(g_spawn_sync(NULL, (char **)(guintptr)command, NULL, G_SPAWN_STDERR_TO_DEV_NULL,
                             NULL, NULL, NULL, NULL, &status, NULL));
    return status == 0;
}

/* Reads a long mail among others, and sends its parser a signal so many times while it reads. */
static GPtrArray *read_while_signalled(const Fixture *fixture, const char *signal, unsigned times)
{
    g_autoptr(GString) text = g_string_new(SEP MAIL("a") "\n");
    append_slow(text);
    g_string_append(text, "\n" SEP MAIL("b") "\n" SEP MAIL("c") "\n");
    put(fixture, "in", text->str);
    const pid_t program = getpid();
    const pid_t helper = fork();
    if (helper == 0) {
        for (int i = 0; i < 3000 && times > 0; i++) {
            times -= signal_parsers(program, signal, BUSY);
            g_usleep(20 * 1000UL);
        }
        _exit(times == 0 ? 0 : 1);
    }
    GPtrArray *mails = read_all(fixture, "in");
    int status = 1;
    assert_int_equal(waitpid(helper, &status, 0), helper);
    assert_int_equal(status, 0); /* all signals were sent */
    return mails;
}

/* A parser that hangs. */
static void test_time_limit(void **state)
{
    Fixture *fixture = *state;
    fixture->settings.time_limit_ms = 4000;
    g_autoptr(GPtrArray) mails = read_while_signalled(fixture, "STOP", 1);
    assert_subjects(mails, "a ! b c");
    assert_non_null(strstr(mail_at(mails, 1)->why, "within 4.0 s"));
    assert_non_null(strstr(mail_at(mails, 1)->why, "/in#2"));
}

/* A parser may die of other things than its mail, so the mail is given to another one, once. */
static void test_crash(void **state)
{
    Fixture *fixture = *state;
    fixture->settings.time_limit_ms = 60000;
    g_autoptr(GPtrArray) once = read_while_signalled(fixture, "KILL", 1);
    assert_subjects(once, "a slow b c");
    g_autoptr(GPtrArray) twice = read_while_signalled(fixture, "KILL", 2);
    assert_subjects(twice, "a ! b c");
    assert_non_null(strstr(mail_at(twice, 1)->why, "its parser was killed (SIGKILL)"));
}

/* Mails wait behind each other, in a parser's socket and before it: if it dies, all are parsed by
 * the next. Some are longer than a socket holds. */
static void test_crash_with_mails_waiting(void **state)
{
    Fixture *fixture = *state;
    fixture->settings.parsers = 1;
    const guint count = 400;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        g_string_append_printf(text, SEP "From: ana@example.com\nSubject: %u\n\n", i);
        for (guint line = i % 20 == 7 ? 15000 : i % 3; line > 0; line--) {
            g_string_append(text, "hello, all the best\n");
        }
        g_string_append(text, "\n");
    }
    put(fixture, "in", text->str);
    g_autofree char *path = g_build_filename(fixture->folder, "in", NULL);
    const char *const paths[] = {path, NULL};
    g_autoptr(MailReader) reader = mail_reader_new(paths, &fixture->settings);
    guint lost = 0;
    for (guint i = 0; i < count; i++) {
        g_autoptr(ParsedMail) mail = mail_reader_next(reader, NULL);
        assert_non_null(mail);
        g_autofree char *subject = g_strdup_printf("%u", i);
        lost += mail->kind == MAIL_UNREADABLE;
        if (mail->kind != MAIL_UNREADABLE) {
            assert_string_equal(mail->subject, subject);
        }
        if (i % 50 == 25) {
            (void)signal_parsers(getpid(), "KILL", 0);
        }
    }
    assert_null(mail_reader_next(reader, NULL));
    assert_int_equal(lost, 0);
}

/* A parser that cannot tell what it found until somebody hears it takes no mail meanwhile: who
 * waited for it to take one would wait until the time is up. What it tells is longer than these
 * mails, for their signs take three bytes in UTF-8. */
static void test_mails_and_answers_fill_both_ways(void **state)
{
    Fixture *fixture = *state;
    fixture->settings.parsers = 1;
    const guint count = 60;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        g_string_append(text, SEP "From: ana@example.com\nSubject: a\n"
                                  "Content-Type: text/plain; charset=windows-1252\n\n");
        for (guint line = i % 20 == 10 ? 15000 : 1000; line > 0; line--) {
            g_string_append(
                text, "\x80\x80\x80\x80 \x80\x80\x80\x80 \x80\x80\x80\x80 \x80\x80\x80\x80\n");
        }
        g_string_append(text, "\n");
    }
    put(fixture, "in", text->str);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_int_equal(mails->len, count);
    for (guint i = 0; i < count; i++) {
        assert_int_equal(mail_at(mails, i)->kind, MAIL_FROM_PERSON);
        assert_true(strlen(mail_at(mails, i)->text) > 50000);
    }
}

static void test_too_long(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(SEP MAIL("a") "\n" SEP MAIL("long"));
    gsize start = text->len;
    g_string_set_size(text, start + MAIL_MAX_SIZE);
    memset(text->str + start, 'x', MAIL_MAX_SIZE); /* one line */
    g_string_append(text, "\n\n" SEP MAIL("b") "\n");
    put_bytes(fixture, "in", text->str, text->len);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "a ! b");
    const ParsedMail *mail = mail_at(mails, 1);
    g_autofree char *place = g_strdup_printf("byte %llu", (unsigned long long)mail->offset);
    assert_non_null(strstr(mail->why, place));
    assert_null(mail->raw);
    assert_true(digest_is_zero(&mail->raw_digest));
}

/* Longer than the window and kept raw, shorter than the limit: read all the same. */
static void test_long(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(GString) text = g_string_new(SEP MAIL("long"));
    for (int i = 0; i < 300000; i++) {
        g_string_append(text, "a line of a long mail\n");
    }
    gsize size = text->len - strlen(SEP);
    Digest digest = digest_sha256(text->str + strlen(SEP), size);
    g_string_append(text, "\n" SEP MAIL("b") "\n");
    put_bytes(fixture, "in", text->str, text->len);
    g_autoptr(GPtrArray) mails = read_all(fixture, "in");
    assert_subjects(mails, "long b");
    assert_null(mail_at(mails, 0)->raw);
    assert_int_equal(mail_at(mails, 0)->size, size);
    assert_true(digest_equal(&mail_at(mails, 0)->raw_digest, &digest));
}

static void test_same_mail_everywhere(void **state)
{
    const Fixture *fixture = *state;
    put(fixture, "mbox", SEP "Status: RO\nFrom: ana@example.com\nSubject: a\n\n>From here\n\n");
    put(fixture, "box/cur/1:2,S", "From: ana@example.com\r\nSubject: a\r\n\r\nFrom here\r\n");
    put(fixture, "a.eml", "From: ana@example.com\nX-Seen: yes\nSubject: a\n\nFrom here\n\n");
    static const char *const names[] = {"mbox", "box", "a.eml"};
    Digest first = {{0}};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GPtrArray) mails = read_all(fixture, names[i]);
        assert_int_equal(mails->len, 1);
        if (i == 0) {
            first = mail_at(mails, 0)->identity;
        }
        assert_true(digest_equal(&first, &mail_at(mails, 0)->identity));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mbox),
        TEST(test_mbox_with_hole),
        TEST(test_torn_mbox),
        TEST(test_torn_mbox_of_one_line),
        TEST(test_another_mail_within),
        TEST(test_single),
        TEST(test_maildir),
        TEST(test_folder),
        TEST(test_emlx),
        TEST(test_table),
        TEST(test_links),
        TEST(test_deep),
        TEST(test_missing),
        TEST(test_standard_input),
        TEST(test_restart),
        TEST(test_order),
        TEST(test_time_limit),
        TEST(test_crash),
        TEST(test_crash_with_mails_waiting),
        TEST(test_mails_and_answers_fill_both_ways),
        TEST(test_too_long),
        TEST(test_long),
        TEST(test_same_mail_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
