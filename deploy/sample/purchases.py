#!/usr/bin/python3
"""Prints sample purchases as CSV, dates relative to today, with license keys made at random.

Keys are five groups of five Crockford symbols; the last one checks the others."""
import csv
import datetime
import hashlib
import secrets
import sys

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COLUMNS = ["license_id", "license_key", "customer", "contacts", "product", "features",
           "activations", "expires", "order_ref", "order_date", "servers"]


def license_key():
    symbols = "".join(secrets.choice(SYMBOLS) for _ in range(24))
    check = SYMBOLS[hashlib.sha256(symbols.encode()).digest()[0] >> 3]
    whole = symbols + check
    return "-".join(whole[i:i + 5] for i in range(0, 25, 5))


def main():
    today = datetime.date.today()
    soon = (today + datetime.timedelta(days=45)).isoformat()
    year = (today + datetime.timedelta(days=365)).isoformat()
    last_week = (today - datetime.timedelta(days=7)).isoformat()
    yesterday = (today - datetime.timedelta(days=1)).isoformat()
    rows = [
        ["LIC-100001", "Northwind Water", "ana@northwind.example;@northwind.example", 3, "",
         f"mqtt-server;support={year}", "SO-5001", 2],
        ["LIC-100002", "Delta Substations", "ops@delta.example", 1, soon,
         f"mqtt-server;support={soon}", "SO-5002", 1],
        ["LIC-100003", "Old Harbour Shipping", "bridge@harbour.example", 1, yesterday,
         "mqtt-server", "SO-5003", 1],
    ]
    out = csv.writer(sys.stdout, lineterminator="\r\n")
    out.writerow(COLUMNS)
    for license_id, customer, contacts, activations, expires, features, order, servers in rows:
        out.writerow([license_id, license_key(), customer, contacts, "chariot", features,
                      activations, expires, order, last_week, servers])


main()
