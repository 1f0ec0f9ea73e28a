#!/usr/bin/python3
"""Prints an mbox of mails: usage requests, or what a person writes.

  mailbox.py ADDRESS=FILE…   a mail from ADDRESS with the text of FILE in its body"""
import email.message
import email.utils
import hashlib
import sys

BODY = """Hello,

please activate our Chariot server. This is what its license page gave me:

{code}

Thank you
"""


def mail(address, code):
    message = email.message.EmailMessage()
    message["From"] = address
    message["To"] = "licensing@vendor.example"
    is_code = code.startswith("=====")
    message["Subject"] = "Offline activation" if is_code else "A server was destroyed"
    message["Date"] = email.utils.localtime()
    # Made from the content, so that the same request makes the same mail.
    digest = hashlib.sha256((address + code).encode()).hexdigest()[:24]
    message["Message-ID"] = f"<{digest}@{address.split('@')[1]}>"
    message.set_content(BODY.format(code=code.strip()) if is_code else code)
    return message


def main():
    for argument in sys.argv[1:]:
        address, _, name = argument.partition("=")
        with open(name, encoding="utf-8") as file:
            message = mail(address, file.read())
        lines = message.as_string().splitlines()
        print(f"From {address} Thu Jan  1 00:00:00 1970")
        print("\n".join(">" + line if line.lstrip(">").startswith("From ") else line
                        for line in lines))
        print()


main()
