"""XML from outside, element by element, without document types, entities or endless depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from placement_engine.errors import InvalidInput
from placement_engine.intelligence.formats.reports import missing_library
from placement_engine.intelligence.table import Faults

MAX_DEPTH: Final = 64
MAX_TEXT: Final = 2**16
"""Characters inside an element that is handed over."""
MAX_INSIDE: Final = 10_000
"""Elements inside one that is handed over."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element with what is inside it; `name` is without its prefix."""

    name: str
    line: int
    attributes: Mapping[str, str] = field(repr=False)
    children: list[Element] = field(default_factory=list, repr=False)
    texts: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """The text between its tags."""
        return "".join(self.texts)

    def all(self, *path: str) -> list[Element]:
        """The elements at a path of names below this one."""
        found = [self]
        for name in path:
            found = [child for one in found for child in one.children if child.name == name]
        return found

    def first(self, *path: str) -> Element | None:
        """The first element at a path of names below this one, if there is any."""
        return next(iter(self.all(*path)), None)


class _Stop(SAXException):
    """Reading ends here, for a reason that is ours."""


class _Records(ContentHandler):
    """Hands over each element of certain names, whole, and forgets it."""

    def __init__(self, root: str, names: frozenset[str], take: Callable[[Element], None]) -> None:
        super().__init__()
        self._root = root
        self._names = names
        self._take = take
        self._open: list[Element] = []
        self._depth = 0
        self._inside = self._text = 0
        self._at: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        self._at = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        if not self._depth and name != self._root:
            raise _Stop(f"is not of this format: the outermost element must be {self._root}")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Stop("is nested too deep")
        if not self._open and name not in self._names:
            return
        if not self._open:
            self._inside = self._text = 0
        self._inside += 1
        if self._inside > MAX_INSIDE:
            raise _Stop(f"holds an element with more than {MAX_INSIDE} elements inside")
        element = Element(name=name, line=self.line, attributes=dict(attrs.items()))
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)

    def characters(self, content: str) -> None:
        """Keep the text of an element that is wanted."""
        if self._open:
            self._open[-1].texts.append(content)
            self._text += len(content)
            if self._text > MAX_TEXT:
                raise _Stop(f"holds a text of more than {MAX_TEXT} characters")

    def endElement(self, name: str) -> None:  # noqa: N802
        del name
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._take(element)

    @property
    def line(self) -> int:
        """The line that is being read."""
        return 0 if self._at is None else self._at.getLineNumber() or 0


def read_records(
    data: bytes,
    file: str,
    *,
    root: str,
    names: frozenset[str],
    take: Callable[[Element], None],
    faults: Faults,
) -> bool:
    """Hand each element of one of these names to `take`, in the order of the file.

    Returns
    -------
    bool
        False where reading ended early; a fault tells why.
    """
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.sax import parseString
    except ImportError:
        raise missing_library("defusedxml") from None
    handler = _Records(root, names, take)
    try:
        parseString(data, handler, forbid_dtd=True)
    except DefusedXmlException:
        faults.add(file, 0, "", "declares a document type or entities, which are refused")
    except SAXParseException as error:
        faults.add(file, error.getLineNumber() or 0, "", "is not XML that can be read")
    except _Stop as error:
        faults.add(file, handler.line, "", error.getMessage())
    except (ValueError, LookupError, SAXException):  # an encoding that nobody knows
        faults.add(file, 0, "", "is not XML that can be read")
    else:
        return True
    return False


def escaped(text: str) -> str:
    """A text for an attribute or between tags, read back exactly.

    Raises
    ------
    InvalidInput
        If it holds a character that XML cannot carry.

    Examples
    --------
    >>> escaped('a < "b"')
    'a &lt; &quot;b&quot;'
    """
    if _NOT_XML.search(text):
        raise InvalidInput(
            "A label or code holds a character that XML cannot carry.",
            unchanged="Nothing was written.",
            do="Export in another format, or mend the text and import it again.",
        )
    return "".join(_ESCAPES.get(character, character) for character in text)


def tag(name: str, attributes: Mapping[str, str], inside: str | None = None) -> str:
    """An element as text; `inside` is markup, or None for an empty element.

    Examples
    --------
    >>> tag("a", {"b": "1"}, tag("c", {}))
    '<a b="1"><c/></a>'
    """
    told = "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{told}/>" if inside is None else f"<{name}{told}>{inside}</{name}>"
