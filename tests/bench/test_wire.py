"""What was recorded on one database has the same effect when it is replayed on a copy of it."""
import os
import shutil
import sys
import tempfile
import threading

import psycopg2

import server
import wire


def run_program(dsn):
    """Two connections, a wait for a lock, an error, COPY, and more than a socket's buffer holds."""
    first, second = psycopg2.connect(dsn), psycopg2.connect(dsn)
    one, two = first.cursor(), second.cursor()
    one.execute("update account set amount = amount + 1 where id = 1")
    waiting = threading.Thread(
        target=two.execute, args=("update account set amount = amount * 10 where id = 1",))
    waiting.start()
    one.execute("insert into note select %s", ("x" * 3_000_000,))
    one.execute("select repeat('y', 3000000)")
    first.commit()
    waiting.join()
    second.commit()
    try:
        one.execute("select 1 / 0")
    except psycopg2.errors.DivisionByZero:
        first.rollback()
    with tempfile.TemporaryFile("w+") as rows:
        rows.write("5\n6\n7\n")
        rows.seek(0)
        two.copy_from(rows, "account", columns=("amount",))
    second.commit()
    first.close()
    second.close()


def content(postgres, database):
    return postgres.ask(database, "select (select array_agg(amount order by id) from account),"
                                  " (select sum(length(text)) from note)")


def main():
    folder = tempfile.mkdtemp()
    postgres = server.Server(os.path.join(folder, "server"))
    try:
        postgres.create("base")
        postgres.ask("base", "create table account (id int generated always as identity,"
                             " amount int); insert into account (amount) values (4);"
                             " create table note (text text)")
        for name in ("recorded", "replayed"):
            postgres.create(name, "base")
        recorder = wire.Recorder(folder, postgres.socket_path)
        run_program(postgres.dsn("recorded", folder))
        recorder.close()
        before = postgres.cpu_seconds()
        errors = wire.replay(recorder.steps, postgres.socket_path, "replayed")
        used = postgres.cpu_seconds() - before
        assert recorder.errors == 1 and errors == 1, (recorder.errors, errors)
        expected = ([50, 5, 6, 7], 3_000_000)
        assert content(postgres, "recorded") == expected, content(postgres, "recorded")
        assert content(postgres, "replayed") == expected, content(postgres, "replayed")
        assert used >= 0
        print(f"{len(recorder.steps)} steps replayed, {used:.2f} s of CPU")
    finally:
        postgres.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
