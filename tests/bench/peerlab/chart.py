"""Bar charts as SVG: every bar with its value, readable in print and by screen readers."""
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 230, 90, 16, 4, 44
OURS, OTHERS, INK = "#14532d", "#8aa0b4", "#111111"


def amount(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def rows(groups):
    """(y, label, value, ours) for each bar; groups are (heading, [(label, value, ours)])."""
    y, placed = TOP, []
    for heading, bars in groups:
        if heading:
            y += 8
            placed.append((y, heading, None, False))
            y += BAR + GAP
        for label, value, ours in bars:
            placed.append((y, label, value, ours))
            y += BAR + GAP
    return placed, y + 12


def bar(y, label, value, ours, largest):
    if value is None:
        return f'<text x="8" y="{y + 12}" font-weight="bold">{escape(label)}</text>'
    length = max((WIDTH - LEFT - RIGHT) * value / largest, 1) if largest else 1
    weight = ' font-weight="bold"' if ours else ""
    return (f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end"{weight}>{escape(label)}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{OURS if ours else OTHERS}"/>'
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 12}"{weight}>{amount(value)}</text>')


def bars(title, unit, groups):
    """The text of an SVG file."""
    placed, height = rows(groups)
    values = [value for _, _, value, _ in placed if value is not None]
    told = "; ".join(f"{label} {amount(value)}" if value is not None else f"{label}:" for _, label, value, _ in placed)
    body = "\n".join(bar(*row, max(values, default=0)) for row in placed)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="12" fill="{INK}">\n'
            f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(f"{unit}. {told}")}</desc>\n'
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
            f'<text x="8" y="20" font-size="15" font-weight="bold">{escape(title)}</text>\n'
            f'<text x="8" y="36">{escape(unit)}</text>\n{body}\n</svg>\n')
