"""Outlook's files, written from nothing: compound files and .msg (MS-CFB, MS-OXMSG), personal folders (.pst, MS-PST,
Unicode), winmail.dat (MS-OXTNEF), compressed rich text (MS-OXRTFCP). Simple in layout, and the same bytes each time.

  outlook.py pst FILE TEXT…      a .pst with a mail of each text, for a look by hand"""
import struct
import sys
import zlib

# ---- properties -------------------------------------------------------------------------------

CLASS, SUBJECT, HEADERS, BODY, RTF, HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
NAME, MESSAGE_ID, SENDER_NAME, SENDER_TYPE, SENDER, SENDER_SMTP = (0x3001, 0x1035, 0x0C1A, 0x0C1E, 0x0C1F,
                                                                   0x5D01)
FILE_DATA, FILE_NAME, FILE_METHOD = 0x3701, 0x3707, 0x3705
LONG, BOOLEAN, STRING8, UNICODE, TIME, BINARY = 0x0003, 0x000B, 0x001E, 0x001F, 0x0040, 0x0102


def wide(text):
    return text.encode("utf-16-le")


def value_of(kind, value):
    """A property's value as bytes."""
    if kind == UNICODE:
        return wide(value)
    if kind in (LONG, BOOLEAN):
        return struct.pack("<I", value)
    return struct.pack("<Q", value) if kind == TIME else value


# ---- compressed rich text ---------------------------------------------------------------------

LZFU_WINDOW = (b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
               b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
               b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx")


def crc(data):
    """zlib's CRC without its two inversions."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def compressed(raw):
    """LZFu: references into what was written before, wherever two bytes or more stand there already."""
    text = LZFU_WINDOW + raw
    at, out, tokens = len(LZFU_WINDOW), bytearray(), []
    while at < len(text):
        length = min(17, len(text) - at)
        begin = max(0, at - 4000)
        while length > 1 and text.find(text[at:at + length], begin, at) < 0:
            length -= 1
        if length > 1:
            place = text.find(text[at:at + length], begin, at) % 4096
            tokens.append(struct.pack(">H", place << 4 | length - 2))
        else:
            tokens.append(text[at:at + 1])
        at += max(length, 1)
    tokens.append(struct.pack(">H", at % 4096 << 4))
    for start in range(0, len(tokens), 8):
        group = tokens[start:start + 8]
        out.append(sum(1 << i for i, token in enumerate(group) if len(token) == 2))
        out += b"".join(group)
    return struct.pack("<II4sI", len(out) + 12, len(raw), b"LZFu", crc(bytes(out))) + out


def rich_text(text):
    """RTF of these lines."""
    body = "".join("\\" + c if c in "\\{}" else c for c in text).replace("\n", "\\par\r\n")
    return ("{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n\\uc1\\pard\\f0 "
            + body + "}").encode("ascii")


def rich_html(text):
    """RTF that wraps HTML, as Outlook keeps it: a paragraph a line."""
    out = ["{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss Arial;}}",
           "{\\*\\htmltag19 <html>}{\\*\\htmltag50 <body>}"]
    for line in text.split("\n"):
        out.append("{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 " + line
                   + "\\htmlrtf\\par}\\htmlrtf0 {\\*\\htmltag72 </p>}")
    return "\r\n".join([*out, "{\\*\\htmltag58 </body>}}"]).encode("ascii")


# ---- winmail.dat ------------------------------------------------------------------------------

def _attribute(level, number, data):
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(files=(), rtf=None):
    """A TNEF stream with files (name, bytes) and a text in rich text."""
    out = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    if rtf is not None:
        data = compressed(rtf)
        out += _attribute(1, 0x00069003, struct.pack("<IIII", 1, RTF << 16 | BINARY, 1, len(data)) + data
                          + b"\0" * (-len(data) % 4))
    for name, data in files:
        out += _attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        out += _attribute(2, 0x00018010, name.encode("cp1252") + b"\0") + _attribute(2, 0x0006800F, data)
    return out


# ---- compound files ---------------------------------------------------------------------------

NONE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _entry(name, kind, links, start, size):
    """A directory entry; `links` are left, right and child."""
    raw = wide(name) + b"\0\0"
    return (raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1) + struct.pack("<III", *links)
            + b"\0" * 36 + struct.pack("<IQ", start, size))


def compound_file(tree):
    """`tree` maps names to bytes or to further trees."""
    entries, streams = [], []

    def add(name, node):
        number = len(entries)
        entries.append([name, 1 if isinstance(node, dict) else 2, NONE, NONE, NONE])
        streams.append(None if isinstance(node, dict) else node)
        if isinstance(node, dict):
            entries[number][4] = add_all(node)
        return number

    def add_all(nodes):
        numbers = [add(name, nodes[name]) for name in sorted(nodes, key=lambda n: (len(n), n.upper()))]

        def between(low, high):
            if low >= high:
                return NONE
            middle = (low + high) // 2
            entries[numbers[middle]][2:4] = between(low, middle), between(middle + 1, high)
            return numbers[middle]
        return between(0, len(numbers))

    add("Root Entry", tree)
    entries[0][1] = 5
    sectors, table, places, small, small_table = [], [], [], b"", []

    def chain(links, count):
        """A run of `count` in an allocation table."""
        first = len(links)
        links.extend([*range(first + 1, first + count), END] if count else [])
        return first if count else END

    def store(data):
        parts = [data[i:i + 512].ljust(512, b"\0") for i in range(0, len(data), 512)]
        sectors.extend(parts)
        return chain(table, len(parts))

    for data in streams:
        if data is None or len(data) >= 4096:
            places.append((store(data or b""), len(data or b"")))
        else:
            places.append((chain(small_table, -(-len(data) // 64)), len(data)))
            small += data.ljust(-(-len(data) // 64) * 64, b"\0")
    places[0] = (store(small), len(small))
    numbers = b"".join(struct.pack("<I", n) for n in small_table)
    small_first = store(numbers.ljust(-(-len(numbers) // 512) * 512, b"\xff"))
    directory = b"".join(_entry(e[0], e[1], e[2:], *places[i]) for i, e in enumerate(entries))
    directory += _entry("", 0, (NONE,) * 3, 0, 0)[2:].rjust(128, b"\0") * (-len(entries) % 4)
    directory_first = store(directory)
    count = 1
    while count * 128 < len(table) + count:
        count += 1
    places = [len(sectors) + i for i in range(count)]
    numbers = b"".join(struct.pack("<I", n) for n in table + [TABLE] * count).ljust(count * 512, b"\xff")
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<9I", 0, count, directory_first, 0, 4096, small_first, -(-len(small_table) // 128), END, 0)
    head += b"".join(struct.pack("<I", n) for n in (places + [NONE] * 109)[:109])
    return head + b"".join(sectors) + numbers


def _storage(properties, header):
    """The streams of a storage: properties as (number, type, value)."""
    tree, listed = {}, b"\0" * header
    for number, kind, value in properties:
        data = value_of(kind, value)
        if kind in (LONG, BOOLEAN, TIME):
            listed += struct.pack("<HHI", kind, number, 6) + data.ljust(8, b"\0")
        else:
            tree[f"__substg1.0_{number:04X}{kind:04X}"] = data
            listed += struct.pack("<HHIII", kind, number, 6, len(data), 0)
    tree["__properties_version1.0"] = listed
    return tree


def msg(properties, files=()):
    """A .msg of a mail with these properties, and files of theirs."""
    tree = _storage(properties, 32)
    for number, file in enumerate(files):
        tree[f"__attach_version1.0_#{number:08X}"] = _storage(file, 8)
    tree["__nameid_version1.0"] = {"__substg1.0_00020102": b"", "__substg1.0_00030102": b"",
                                   "__substg1.0_00040102": b""}
    return compound_file(tree)


# ---- personal folders -------------------------------------------------------------------------

STORE, ROOT, TOP = 0x21, 0x122, 0x8022 # what these are is told by their numbers (MS-PST 2.4.1)
PAGE, BLOCK_MOST, HEAP_MOST = 512, 8176, 2000
BLOCKS, NODES = 0x80, 0x81 # trees of pages


def _signature(place, number):
    mixed = (place ^ number) & 0xFFFFFFFF
    return (mixed >> 16 ^ mixed) & 0xFFFF


class Pst:
    """Folders within each other, and mails in them."""

    def __init__(self):
        self.data = bytearray(0x4600) # the header and an allocation page
        self.blocks, self.nodes = [], []
        self.next_block, self.next_page, self.next_node = 4, 1, 0x8042
        self._node(STORE, 0, [(NAME, UNICODE, "Personal Folders"), (0x35E0, BINARY, self._entry_id(TOP))])
        self._node(ROOT, ROOT, self._folder(""))
        self._node(TOP, ROOT, self._folder("Top of Personal Folders"))

    @staticmethod
    def _entry_id(node):
        return b"\0" * 4 + b"sixteen-bytes-id" + struct.pack("<I", node)

    @staticmethod
    def _folder(name):
        return [(NAME, UNICODE, name), (0x3602, LONG, 1), (0x3603, LONG, 0), (0x360A, BOOLEAN, 1)]

    def _block(self, data, internal=False):
        number = self.next_block | (2 if internal else 0)
        self.next_block += 4
        place = len(self.data)
        self.data += data + b"\0" * (-(len(data) + 16) % 64)
        self.data += struct.pack("<HHIQ", len(data), _signature(place, number), crc(data), number)
        self.blocks.append((number, place, len(data)))
        return number

    def _long_block(self, data):
        """Data of any length: blocks, and one that lists them."""
        parts = [self._block(data[i:i + BLOCK_MOST]) for i in range(0, len(data), BLOCK_MOST)]
        if len(parts) <= 1:
            return parts[0] if parts else 0
        return self._block(struct.pack("<BBHI", 1, 1, len(parts), len(data))
                           + b"".join(struct.pack("<Q", part) for part in parts), internal=True)

    def _below(self, entries):
        """A node's own nodes: (number, block, its own nodes)."""
        if not entries:
            return 0
        return self._block(struct.pack("<BBHI", 2, 0, len(entries), 0)
                           + b"".join(struct.pack("<QQQ", *entry) for entry in sorted(entries)), internal=True)

    @staticmethod
    def _heap(kind, first, values):
        """A heap: `values` from number 1 on, of which `first` is what the heap is about."""
        body, starts = b"", [12]
        for value in values:
            body += value
            starts.append(12 + len(body))
        body += b"\0" * (len(body) % 2)
        pages = struct.pack("<HH", len(values), 0) + b"".join(struct.pack("<H", start) for start in starts)
        return struct.pack("<HBBII", 12 + len(body), 0xEC, kind, first << 5, 0) + body + pages

    def _properties(self, properties):
        """(block, own nodes) of a set of properties; long values become nodes of their own."""
        records, values, below = b"", [], []
        for number, kind, value in sorted(properties):
            data = value_of(kind, value)
            if kind in (LONG, BOOLEAN):
                place = struct.unpack("<I", data)[0]
            elif len(data) > HEAP_MOST:
                place = (len(below) + 0x400) << 5 | 0x1F
                below.append((place, self._long_block(data), 0))
            else:
                values.append(data)
                place = len(values) + 2 << 5
            records += struct.pack("<HHI", number, kind, place)
        heap = self._heap(0xBC, 1, [struct.pack("<BBBBI", 0xB5, 2, 6, 0, 2 << 5), records, *values])
        return self._block(heap), below

    def _node(self, number, parent, properties, below=()):
        block, own = self._properties(properties)
        self.nodes.append((number, block, self._below([*own, *below]), parent))

    def _new_number(self, kind):
        self.next_node += 0x20
        return self.next_node & ~0x1F | kind

    def folder(self, name, parent=TOP):
        number = self._new_number(2)
        self._node(number, parent, self._folder(name))
        return number

    def _file_table(self, numbers):
        """The table of a mail's files: a row each, with a number (MS-PST 2.3.4)."""
        columns = struct.pack("<HHHBB", LONG, 0x67F2, 0, 4, 0)
        index = b"".join(struct.pack("<II", number, row) for row, number in enumerate(numbers))
        rows = b"".join(struct.pack("<IB", number, 0x80) for number in numbers)
        info = struct.pack("<BB4HIIHH", 0x7C, 1, 4, 4, 4, 5, 2 << 5, 4 << 5, 0, 0) + columns
        return self._block(self._heap(0x7C, 1, [info, struct.pack("<BBBBI", 0xB5, 4, 4, 0, 3 << 5), index, rows]))

    def mail(self, folder, properties, files=()):
        below = []
        for place, (name, data) in enumerate(files):
            number = 0x8025 + 0x20 * place
            block, own = self._properties([(FILE_NAME, UNICODE, name), (FILE_METHOD, LONG, 1),
                                           (FILE_DATA, BINARY, data.ljust(HEAP_MOST + 1, b"\n"))])
            below.append((number, block, self._below(own)))
        if files:
            below.append((0x671, self._file_table([number for number, _, _ in below]), 0))
        self._node(self._new_number(4), folder, [(0x0E07, LONG, 1 | (0x10 if files else 0)), *properties], below)

    def _page(self, kind, entries, size, level):
        number, place = self.next_page, len(self.data) + -len(self.data) % PAGE
        self.next_page += 1
        body = b"".join(entries).ljust(488, b"\0") + struct.pack("<BBBBI", len(entries), 488 // size, size, level, 0)
        self.data += b"\0" * (place - len(self.data)) + body
        self.data += struct.pack("<BBHIQ", kind, kind, _signature(place, number), crc(body), number)
        return number, place

    def _tree(self, kind, entries, size):
        """Pages of entries, and one above them; (number, place) of the topmost."""
        per_page, pages = 488 // size, []
        for start in range(0, len(entries), per_page):
            part = entries[start:start + per_page]
            pages.append((part[0][0], self._page(kind, [data for _, data in part], size, 0)))
        if len(pages) == 1:
            return pages[0][1]
        return self._page(kind, [struct.pack("<QQQ", first, *where) for first, where in pages], 24, 1)

    def written(self):
        blocks = [(n, struct.pack("<QQHHI", n, place, size, 2, 0)) for n, place, size in sorted(self.blocks)]
        nodes = [(n, struct.pack("<QQQII", n, block, below, parent, 0))
                 for n, block, below, parent in sorted(self.nodes)]
        block_tree, node_tree = self._tree(BLOCKS, blocks, 24), self._tree(NODES, nodes, 32)
        head = struct.pack("<2sHHBBII", b"SM", 23, 19, 1, 1, 0, 0) + struct.pack("<QQI", 0, self.next_page, 1)
        head += b"\0" * (128 + 8 + 4) + struct.pack("<QQQQ", len(self.data), 0x4400, 0, 0)
        head += struct.pack("<QQQQBBHI", *node_tree, *block_tree, 0, 0, 0, 0) + b"\xff" * 256
        head += struct.pack("<BBHQ", 0x80, 0, 0, self.next_block)
        self.data[:len(head) + 8] = struct.pack("<4sI", b"!BDN", crc(head[:471])) + head
        return bytes(self.data)


def main():
    if len(sys.argv) < 4 or sys.argv[1] != "pst":
        sys.exit(__doc__)
    pst = Pst()
    inbox = pst.folder("Inbox")
    for number, text in enumerate(sys.argv[3:]):
        pst.mail(inbox, [(CLASS, UNICODE, "IPM.Note"), (SUBJECT, UNICODE, f"mail {number}"), (BODY, UNICODE, text)])
    with open(sys.argv[2], "wb") as stream:
        stream.write(pst.written())


if __name__ == "__main__":
    main()
