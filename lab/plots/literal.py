"""Texts from users as they are: no formulas, nothing invisible, and a box for what the font lacks."""

import unicodedata
from functools import cache
from typing import Final

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

FONT: Final = "DejaVu Sans"
"""Ships with Matplotlib, so it is there on every machine."""
BOX: Final = "\N{WHITE SQUARE}"
"""Stands for a letter that the font lacks."""

_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
r"""Categories of Unicode that are written as `\x1b`: control and format characters, surrogates, and
separators of lines and paragraphs. An SVG may not have the first, nor a file in UTF-8 the third."""


def literal(text: str) -> str:
    """The text in one line, in which each character is seen. Once more, it changes nothing."""
    return text if text.isascii() and text.isprintable() else "".join(map(_seen, text))


@cache
def _seen(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    if unicodedata.category(letter) in _INVISIBLE:
        return letter.encode("unicode_escape").decode("ascii")
    return letter if ord(letter) in _letters() else BOX


@cache
def _letters() -> frozenset[int]:
    """What the font has, both regular and bold."""
    files = [findfont(FontProperties(family=FONT, weight=weight)) for weight in ("normal", "bold")]
    regular, bold = (FT2Font(file).get_charmap().keys() for file in files)
    return frozenset(regular) & frozenset(bold)
