/* Authentication-Results: what can be read has a server's name, and each result a method and a
 * verdict. */
#include "fuzz.h"
#include "mail/authentication.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *value = g_strndup((const char *)data, size);
    g_autoptr(AuthenticationField) field = authentication_read(value);
    if (field == NULL) {
        return 0;
    }
    FUZZ_HOLDS(field->server != NULL);
    for (guint i = 0; i < field->results->len; i++) {
        const AuthenticationResult *result = g_ptr_array_index(field->results, i);
        FUZZ_HOLDS(result->method[0] != '\0' && result->result[0] != '\0');
        (void)authentication_property(result, "header", "from");
    }
    return 0;
}
