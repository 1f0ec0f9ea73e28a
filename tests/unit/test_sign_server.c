/* The signer in a process of its own: what it signs, what it refuses, and what clients and it do
 * when the other is gone, hangs or talks nonsense. */
#include "key_folder_fixture.h"

#include "base/clock.h"
#include "sign/sign_frame.h"
#include "sign/sign_server.h"
#include "usage_license_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define AN_HOUR 1000

/* A house of one signer. */
typedef struct {
    Fixture *fixture;
    char *path;  /* of the socket */
    char *count; /* of the file in which it counts */
    int listener;
    pid_t pid; /* of the signer; 0: it does not run */
} House;

static int64_t now(void)
{
    return clock_now();
}

static int make_listener(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(g_strlcpy(address.sun_path, path, sizeof address.sun_path) <
                sizeof address.sun_path);
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 16), 0);
    return listener;
}

static int setup(void **state)
{
    void *fixture = NULL;
    if (fixture_setup(&fixture) != 0) {
        return -1;
    }
    House *house = g_new0(House, 1);
    house->fixture = fixture;
    house->path = g_build_filename(house->fixture->folder, "signer", NULL);
    house->count = g_build_filename(house->fixture->folder, "signed", NULL);
    house->listener = make_listener(house->path);
    GError *error = NULL;
    assert_true(ceremony_init(house->fixture->keys, NULL, now() - 3600, &error));
    *state = house;
    return 0;
}

static void end_signer(House *house)
{
    if (house->pid > 0) {
        (void)kill(house->pid, SIGKILL);
        (void)waitpid(house->pid, NULL, 0);
        house->pid = 0;
    }
}

static int teardown(void **state)
{
    House *house = *state;
    void *fixture = house->fixture;
    end_signer(house);
    (void)close(house->listener);
    g_free(house->path);
    g_free(house->count);
    g_free(house);
    return fixture_teardown(&fixture);
}

/* The life of a signer, without the daemon around it. */
static void serve(const House *house, uint32_t an_hour)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    Signer *signer = signer_open(house->fixture->keys, true, now(), NULL);
    SignGuard *guard = sign_guard_open(house->count, an_hour, NULL);
    SignServer *server = sign_server_new(signer, guard, house->listener, NULL);
    for (bool more = false;;) {
        struct pollfd fd = {.fd = sign_server_descriptor(server), .events = POLLIN};
        (void)poll(&fd, 1, more ? 0 : -1);
        (void)sign_server_turn(server, &more);
    }
}

static void start_signer(House *house, uint32_t an_hour)
{
    house->pid = fork();
    assert_true(house->pid >= 0);
    if (house->pid == 0) {
        serve(house, an_hour);
    }
}

static Signer *connect_to(const House *house)
{
    GError *error = NULL;
    Signer *signer = signer_connect(house->path, &error);
    assert_fine(error);
    return signer;
}

/* ---- usage licenses ---- */

static GPtrArray *new_licenses(guint count)
{
    GPtrArray *licenses = g_ptr_array_new_with_free_func((GDestroyNotify)usage_license_free);
    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(licenses, usage_license_sample(100 + i, now()));
    }
    return licenses;
}

/* Asks as a batch does that has just begun; the signed ones are appended to `jws`. */
static bool sign_with(Signer *signer, const SignOrder *order, GPtrArray *jws, GError **error)
{
    bool changed = false;
    return signer_reach(signer, &changed, error) && signer_ask(signer, order, error) &&
           signer_answer(signer, jws, error);
}

static SignOrder order_of(const GPtrArray *licenses)
{
    return (SignOrder){
        .licenses = licenses, .database = clock_machine(), .began_us = clock_monotonic_us()};
}

static GPtrArray *new_jws(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

static void sign_count(Signer *signer, guint count)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) licenses = new_licenses(count);
    g_autoptr(GPtrArray) jws = new_jws();
    const SignOrder order = order_of(licenses);
    (void)sign_with(signer, &order, jws, &error);
    assert_fine(error);
    assert_int_equal(jws->len, count);
}

static void refuse_order(Signer *signer, const SignOrder *order, int code, const char *words)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) jws = new_jws();
    assert_false(sign_with(signer, order, jws, &error));
    assert_refused(&error, code, words);
}

static void refuse_count(Signer *signer, guint count, const char *words)
{
    g_autoptr(GPtrArray) licenses = new_licenses(count);
    const SignOrder order = order_of(licenses);
    refuse_order(signer, &order, ISSUER_ERROR_UNAVAILABLE, words);
}

/* ---- tests ---- */

/* Ed25519 signs the same bytes the same way (RFC 8032), so one text says that all is the same. */
static void test_both_ways_give_the_same_bytes(void **state)
{
    House *house = *state;
    GError *error = NULL;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) there = connect_to(house);
    g_autoptr(Signer) here = signer_open(house->fixture->keys, true, now(), &error);
    assert_fine(error);
    assert_string_equal(signer_kid(there), signer_kid(here));
    assert_true(g_bytes_equal(signer_certificate(there), signer_certificate(here)));
    assert_true(signer_is_development(there));
    const guint sizes[] = {1, 7, 33, 500};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GPtrArray) licenses = new_licenses(sizes[i]);
        UsageLicense *emergency = g_ptr_array_index(licenses, 0);
        emergency->emergency = true;
        emergency->exp = emergency->iat + INT64_C(7 * 86400);
        emergency->activation_number = 0;
        ((Feature *)g_ptr_array_index(emergency->features, 1))->until = emergency->exp;
        g_autoptr(GPtrArray) jws = new_jws();
        const SignOrder order = order_of(licenses);
        assert_true(sign_with(there, &order, jws, &error));
        assert_int_equal(jws->len, sizes[i]);
        for (guint j = 0; j < jws->len; j++) {
            g_autofree char *own = signer_issue(here, g_ptr_array_index(licenses, j), &error);
            assert_string_equal(g_ptr_array_index(jws, j), own);
        }
    }
}

static void test_an_hour_has_its_limit_that_a_kill_does_not_lift(void **state)
{
    House *house = *state;
    start_signer(house, 50);
    g_autoptr(Signer) signer = connect_to(house);
    sign_count(signer, 20);
    end_signer(house);
    start_signer(house, 50);
    refuse_count(signer, 31, "20 usage licenses within the hour, and 31 more");
    sign_count(signer, 30);
    refuse_count(signer, 1, "licenses-an-hour allows 50");
}

/* A batch of several requests counts as one: it is refused before any of it is signed. */
static void test_a_batch_is_admitted_whole_or_not(void **state)
{
    House *house = *state;
    start_signer(house, 90);
    g_autoptr(Signer) signer = connect_to(house);
    for (guint i = 0; i < 5; i++) {
        refuse_count(signer, 100, "0 usage licenses within the hour, and 100 more");
    }
    sign_count(signer, 90);
}

static void test_clocks_that_differ_stop_it(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autoptr(GPtrArray) licenses = new_licenses(1);
    SignOrder order = order_of(licenses);
    order.database += 65;
    refuse_order(signer, &order, ISSUER_ERROR_UNAVAILABLE, "the database's");
    order.database -= 130;
    refuse_order(signer, &order, ISSUER_ERROR_UNAVAILABLE, "the database's");
    order.database = clock_machine() - 50;
    GError *error = NULL;
    g_autoptr(GPtrArray) jws = new_jws();
    assert_true(sign_with(signer, &order, jws, &error));
}

static void refuse_time(Signer *signer, int64_t iat, int64_t age_us, const char *words)
{
    g_autoptr(GPtrArray) licenses = new_licenses(1);
    SignOrder order = order_of(licenses);
    order.began_us -= age_us;
    ((UsageLicense *)g_ptr_array_index(licenses, 0))->iat = iat;
    refuse_order(signer, &order, ISSUER_ERROR_UNAVAILABLE, words);
}

static void test_only_the_time_of_the_batch_is_signed(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    refuse_time(signer, now() + 90, 0, "not the time");
    refuse_time(signer, now() - 90, 0, "not the time");
    refuse_time(signer, now() - 7200, 0, "is valid from");
    refuse_time(signer, now() - 700, 700 * G_USEC_PER_SEC, "taken too long");
    /* One that began a while ago is in time, as long as it has not begun before another's end. */
    g_autoptr(GPtrArray) licenses = new_licenses(1);
    g_autoptr(GPtrArray) jws = new_jws();
    SignOrder order = order_of(licenses);
    order.began_us -= 80 * G_USEC_PER_SEC;
    ((UsageLicense *)g_ptr_array_index(licenses, 0))->iat -= 80;
    GError *error = NULL;
    assert_true(sign_with(signer, &order, jws, &error));
    sign_count(signer, 1);
    refuse_time(signer, now() - 20, 0, "the clock has gone back");
}

static void test_what_cannot_be_a_usage_license_is_the_mails_own_fault(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    for (guint kind = 0; kind < 8; kind++) {
        g_autoptr(GPtrArray) licenses = new_licenses(2);
        UsageLicense *bad = g_ptr_array_index(licenses, 1);
        Feature *feature = g_ptr_array_index(bad->features, 1);
        const SignOrder order = order_of(licenses);
        switch (kind) {
        case 0:
            g_free(bad->customer);
            bad->customer = g_strnfill(256, 'x');
            break;
        case 1:
            bad->customer[0] = '\n';
            break;
        case 2:
            bad->activation_number = 6;
            break;
        case 3:
            bad->emergency = true;
            break;
        case 4:
            feature->kind = (FeatureKind)3;
            break;
        case 5:
            feature->limit = -2;
            break;
        case 6:
            bad->serial = 0;
            break;
        default:
            g_free(bad->license_id);
            bad->license_id = g_strnfill(SIGN_FRAME_FIELDS, 'x');
            break;
        }
        refuse_order(signer, &order, ISSUER_ERROR_FAILED, "usage license UL-");
        sign_count(signer, 1); /* and nobody else's */
    }
}

static void test_another_key_is_learned_of(void **state)
{
    House *house = *state;
    GError *error = NULL;
    bool changed = false;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autofree char *before = g_strdup(signer_kid(signer));
    g_autofree char *after = ceremony_rotate(house->fixture->keys, 1, NULL, now(), &error);
    assert_fine(error);
    end_signer(house);
    start_signer(house, AN_HOUR);
    assert_true(signer_reach(signer, &changed, &error));
    assert_true(changed);
    assert_string_not_equal(signer_kid(signer), before);
    assert_string_equal(signer_kid(signer), after);
    sign_count(signer, 1);
    assert_true(signer_reach(signer, &changed, &error));
    assert_false(changed);
}

/* Whoever has asked is told that it was nothing, and asks again. */
static void test_a_signer_that_is_killed_costs_one_batch(void **state)
{
    House *house = *state;
    start_signer(house, 100 * AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    for (guint i = 0; i < 5; i++) {
        GError *error = NULL;
        bool changed = false;
        g_autoptr(GPtrArray) licenses = new_licenses(400);
        g_autoptr(GPtrArray) jws = new_jws();
        const SignOrder order = order_of(licenses);
        assert_true(signer_reach(signer, &changed, &error));
        assert_true(signer_ask(signer, &order, &error));
        g_usleep(i * 3000);
        end_signer(house);
        assert_false(signer_answer(signer, jws, &error));
        assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "the signer ");
        start_signer(house, 100 * AN_HOUR);
        sign_count(signer, 400);
    }
}

static int raw_connection(const House *house)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)g_strlcpy(address.sun_path, house->path, sizeof address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    GVariant *hello = NULL;
    assert_int_equal(sign_frame_receive(fd, SIGN_FRAME_HELLO, true, &hello), SIGN_FRAME_WHOLE);
    g_variant_unref(hello);
    return fd;
}

static void assert_hung_up(int fd)
{
    char byte = 0;
    const ssize_t got = recv(fd, &byte, 1, 0);
    assert_true(got == 0 || (got < 0 && errno == ECONNRESET));
    (void)close(fd);
}

static GVariant *request_of(const Signer *signer, guint count, guint more)
{
    g_autoptr(GPtrArray) licenses = new_licenses(count);
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("a" SIGN_FIELDS));
    for (guint i = 0; i < count; i++) {
        g_variant_builder_add_value(&builder, sign_fields_write(g_ptr_array_index(licenses, i)));
    }
    return g_variant_ref_sink(g_variant_new("(sxuua" SIGN_FIELDS ")", signer_kid(signer),
                                            clock_machine(), 0, more, &builder));
}

static void test_nonsense_is_hung_up_on(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autoptr(GVariant) good = request_of(signer, 2, 0);
    const gsize size = g_variant_get_size(good);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261126);
    for (guint i = 0; i < 200; i++) {
        const int fd = raw_connection(house);
        g_autofree guint8 *bytes = g_memdup2(g_variant_get_data(good), size);
        const gsize length = i % 2 == 0 ? size : (gsize)g_rand_int_range(rand, 1, (gint32)size);
        for (guint j = 0; j < 1 + i % 5; j++) {
            bytes[g_rand_int_range(rand, 0, (gint32)length)] = (guint8)g_rand_int(rand);
        }
        (void)send(fd, bytes, length, MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR); /* whether it is answered or hung up on, it comes to an end */
        GVariant *answer = NULL;
        if (sign_frame_receive(fd, SIGN_FRAME_ANSWER, true, &answer) == SIGN_FRAME_WHOLE) {
            g_variant_unref(answer);
        }
        (void)close(fd);
    }
    assert_int_equal(waitpid(house->pid, NULL, WNOHANG), 0);
    sign_count(signer, 1);
}

static void test_what_no_client_asks_is_hung_up_on(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autoptr(GVariant) none = request_of(signer, 0, 0);
    g_autoptr(GVariant) many = request_of(signer, SIGN_FRAME_LICENSES + 1, 0);
    g_autoptr(GVariant) first = request_of(signer, 1, 5);
    g_autoptr(GVariant) other = request_of(signer, 1, 5);
    int fd = raw_connection(house);
    assert_int_equal(sign_frame_send(fd, none, true), SIGN_FRAME_WHOLE);
    assert_hung_up(fd);
    fd = raw_connection(house);
    assert_int_equal(sign_frame_send(fd, many, true), SIGN_FRAME_WHOLE);
    assert_hung_up(fd);
    fd = raw_connection(house);
    assert_int_equal(sign_frame_send(fd, first, true), SIGN_FRAME_WHOLE);
    GVariant *answer = NULL;
    assert_int_equal(sign_frame_receive(fd, SIGN_FRAME_ANSWER, true, &answer), SIGN_FRAME_WHOLE);
    g_variant_unref(answer);
    assert_int_equal(sign_frame_send(fd, other, true), SIGN_FRAME_WHOLE); /* not the rest */
    assert_hung_up(fd);
    sign_count(signer, 1);
}

static void test_a_key_that_is_revoked_signs_no_more(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autoptr(Signer) other = connect_to(house);
    sign_count(signer, 1);
    sign_count(other, 1);
    assert_true(signer_tell_revoked(other, NULL));
    assert_true(signer_tell_revoked(other, NULL)); /* again, over another connection */
    g_autoptr(GPtrArray) licenses = new_licenses(1);
    g_autoptr(GPtrArray) jws = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    const SignOrder order = order_of(licenses);
    assert_true(signer_ask(signer, &order, &error));
    assert_false(signer_answer(signer, jws, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE));
    assert_non_null(strstr(error->message, "is revoked: make a new one with issuer key rotate"));
}

/* One that asks on and on and never reads, and as many as there may be that say nothing. */
static void test_clients_that_hang_keep_nobody(void **state)
{
    House *house = *state;
    start_signer(house, AN_HOUR);
    g_autoptr(Signer) signer = connect_to(house);
    g_autoptr(GVariant) request = request_of(signer, SIGN_FRAME_LICENSES, 0);
    const int greedy = raw_connection(house);
    while (sign_frame_send(greedy, request, false) == SIGN_FRAME_WHOLE) {
    }
    int silent[200];
    for (gsize i = 0; i < G_N_ELEMENTS(silent); i++) {
        silent[i] = raw_connection(house);
    }
    for (guint i = 0; i < 20; i++) {
        sign_count(signer, 3);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(silent); i++) {
        (void)close(silent[i]);
    }
    (void)close(greedy);
    sign_count(signer, 3);
}

static void test_one_signer_counts_in_a_file(void **state)
{
    const House *house = *state;
    GError *error = NULL;
    g_autoptr(SignGuard) guard = sign_guard_open(house->count, 5, &error);
    assert_fine(error);
    assert_null(sign_guard_open(house->count, 5, &error));
    assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "no other daemon");
    g_autofree char *damaged = g_strconcat(house->count, ".damaged", NULL);
    assert_true(g_file_set_contents(damaged, "none", -1, NULL));
    assert_null(sign_guard_open(damaged, 5, &error));
    assert_refused(&error, ISSUER_ERROR_INPUT, "not what a signer has counted");
    assert_null(sign_guard_open("/nowhere/signed", 5, &error));
    assert_refused(&error, ISSUER_ERROR_NOT_FOUND, "/nowhere/signed");
}

/* The hour goes on, and so does what fits in it; whatever the clock does, it is never more. */
static void test_the_hour_rolls(void **state)
{
    const House *house = *state;
    const int64_t start = 1790000000;
    GError *error = NULL;
    g_autoptr(SignGuard) guard = sign_guard_open(house->count, 60, &error);
    assert_fine(error);
    for (int64_t minute = 0; minute < 180; minute++) {
        const int64_t at = start + minute * 60;
        const SignWish wish = {
            .now = at, .clock = at, .database = at, .count = 1, .iat = at, .latest = at};
        if (!sign_guard_admit(guard, &wish, &error)) {
            assert_int_equal(minute % 61, 60);
            assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "wait until");
        }
    }
    const int64_t back = start + 60;
    const SignWish wish = {
        .now = back, .clock = back, .database = back, .count = 1, .iat = back, .latest = back};
    assert_false(sign_guard_admit(guard, &wish, &error));
    assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "the clock has gone back");
}

static void test_nobody_there_is_not_now(void **state)
{
    const House *house = *state;
    GError *error = NULL;
    assert_null(signer_connect("/nowhere/signer", &error));
    assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "cannot be reached");
    assert_null(signer_connect(house->path, &error)); /* it listens, but nobody accepts */
    assert_refused(&error, ISSUER_ERROR_UNAVAILABLE, "does not answer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_ways_give_the_same_bytes),
        TEST(test_an_hour_has_its_limit_that_a_kill_does_not_lift),
        TEST(test_a_batch_is_admitted_whole_or_not),
        TEST(test_clocks_that_differ_stop_it),
        TEST(test_only_the_time_of_the_batch_is_signed),
        TEST(test_what_cannot_be_a_usage_license_is_the_mails_own_fault),
        TEST(test_another_key_is_learned_of),
        TEST(test_a_signer_that_is_killed_costs_one_batch),
        TEST(test_nonsense_is_hung_up_on),
        TEST(test_a_key_that_is_revoked_signs_no_more),
        TEST(test_what_no_client_asks_is_hung_up_on),
        TEST(test_clients_that_hang_keep_nobody),
        TEST(test_one_signer_counts_in_a_file),
        TEST(test_the_hour_rolls),
        TEST(test_nobody_there_is_not_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
