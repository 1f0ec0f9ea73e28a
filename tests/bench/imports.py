"""How long a file of purchases takes to be imported into a house that has none; the same file again; and
the file with every row changed."""
import csv
import os

AIM = 20  # seconds for 100,000 rows, of licenses that are new
UPDATE_AIM = 30  # of licenses that are on record


def change_every_row(source, target):
    """The same licenses, with an activation more by an order of its own each."""
    with open(source, encoding="utf-8", newline="") as old, \
            open(target, "w", encoding="utf-8", newline="") as new:
        rows = csv.DictReader(old)
        changed = csv.DictWriter(new, rows.fieldnames)
        changed.writeheader()
        for row in rows:
            changed.writerow({**row, "activations": int(row["activations"]) + 1,
                              "order_ref": "CHANGED-" + row["order_ref"]})


def timed(house, *words):
    """One import, with the seconds of CPU that PostgreSQL's processes took for it."""
    before = house.server.cpu_seconds()
    run = house.issuer("import", "license", "import", *words)
    run.database_cpu = house.server.cpu_seconds() - before
    return run


def round_of(house, path, changed):
    """The three imports on a new database, by name."""
    house.server.create("import")
    house.issuer("import", "migrate")
    new = timed(house, path)
    house.server.ask("import", "vacuum analyze")  # as autovacuum does within minutes
    again = timed(house, path)
    update = timed(house, "--update", changed)
    house.server.drop("import")
    return {"new": new, "again": again, "changed": update}


def run(house, options):
    folder = os.path.join(house.folder, "purchases")
    house.make_load(folder, licenses=options.imports, requests=0, seed=options.seed)
    path, changed = (os.path.join(folder, name) for name in ("purchases.csv", "changed.csv"))
    change_every_row(path, changed)
    rounds = [round_of(house, path, changed) for _ in range(options.repeat)]
    results, short = {}, []
    for name, aim in (("new", AIM), ("again", AIM), ("changed", UPDATE_AIM)):
        one = sorted((found[name] for found in rounds),
                     key=lambda found: found.wall)[(len(rounds) - 1) // 2]
        results[name] = {"rows": options.imports, "seconds": one.wall, "issuer_cpu": one.cpu,
                         "postgresql_cpu": one.database_cpu}
        print(f"import, {name} rows: {options.imports} in {one.wall:.2f} s:"
              f" {options.imports / one.wall:.0f} rows/s (CPU: issuer {one.cpu:.2f} s, PostgreSQL"
              f" {one.database_cpu:.2f} s)")
        if one.wall > aim * max(options.imports, 100000) / 100000:
            short.append(f"import, {name} rows: {one.wall:.1f} s, aim {aim} s for 100,000")
    return {"import": results}, short
