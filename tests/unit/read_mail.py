"""Reads one mail from standard input with Python's own parser and prints what it holds as JSON."""
import email
import email.policy
import json
import sys


def main():
    raw = sys.stdin.buffer.read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    print(json.dumps({
        "headers": [[name.lower(), str(value)] for name, value in mail.items()],
        "defects": [type(d).__name__ for part in mail.walk() for d in part.defects],
        "parts": [{"type": part.get_content_type(), "charset": part.get_content_charset(),
                   "disposition": part.get_content_disposition(), "name": part.get_filename(),
                   "text": part.get_content().replace("\r\n", "\n")} for part in parts],
    }))


if __name__ == "__main__":
    main()
