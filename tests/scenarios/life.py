#!/usr/bin/python3
"""The life of a license, story by story: what people do at the desk and what the server's license page
then shows. Each ends on that page, and in records that agree with themselves.

  life.py ISSUER [TEST…]          within tests/with-postgres"""
import json
import os
import shutil
import time

from scenario import (License, Scenario, check_records, license_key, mail, main, write)

ANA = "ana@northwind.example"


class Desk(Scenario):
    """Ola records orders, Sam issues, Ada and Alan restore; the plant's servers are state folders."""

    def setUp(self):
        super().setUp()
        for name, role in (("ada", "admin"), ("alan", "admin"), ("ola", "orders"),
                           ("sam", "support")):
            self.house.hire(name, role)
        self.replies = []  # paths, in the order in which they were written

    def tearDown(self):
        check_records(self.house)

    def sell(self, license_id="LIC-1", **terms):
        return self.house.sell(license_id, ANA, **terms)

    # ---- the plant ----

    def request(self, name, license, purpose="activate", **host):
        """The server's usage request; a new server trusts the house's roots first."""
        if not os.path.exists(self.house.path("servers", name)):
            self.house.chariot(name, "trust", os.path.join(self.house.keys, "anchors.pem"))
            host = {"host": name, **host}
        options = [word for part, text in host.items() for word in ("--" + part, text)]
        return self.house.chariot(name, "request", "--license-key", license.key, "--purpose", purpose,
                                  *options)

    def install(self, name, path):
        self.assertIn("is installed", self.house.chariot(name, "install", path))

    def asks(self, name, license, purpose="activate", **host):
        """The server asks by mail; gives how that was decided."""
        (decided,) = self.house.take(mail(ANA, self.request(name, license, purpose, **host)))
        return decided

    def runs(self, name, license, purpose="activate", **host):
        """The server asks, and what is mailed back is installed."""
        self.assertEqual(self.asks(name, license, purpose, **host)[0], "issued")
        self.install_newest(name)

    def install_newest(self, name):
        """Installs what the newest reply brought that this server takes."""
        self.replies += [path for path, _ in self.house.replies()]
        for path in reversed(self.replies):
            try:
                return self.install(name, path)
            except AssertionError:  # another server's, or no usage license is in it
                continue
        raise AssertionError(f"no reply has a usage license for {name}")

    def deactivates(self, name):
        (decided,) = self.house.take(mail(ANA, self.house.chariot(name, "deactivate")))
        return decided

    def page(self, name):
        return json.loads(self.house.chariot(name, "status", "--json"))

    def shows(self, name, **expected):
        page = self.page(name)
        self.assertEqual({member: page.get(member) for member in expected}, expected)
        return page

    def copy(self, name, other):
        shutil.copytree(self.house.path("servers", name), self.house.path("servers", other))

    # ---- the desk ----

    def used(self, license_id="LIC-1"):
        return self.house.query("select count(*) from activation a join license l on l.id = a.license_id"
                                " where counted and l.license_id = %s", license_id)[0][0]

    def restored(self, license_id="LIC-1"):
        """A contact tells of the loss, and an admin approves."""
        (found,) = self.house.ingest(write(self.house.path("lost.mbox"), b"From - \n" + mail(
            ANA, says=f"Good morning,\n\nthe server of license {license_id} was destroyed by fire and is "
            "lost. Please restore its activation.\n")))
        self.assertEqual(found["class"], "about-license")
        self.assertIsNotNone(found["case"])
        self.house.by("ada", "restoration", "approve", str(found["case"]), "--reason",
                      "the plant's manager confirms the fire")
        return found["case"]


class Stories(Desk):
    def test_request_and_install(self):
        license = self.sell()
        self.assertEqual(self.asks("plant-1", license), ("issued", "issued"))
        self.shows("plant-1", state="waiting for a usage license")
        self.install_newest("plant-1")
        self.shows("plant-1", state="active", license_id="LIC-1", expires=None,
                   customer="Northwind Water", activation={"number": 1, "allowed": 1})

    def test_an_upgrade_reaches_the_server_with_its_next_request(self):
        license = self.sell(expires="2027-12-31")
        self.runs("plant-1", license)
        self.house.by("ola", "license", "upgrade", "LIC-1", "--add-feature", "snowflake-bridge",
                      "--extend", "2030-12-31", "--order", "SO-2")
        page = self.shows("plant-1", entitlement=1, expires=1830340800)
        self.assertEqual([one["code"] for one in page["features"]], ["mqtt-server"])
        self.runs("plant-1", license, "update")
        page = self.shows("plant-1", state="active", entitlement=2, expires=1925035200,
                          supersedes=["UL-00000001"], activation={"number": 1, "allowed": 1})
        self.assertEqual(sorted(one["code"] for one in page["features"]),
                         ["mqtt-server", "snowflake-bridge"])
        self.assertEqual(self.used(), 1)

    def test_deactivated_and_used_elsewhere(self):
        license = self.sell()
        self.runs("plant-1", license)
        self.assertEqual(self.deactivates("plant-1"), ("accepted", "deactivated"))
        self.shows("plant-1", state="not licensed")
        self.assertEqual(self.used(), 0)
        self.runs("plant-2", license)
        self.shows("plant-2", state="active", activation={"number": 1, "allowed": 1})

    def test_a_move_in_one_mail(self):
        license = self.sell()
        self.runs("old", license)
        gone, code = self.house.chariot("old", "deactivate"), self.request("new", license)
        self.assertEqual(self.house.take(mail(ANA, code, gone)),
                         [("accepted", "deactivated"), ("issued", "issued")])
        self.install_newest("new")
        self.shows("old", state="not licensed")
        self.shows("new", state="active", activation={"number": 1, "allowed": 1})
        self.assertEqual(self.used(), 1)

    def test_a_destroyed_server_is_restored(self):
        license = self.sell()
        self.runs("burnt", license)
        self.assertEqual(self.asks("plant-2", license), ("refused", "no-activations-left"))
        self.restored()
        self.install_newest("plant-2")
        self.shows("plant-2", state="active", activation={"number": 1, "allowed": 1})
        self.assertEqual(self.used(), 1)

    def test_a_restored_server_that_comes_back(self):
        license = self.sell()
        self.runs("lost", license)
        self.restored()
        self.runs("plant-2", license)
        self.assertEqual(self.asks("lost", license), ("held", "lost-server-returned"))
        self.assertIn("lost-server-returned", self.house.issuer("alert", "list"))
        # What it had was erased after all: nothing is given back twice.
        self.assertEqual(self.deactivates("lost"), ("accepted", "nothing-to-give-back"))
        self.assertEqual(self.house.query("select state::text, counted from activation order by id"),
                         [("deactivated", False), ("active", True)])
        self.shows("lost", state="not licensed")
        self.shows("plant-2", state="active")

    def test_a_test_machine_and_back(self):
        license = self.sell()
        self.runs("plant-1", license)
        for here, there in (("plant-1", "test-vm"), ("test-vm", "plant-1")):
            self.assertEqual(self.deactivates(here), ("accepted", "deactivated"))
            self.runs(there, license)
            self.shows(there, state="active", activation={"number": 1, "allowed": 1})
            self.shows(here, state="not licensed")
        self.assertEqual(self.used(), 1)

    def test_a_snapshot_rolled_back(self):
        """The server signs with a number that it has used before, or asks with older ones: it is told
        what to do, and does it."""
        license = self.sell()
        self.runs("plant-1", license)
        self.copy("plant-1", "snapshot")
        time.sleep(1.1)
        first = self.request("plant-1", license)
        self.assertEqual(self.house.take(mail(ANA, first)), [("issued", "issued")])
        self.install_newest("plant-1")
        late = self.house.chariot("snapshot", "request", "--license-key", license.key, "--seq-clock",
                                  "1500000000")
        decided = self.house.take(mail(ANA, late))
        self.assertIn(decided[0][1], ("superseded-request", "copied-server"))
        time.sleep(1.1)
        self.runs("snapshot", license)  # "generate again with the clock set right"
        self.shows("snapshot", state="active", activation={"number": 1, "allowed": 1})
        self.assertEqual(self.used(), 1)

    def test_a_cloned_machine(self):
        """A copy on other hardware with the same instance key is not issued by itself."""
        license = self.sell(activations=2, servers=2)
        self.runs("plant-1", license)
        self.copy("plant-1", "clone")
        time.sleep(1.1)
        decided = self.asks("clone", license, host="plant-2", board="2b1de9a4-5a53-4c83-a9a4-2c6f4e5d9f11",
                            mac="00:00:5e:00:53:42", cpu="Example Processor 9000")
        self.assertEqual(decided, ("held", "host-changed"))
        # The way out: a new instance key on the clone.
        self.house.chariot("clone", "reset-identity")
        self.runs("clone", license)
        self.shows("clone", state="active", activation={"number": 2, "allowed": 2})
        self.shows("plant-1", state="active", activation={"number": 1, "allowed": 2})
        self.assertEqual(self.used(), 2)

    def test_a_refund(self):
        license = self.sell()
        self.runs("plant-1", license)
        said = self.house.by("ola", "license", "end", "LIC-1", "--refund", "--order", "SO-9", "--reason",
                             "refunded: the plant was sold")
        self.assertIn("goes on until its own expiry", said)
        self.assertEqual(self.asks("plant-1", license), ("refused", "license-ended"))
        # Nothing changes remotely: what is installed goes on until the server erases it.
        self.shows("plant-1", license_id="LIC-1")
        self.assertEqual(self.deactivates("plant-1"), ("accepted", "deactivated"))
        self.shows("plant-1", state="not licensed")
        self.assertEqual(self.used(), 0)

    def test_a_new_license_key(self):
        license = self.sell(activations=2, servers=2)
        self.runs("plant-1", license)
        (made,) = map(json.loads, self.house.by(
            "ola", "license", "rekey", "LIC-1", "--reason", "the key was in a public ticket",
            "--json").splitlines())
        again = License("LIC-1", made["license_key"], ANA)
        self.assertEqual(self.asks("plant-1", license), ("issued", "issued"))
        self.install_newest("plant-1")
        self.assertEqual(self.asks("plant-2", license), ("held", "retired-key"))
        self.runs("plant-2", again)
        self.shows("plant-2", state="active", activation={"number": 2, "allowed": 2})
        self.shows("plant-1", state="active", activation={"number": 1, "allowed": 2})

    def test_an_order_that_is_recorded_late(self):
        """The server asked before anybody had recorded the purchase."""
        late = License("LIC-7", license_key(), ANA)
        self.assertEqual(self.asks("plant-1", late), ("refused", "unknown-license"))
        path = write(self.house.path("late.csv"), (
            "license_id,license_key,customer,contacts,product,features,activations,expires,order_ref,"
            f"servers\nLIC-7,{late.key},Northwind Water,{ANA},chariot,mqtt-server,1,,SO-7,1\n").encode())
        said = self.house.by("ola", "license", "import", path)
        self.assertIn("decided again: 1 issued", said)
        self.install_newest("plant-1")
        self.shows("plant-1", state="active", license_id="LIC-7", activation={"number": 1, "allowed": 1})


if __name__ == "__main__":
    main()
