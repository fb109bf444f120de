"""What a hostile client sends: honest updates with a field turned, bytes turned, and frames of every malformed kind."""

from __future__ import annotations

import random
from collections.abc import Callable

from pycrdt import Array, Doc, Map, Text, XmlFragment, XmlText, merge_updates

from collab import codec
from tests.fuzz.anatomy import (
    ANY,
    BINARY,
    DELETED,
    DOC,
    EMBED,
    FORMAT,
    GC,
    JSON,
    SKIP,
    STRING,
    TYPE,
    Anatomy,
    Section,
    Struct,
    dissected,
    sized,
    uint,
)  # fmt: skip

LARGE = [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63, 2**64]
ROOTS = ["environments", "meta", "annotations", "ballots", "approvals", "notes", "", "\u00e5\u5c71\U0001f600"]


class World:
    """What the attacker knows: honest updates, and the ids and clocks of those who write just now."""

    def __init__(self, updates: list[bytes], own: int) -> None:
        self.updates = updates
        self.own = own
        self.clocks: dict[int, int] = {}

    def somebody(self, chance: random.Random) -> int:
        """A client id: often another person's."""
        return chance.choice([self.own, self.own, *self.clocks, chance.randrange(2**32), chance.choice([0, *LARGE])])

    def clock(self, client: int, chance: random.Random) -> int:
        """A clock of a client: where it stands, nearby, or nowhere near."""
        now = self.clocks.get(client, 0)
        return max(0, chance.choice([now, now, now - 1, now + 1, now - 5, now + 100, 0, chance.choice(LARGE)]))

    def id(self, chance: random.Random) -> tuple[int, int]:
        """A struct's id."""
        client = self.somebody(chance)
        return client, self.clock(client, chance)


def seeds(chance: random.Random) -> list[bytes]:
    """Honest updates of many shapes: maps, nested maps, texts with emoji and formats, arrays, XML, deletions, gaps."""
    doc: Doc = Doc(client_id=chance.randrange(1, 2**32))
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    root, text, values = doc.get("environments", type=Map), doc.get("notes", type=Text), doc.get("list", type=Array)
    xml = doc.get("xml", type=XmlFragment)
    text += "ab"  # a text is cut after these only: a cut inside a character makes yrs write an empty text
    for step in range(14):
        match chance.randrange(9):
            case 0:
                root[f"k{chance.randrange(3)}"] = chance.choice([1, 2.5, None, "Åsen 山", {"a": [1, "x"]}, b"raw"])
            case 1:
                root[f"m{step}"] = Map({"parameters": Map({"hour": 7.5}), "tags": Array(["a", "b"])})
            case 2:
                text += chance.choice(["lys ", "山", "😀", "é"])
            case 3:
                values.append([step, {"deep": [None]}])
            case 4:
                if len(values):
                    del values[0]
            case 5:
                text.format(0, 1, {"bold": True})
            case 6:
                text.insert_embed(0, {"image": "x"})
            case 7:
                xml.children.append(XmlText("hei"))
            case _:
                if "k0" in root:
                    del root["k0"]
    doc.unobserve(subscription)
    if not updates:
        root["k0"] = 1
        updates.append(doc.get_update())
    chance.shuffle(updates)
    return [*updates, doc.get_update(), merge_updates(*updates[: len(updates) // 2] or [b"\x00\x00"])]


def value(chance: random.Random, depth: int = 0) -> bytes:
    """A value in lib0's encoding, most of them honest."""
    match chance.randrange(16 if depth < 4 else 9):
        case 0:
            return b"\x7e"
        case 1:
            return b"\x7f"
        case 2:
            return b"\x7d" + chance.choice([b"\x07", b"\xbf\x7f", b"\xff" * chance.randrange(1, 12) + b"\x01"])
        case 3:
            return b"\x7b" + chance.choice([b"\x7f\xf8" + bytes(6), b"\x40\x1e" + bytes(6), chance.randbytes(8)])
        case 4:
            return b"\x7a" + chance.randbytes(8)
        case 5:
            return b"\x77" + sized(chance.choice([b"", b"hei", "😀".encode(), b"\xff\xfe", b"\xed\xa0\x80", b"\x00"]))
        case 6:
            return b"\x74" + sized(chance.randbytes(5))
        case 7:
            return chance.choice([b"\x78", b"\x79"])
        case 8:
            return b"\x7c" + chance.randbytes(4)
        case 9 | 10 | 11:
            count = chance.randrange(3)
            return b"\x75" + uint(count) + b"".join(value(chance, depth + 1) for _ in range(count))
        case 12 | 13:
            count = chance.randrange(3)
            keys = [b"a", "å".encode(), b"__proto__", b"", b"\xff"]
            parts = [sized(chance.choice(keys)) + value(chance, depth + 1) for _ in range(count)]
            return b"\x76" + uint(count) + b"".join(parts)
        case 14:
            deep = chance.choice([10, 60, 70, 1000, 20_000])
            return (b"\x75\x01" if chance.random() < 0.5 else b"\x76\x01\x01a") * deep + b"\x7e"
        case _:
            return chance.choice([b"\x75", b"\x76", b"\x77", b"\x74"]) + uint(chance.choice(LARGE)) + b"\x7e"


def content(chance: random.Random) -> tuple[int, int, bytes]:
    """Kind, length and bytes of a struct's content."""
    text = chance.choice([b"x", b"hei", "山😀".encode(), b"", b"a\xff", b"\xed\xa0\x80\xed\xb8\x80", b"y" * 300])
    json = chance.choice([b"1", b'{"a":[1]}', b"{oops", b"NaN", b"undefined", b"", b"\xff", b"[" * 60_000, b"1e999",
                          b'"\\ud800"', b"null"])  # fmt: skip
    count = chance.choice([1, 1, 2, 3, 0])
    match chance.choice([DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, TYPE, TYPE, ANY, ANY, ANY, DOC]):
        case 1:
            length = chance.choice([1, 3, 0, chance.choice(LARGE)])
            return DELETED, length, uint(length)
        case 2:
            return JSON, count, uint(count) + b"".join(sized(json) for _ in range(count))
        case 3:
            return BINARY, 1, sized(chance.randbytes(6))
        case 4:
            return STRING, len(text.decode(errors="replace")), sized(text)
        case 5:
            return EMBED, 1, sized(json)
        case 6:
            return FORMAT, 1, sized(chance.choice([b"bold", b"", b"\xff"])) + sized(json)
        case 7:
            kind = chance.choice([0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 15, 127, 2**40])
            return TYPE, 1, uint(kind) + (sized(text) if kind in (3, 5) else b"")
        case 9:
            return DOC, 1, sized(chance.choice([b"guid", b"", b"\xff"])) + chance.choice([b"\x76\x00", value(chance)])
        case _:
            return ANY, count, uint(count) + b"".join(value(chance) for _ in range(count))


def struct(chance: random.Random, world: World) -> Struct:
    """A struct that was never an honest one."""
    if chance.random() < 0.15:
        return Struct(chance.choice([GC, SKIP]), chance.choice([0, 1, 5, chance.choice(LARGE)]),
                      extra_bits=chance.choice([0, 0, 0, 0x20, 0xE0]))  # fmt: skip
    ref, length, raw = content(chance)
    out = Struct(ref, length, raw)
    match chance.randrange(4):
        case 0:
            out.parent = chance.choice(ROOTS)
            out.key = chance.choice([None, b"k0", b"k1", "å".encode(), b"\xff", b""])
        case 1:
            out.parent = world.id(chance)
            out.key = chance.choice([None, b"k0", b"parameters"])
        case 2:
            out.origin = world.id(chance)
            out.right = world.id(chance) if chance.random() < 0.5 else None
        case _:
            out.right = world.id(chance)
    return out


def chain(chance: random.Random, world: World) -> Section:
    """Types in types, or neighbours of neighbours, some of them in circles."""
    client = world.somebody(chance)
    clock = world.clock(client, chance)
    count = chance.choice([3, 10, 70, 400])
    step = chance.choice([-1, -1, -1, 0, 1])
    by_parent = chance.random() < 0.7
    structs = [Struct(TYPE, 1, b"\x01", parent=chance.choice(ROOTS), key=b"c")]
    for at in range(1, count):
        id_ = (client, max(0, clock + at + step))
        structs.append(Struct(TYPE, 1, b"\x01", parent=id_, key=b"c") if by_parent else Struct(ANY, 1, b"\x01\x7e",
                       origin=id_))  # fmt: skip
    return Section(client, clock, structs)


def turned(update: bytes, chance: random.Random, world: World) -> bytes:
    """An honest update with one to three of its fields turned into something else."""
    whole = dissected(update)
    for _ in range(chance.randrange(1, 4)):
        section = chance.choice(whole.sections) if whole.sections else None
        target = chance.choice(section.structs) if section is not None and section.structs else None
        turn: list[Callable[[], object]] = [
            lambda: whole.sections.append(chain(chance, world)),
            lambda: whole.sections.append(
                Section(client := world.somebody(chance), world.clock(client, chance),
                        [struct(chance, world) for _ in range(chance.randrange(1, 5))])
            ),
            lambda: whole.deletions.append((world.somebody(chance), [
                (world.clock(world.own, chance), chance.choice([0, 1, 3, 1000, *LARGE]))
                for _ in range(chance.randrange(3))])),
            lambda: whole.deletions.extend(whole.deletions[:1]),
            lambda: whole.deletions.append((world.own, [(3, 5), (0, 9), (4, 4)])),
            lambda: whole.deletions.clear(),
        ]  # fmt: skip
        if section is not None:
            turn += [
                lambda s=section: setattr(s, "client", world.somebody(chance)),
                lambda s=section: setattr(s, "client", world.somebody(chance)),
                lambda s=section: setattr(s, "clock", world.clock(s.client, chance)),
                lambda s=section: whole.sections.append(Section(s.client, s.clock, s.structs[:])),
                lambda s=section: whole.sections.append(
                    Section(s.client, s.clock + len(s.structs) // 2, s.structs[len(s.structs) // 2 :])
                ),
                lambda s=section: s.structs.insert(chance.randrange(len(s.structs) + 1), struct(chance, world)),
                lambda s=section: s.structs.append(struct(chance, world)),
                lambda s=section: setattr(s, "claimed", chance.choice([0, len(s.structs) + 1, *LARGE])),
                lambda s=section: s.structs.reverse(),
                lambda s=section: s.structs.extend(s.structs[-2:]),
            ]
        if target is not None:
            ref, length, raw = content(chance)
            turn += [
                lambda t=target: setattr(t, "origin", world.id(chance)),
                lambda t=target: setattr(t, "origin", None),
                lambda t=target: setattr(t, "right", world.id(chance)),
                lambda t=target: setattr(t, "parent", chance.choice([world.id(chance), chance.choice(ROOTS)])),
                lambda t=target: setattr(t, "key", chance.choice([None, b"k1", b"", b"\xff", b"parameters"])),
                lambda t=target: setattr(t, "extra_bits", chance.choice([0x20, 0x40, 0x80, 0xE0])),
                lambda t=target, c=(ref, length, raw): (
                    setattr(t, "ref", c[0]), setattr(t, "length", c[1]), setattr(t, "content", c[2])
                ),
                lambda t=target: setattr(t, "ref", chance.randrange(16)),
                lambda t=target, c=raw: setattr(t, "content", c),
            ]  # fmt: skip
        chance.choice(turn)()
    return whole.encoded()


def invented(chance: random.Random, world: World) -> bytes:
    """An update made from nothing; more often than not one that Yjs could have written."""
    whole = Anatomy()
    for _ in range(chance.choice([1, 1, 2, 3])):
        client = world.somebody(chance)
        structs = [struct(chance, world) for _ in range(chance.choice([1, 1, 2, 6]))]
        whole.sections.append(Section(client, world.clock(client, chance), structs))
    if chance.random() < 0.3:
        client, clock = world.id(chance)
        whole.deletions.append((client, [(clock, chance.choice([1, 2, 50]))]))
    return whole.encoded()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Flip, insert, remove, repeat, cut or splice a few bytes."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(6):
            case 0 if out:
                out[at % len(out)] = chance.randrange(256)
            case 1:
                out[at:at] = bytes((chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]),))
            case 2 if out:
                del out[at % len(out)]
            case 3:
                out[at:at] = out[max(0, at - chance.randrange(1, 9)) : at]
            case 4:
                del out[at:]
            case _ if out:
                out[at % len(out)] ^= 1 << chance.randrange(8)
            case _:
                pass
    return bytes(out)


def presence(chance: random.Random, world: World) -> bytes:
    """Presence: forged, huge, bottomless, or broken."""
    states = [
        b"{}", b"null", b'{"user":{"id":"usr_ana"}}', b'{"user":[]}', b'{"user":{"id":{"a":1}}}', b"[]", b"1", b"",
        b"\xff", b"[" * 5000, b'{"a":' * 5000, b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b"x" * 17_000,
        b'{"a":"' + b"y" * 16_000 + b'"}', b'{"n":' + b"9" * 5000 + b"}", mutated(b'{"cursor":[0.5,0.5]}', chance),
    ]  # fmt: skip
    entries = [
        codec.presence_bytes(codec.PresenceEntry(
            world.somebody(chance) % 2**53, chance.choice([0, 1, 9, 2**53 - 1, chance.choice(LARGE) % 2**53]),
            chance.choice(states),
        ))
        for _ in range(chance.choice([1, 1, 1, 2, 12]))
    ]  # fmt: skip
    body = uint(chance.choice([len(entries), len(entries), len(entries), 0, 4097, *LARGE])) + b"".join(entries)
    return b"\x01" + sized(body)


def update_of(chance: random.Random, world: World, *, by_structure: float) -> bytes:
    """One hostile update; `by_structure` is the part of those that are made by anatomy and not by bytes."""
    if chance.random() < by_structure:
        made = turned(chance.choice(world.updates), chance, world) if chance.random() < 0.6 else invented(chance, world)
        return made if chance.random() < 0.95 else mutated(made, chance)
    return mutated(chance.choice(world.updates), chance)


def frame(chance: random.Random, world: World, *, by_structure: float) -> bytes:
    """A frame that is wrong somewhere, or right and carries an update that is."""
    match chance.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            return codec.sync_update(update_of(chance, world, by_structure=by_structure))
        case 5:
            return codec.sync_step2(update_of(chance, world, by_structure=by_structure))
        case 6:
            vector = uint(2) + uint(world.somebody(chance)) + uint(chance.choice([0, 5, *LARGE])) + b"\xff\xff\x03\x01"
            return codec.sync_step1(vector if chance.random() < 0.5 else mutated(vector, chance))
        case 7:
            return presence(chance, world)
        case 8:
            return mutated(presence(chance, world), chance)
        case 9:
            return chance.choice([
                b"", b"\x00", b"\x00\x00", b"\x00\x03\x00", b"\x03", b"\x03\x00", b"\x78", b"\x78\x00", b"\x79",
                b"\x02", b"\x02\x01", b"\x00\x02" + b"\xff" * 9, b"\x00\x02\x02\x00\x00\x00", b"\x01\x01\x00",
                b"\x04" + b"z" * 40,
                chance.randbytes(chance.randrange(40)), b"\xff" * 64, b"\x00\x00" + uint(2**53 - 1),
            ])  # fmt: skip
        case 10:
            return codec.sync_update(merge(chance, world))
        case _:
            return mutated(codec.sync_update(chance.choice(world.updates)), chance)


def merge(chance: random.Random, world: World) -> bytes:
    """An honest update, again or for the first time, alone or with another: what the others must not suffer from."""
    chosen = chance.sample(world.updates, min(len(world.updates), chance.randrange(1, 4)))
    return merge_updates(*chosen)
