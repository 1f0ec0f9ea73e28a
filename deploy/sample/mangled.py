#!/usr/bin/python3
"""Writes a zip of mails whose codes mail programs have had their way with.

  mangled.py OUT.zip QUOTED HTML DAMAGED   files with a usage request each"""
import email.message
import sys
import zipfile

FROM = "ana@northwind.example"


def mail(number, subject):
    message = email.message.EmailMessage()
    message["From"] = FROM
    message["To"] = "licensing@vendor.example"
    message["Subject"] = subject
    message["Date"] = f"Mon, 02 Nov 2026 09:0{number}:00 +0100"
    message["Message-ID"] = f"<mangled-{number}@northwind.example>"
    return message


def quoted(code):
    """Forwarded, quoted with a name, and wrapped in the middle of its lines."""
    message = mail(1, "Fwd: Offline activation")
    half = [part for line in code.splitlines() for part in (line[:37], line[37:]) if part]
    message.set_content("As he asked me to:\n\n" + "\n".join(f"Li> {line}" for line in half))
    return message


def as_html(code):
    message = mail(2, "License for our server")
    lines = "<br>\n".join(line.replace("=", "&#61;").replace("8", "8<wbr>") for line in code.splitlines())
    message.set_content(f"<p>Hello,</p><blockquote><font face=Courier>{lines}</font></blockquote>",
                        subtype="html")
    return message


def damaged(code):
    """A symbol of the third line of the code was lost."""
    lines = code.splitlines()
    lines[3] = lines[3][:20] + lines[3][21:]
    message = mail(3, "Offline activation")
    message.set_content("\n".join(lines))
    return message


def main():
    path, *names = sys.argv[1:]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for mangle, name in zip((quoted, as_html, damaged), names):
            with open(name, encoding="ascii") as file:
                archive.writestr(f"{mangle.__name__}.eml", mangle(file.read().strip()).as_bytes())


main()
