"""How the bytes of a text file are written: UTF-8 with or without a mark, UTF-16 with one, GB18030; never guessed."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import BinaryIO

from collection.errors import BadFile

AT_ONCE = 256 * 1024
SAMPLE = 256 * 1024
FAMILIAR = 0.9
"""In a text that really is GB18030, so many of its characters are in the old set of 6,763 that everybody uses. Bytes
of another encoding read that way give rare ones."""
_BEYOND_ASCII = re.compile(r"[a-zA-Z]*[^\x00-\x7f]+(?:[a-zA-Z]+[^\x00-\x7f]+)*[a-zA-Z]*")
_TWO_BYTES = "\u07ff"  # the last character that takes two in UTF-8


def of(file: BinaryIO) -> str:
    """The encoding of a whole file, as Python names it. Leaves the file at its beginning.

    Raises BadFile `cut_off` when it ends inside a character, `damaged` when UTF-8 has broken places, `encoding` when
    it is none of ours.
    """
    file.seek(0)
    head = file.read(SAMPLE)
    file.seek(0)
    if not head.strip():
        raise BadFile("empty")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _proved(file, "utf-16")
    if b"\0" in head:
        raise BadFile("encoding")
    if head.startswith(codecs.BOM_UTF8):
        return _proved(file, "utf-8-sig")
    if _reads(file, "utf-8"):
        return "gb18030" if _is_rather_gb18030(file) else "utf-8"
    if _is_mostly_utf8(head):
        return _proved(file, "utf-8")
    if _reads(file, "gb18030") and _is_familiar(head.decode("gb18030", "ignore")):
        return "gb18030"
    if _is_familiar(head.decode("gb18030", "ignore")) and _reads(file, "gb18030", may_be_cut=True):
        raise BadFile("cut_off")
    raise BadFile("encoding")


def _proved(file: BinaryIO, encoding: str) -> str:
    if _reads(file, encoding):
        return encoding
    raise BadFile("cut_off" if _reads(file, encoding, may_be_cut=True) else "damaged")


def _reads(file: BinaryIO, encoding: str, *, may_be_cut: bool = False) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while part := file.read(AT_ONCE):
            if "\0" in decoder.decode(part):
                return False
        if not may_be_cut:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _is_mostly_utf8(head: bytes) -> bool:
    """Whether far more of the characters beyond ASCII read as UTF-8 than do not."""
    words = head.decode("utf-8", "replace")
    broken = words.count("\ufffd")
    return sum(not character.isascii() for character in words) - broken > 10 * broken


def _is_rather_gb18030(file: BinaryIO) -> bool:
    """Whether UTF-8 that reads well is two-byte Chinese by its looks.

    The bytes of some common characters are also those of a Greek, Cyrillic or Arabic letter or of a sign in UTF-8. In
    a short list nothing else may stand; whoever writes UTF-8 there would not mix these, nor do without one letter of
    ASCII beside them.
    """
    content = file.read(SAMPLE)
    file.seek(0)
    beyond = _BEYOND_ASCII.findall(content.decode("utf-8", "ignore"))
    if not beyond or any(character > _TWO_BYTES for run in beyond for character in run):
        return False
    try:
        chinese = _BEYOND_ASCII.findall(content.decode("gb18030"))
    except UnicodeDecodeError:
        return False
    return all(_is_familiar(run) and run.isalpha() for run in chinese) and not all(_is_word(run) for run in beyond)


def _is_word(run: str) -> bool:
    """Letters of one alphabet, with those of ASCII that stand among them."""
    alphabets = {unicodedata.name(character, "?").partition(" ")[0] for character in run if not character.isascii()}
    return run.isalpha() and len(alphabets) == 1


def _is_familiar(words: str) -> bool:
    beyond = [character for character in words if not character.isascii()]
    known = sum(len(character.encode("gb2312", "ignore")) > 0 for character in beyond)
    return not beyond or known >= FAMILIAR * len(beyond)
