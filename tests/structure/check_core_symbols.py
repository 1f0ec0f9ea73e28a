#!/usr/bin/python3
"""core/ is pure: its archive may need nothing but GLib's data types, jansson, libcrypto's digests
and verification, memory and text functions, and what base/ has for text, bytes and secrets.

  check_core_symbols.py CORE_ARCHIVE"""
import re
import subprocess
import sys

ALLOWED = [
    r"g_(malloc|malloc0|malloc_n|malloc0_n|realloc|realloc_n|free|memdup2|clear_pointer)",
    r"g_(array|ptr_array|byte_array|bytes|hash_table|list|slist|queue|tree)_\w+",
    r"g_(ascii|utf8|unichar|unicode)_\w+",
    r"g_(str|strv|string|strndup|strdup|strcmp0|strconcat|strjoin|strsplit|strchomp|strchug)\w*",
    r"g_(int|int64|direct|double)_(equal|hash)",
    r"g_(error_new|error_free|error_copy|error_matches|set_error|prefix_error|propagate)\w*",
    r"g_(clear_error|quark_from_static_string|snprintf|vsnprintf|base64_\w+|markup_escape_text)",
    # the letters of a host's name, by tables within GLib: no look-up
    r"g_hostname_to_ascii",
    r"g_(qsort_with_data|date_valid\w*|date_get_days_in_month|once_init_enter|once_init_leave)",
    # the ends of failed assertions: bugs, never input
    r"g_(log|assertion_message\w*|return_if_fail_warning|abort)",
    r"json_(?!dumpf|dump_file|load_file|loadf|dumpfd|loadfd|dump_callback|load_callback)\w+",
    r"(SHA256\w*|EVP_(Digest|DigestInit_ex|DigestUpdate|DigestFinal_ex|sha256|DigestVerify\w*))",
    r"EVP_(MD_CTX_(new|free)|PKEY_(new_raw_(public|private)_key|get_raw_public_key|free))",
    r"(HMAC|CRYPTO_memcmp|OPENSSL_cleanse)",
    r"(mem(chr|rchr|cmp|cpy|move|set|mem)|str(chr|rchr|cmp|ncmp|spn|cspn|len|nlen|pbrk|str))",
    # put there by compilers: stack protector, fortified copies, sanitizers
    r"__(stack_chk_fail|mem(cpy|move|set)_chk)|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer)_\w+",
    # base/: text, bytes, secrets and the name of the error domain; not the clock or files
    r"(text|bytes|secret)_\w+|issuer_error_quark",
]
PURE = re.compile("^(" + "|".join(ALLOWED) + ")$")


def symbols(archive):
    lines = subprocess.run(["nm", archive], capture_output=True, text=True, check=True).stdout
    needed, own = {}, set()
    member = "?"
    for line in lines.splitlines():
        if line.endswith(":"):
            member = line[:-1]
            continue
        fields = line.split()
        if len(fields) == 2 and fields[0] in "Uwv":
            needed.setdefault(fields[1], member)
        elif len(fields) == 3:
            own.add(fields[2])
    return needed, own


def main():
    needed, own = symbols(sys.argv[1])
    if not own:
        sys.exit(f"{sys.argv[1]}: no symbols found: the check does not work")
    foreign = {name: where for name, where in needed.items() if name not in own}
    wrong = {name: where for name, where in foreign.items() if not PURE.match(name)}
    for name, where in sorted(wrong.items()):
        print(f"core/{where}: needs {name}, which core/ may not use")
    print(f"{len(foreign)} symbols from outside core/; {len(wrong)} findings")
    sys.exit(1 if wrong else 0)


main()
