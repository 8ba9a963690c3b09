"""Who stands around somebody, as one SVG that needs nothing from elsewhere.

Bonds are solid lines marked +, enmities broken lines marked ×: the sign of a tie can be
told without colour. Persons are circles and groups squares.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import cos, pi, sin

from placement_engine.graph.ego import EgoNetwork
from placement_engine.report.page import printable
from placement_engine.vocabulary import Language

MOST = 40
"""Neighbours that are drawn; more cannot be read."""
SIZE = 900
_MIDDLE = SIZE / 2
_RADIUS = 340.0
_INNER = 220.0
_ONE_RING = 14

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1d21;paint-order:stroke;stroke:#fff;"
    "stroke-width:3px;text-anchor:middle}"
    ".bond{stroke:#1f5f8b;stroke-width:1.6}"
    ".enmity{stroke:#b3261e;stroke-width:2.4;stroke-dasharray:7 5}"
    ".far{opacity:.4}.node{fill:#fff;stroke:#1b1d21;stroke-width:1.6}"
    ".centre{fill:#1b1d21}.sign{font-weight:700;font-size:15px}"
)

Point = tuple[float, float]


def ego_svg(ego: EgoNetwork, language: Language) -> str:
    """A drawing of one person or group with its neighbours; the same facts, the same bytes.

    Several ties of two are one line for the bonds and one for the enmities.
    """
    swedish = language is Language.SWEDISH
    places = _places(ego)
    signs = sorted({(min(t.a, t.b), max(t.a, t.b), t.enmity) for t in (*ego.own, *ego.among)})
    both = {(a, b) for a, b, enmity in signs if enmity} & {(a, b) for a, b, e in signs if not e}
    parts: list[str] = []
    for a, b, enmity in signs:
        bend = 0.0 if (a, b) not in both else 14.0 if enmity else -14.0
        far = ego.centre not in (a, b)
        parts += _line(places[a], places[b], enmity=enmity, far=far, bend=bend)
    for node, at in places.items():
        parts += _node(node, at, group=node in ego.groups, centre=node == ego.centre)
    bonds = sum(not enmity for _, _, enmity in signs)
    title = (
        f"{ego.centre}: {len(ego.neighbours)} grannar, {bonds} band, {len(signs) - bonds} fiendskap"
        if swedish
        else f"{ego.centre}: {len(ego.neighbours)} neighbours, {bonds} bonds, "
        f"{len(signs) - bonds} enmities"
    )
    if ego.left_out:
        title += f"; {ego.left_out} " + ("visas inte" if swedish else "not shown")
    legend = (
        "heldragen + band   streckad × fiendskap   ○ person   □ grupp"
        if swedish
        else "solid + bond   broken × enmity   ○ person   □ group"
    )
    return _document(title, legend, parts)


def _document(title: str, legend: str, parts: Iterable[str]) -> str:
    told = escape(printable(title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE + 40}" '
        f'width="{SIZE}" height="{SIZE + 40}" role="img" aria-label="{told}">'
        f"<title>{told}</title><style>{_STYLE}</style>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}'
        f'<text x="{_MIDDLE:.0f}" y="{SIZE + 22}">{escape(legend)}</text></svg>\n'
    )


def _places(ego: EgoNetwork) -> dict[str, Point]:
    """The centre in the middle, neighbours around it, on two rings where they are many."""
    places: dict[str, Point] = {ego.centre: (_MIDDLE, _MIDDLE)}
    around = sorted(ego.neighbours)
    for number, node in enumerate(around):
        angle = 2 * pi * number / len(around) - pi / 2
        inner = len(around) > _ONE_RING and number % 2
        radius = _INNER if inner else _RADIUS
        places[node] = (_MIDDLE + radius * cos(angle), _MIDDLE + radius * sin(angle))
    return places


def _line(a: Point, b: Point, *, enmity: bool, far: bool, bend: float) -> list[str]:
    length = max(1.0, ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)
    side = (-(b[1] - a[1]) / length * bend, (b[0] - a[0]) / length * bend)
    middle = ((a[0] + b[0]) / 2 + side[0], (a[1] + b[1]) / 2 + side[1])
    kind = ("enmity" if enmity else "bond") + (" far" if far else "")
    path = (
        f'<path class="{kind}" fill="none" d="M{a[0]:.1f},{a[1]:.1f}'
        f'Q{middle[0] + side[0]:.1f},{middle[1] + side[1]:.1f} {b[0]:.1f},{b[1]:.1f}"/>'
    )
    sign = (
        f'<text class="sign" x="{middle[0]:.1f}" y="{middle[1] + 5:.1f}">'
        f"{'×' if enmity else '+'}</text>"
    )
    return [path, sign]


def _node(node: str, at: Point, *, group: bool, centre: bool) -> list[str]:
    x, y = at
    kind = "node centre" if centre else "node"
    shape = (
        f'<rect class="{kind}" x="{x - 8:.1f}" y="{y - 8:.1f}" width="16" height="16"/>'
        if group
        else f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
    )
    return [shape, f'<text x="{x:.1f}" y="{y + 24:.1f}">{escape(printable(node))}</text>']
