#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_page.py WRITE_SAMPLE COUNT [KEEP_DIR]: the report in a real Chromium, and on paper.

Needs chromium and poppler-utils (pdfinfo, pdftotext); anything missing is a failure. A copy of each page gets a
measuring script, without the page's own policy that forbids scripts, and stands in a frame as wide as the screen to be
tried; what it measures comes back through the DOM. All frames of a colour scheme share one browser, whose start costs
more than what it does. COUNT is the number of findings of the longest page. KEEP_DIR keeps pages, pictures and the PDF.
"""
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
# Pages, and the width of the screen.
LIGHT = [(name, 390) for name in ("sample", "pass", "inconclusive", "infrastructure", "empty", "hostile", "notutf8",
                                  "long", "many", "trace")] + [("sample", 1280)]
DARK = [("sample", 390)] + [(name, 1280) for name in ("sample", "pass", "inconclusive", "infrastructure", "trace")]

# Contrast as WCAG 2.1 defines it, of each text against the nearest background that is not transparent.
MEASURE = """
<script>
window.addEventListener('load', () => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(
      v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = node => { for (; node; node = node.parentElement) {
      const c = rgb(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  const ratio = node => { const style = getComputedStyle(node);
    const a = light(rgb(node.ownerSVGElement ? style.fill : style.color)), b = light(ground(node));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
  let worst = 99, where = '';
  for (const node of document.querySelectorAll('.badge, .word, .meaning, .reasons li, dt, dd, th, td, caption, ' +
      'p, h1, h2, h3, h4, h5, a, li, code, .stack span, svg text')) {
    const r = ratio(node); if (r < worst) { worst = r; where = node.outerHTML.slice(0, 120); } }
  const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => +h.tagName[1]);
  const ids = [...document.querySelectorAll('[id]')].map(n => n.id);
  parent.postMessage({
    overflow: document.documentElement.scrollWidth - innerWidth,
    contrast: worst, where, dark: matchMedia('(prefers-color-scheme: dark)').matches,
    paper: getComputedStyle(document.body).backgroundColor, scripts: document.scripts.length,
    requests: performance.getEntriesByType('resource').length, title: document.title,
    lang: document.documentElement.lang, h1: levels.filter(l => l === 1).length,
    skips: levels.filter((l, i) => i && l > levels[i - 1] + 1).length,
    scopes: document.querySelectorAll('th:not([scope])').length,
    dead: [...document.querySelectorAll('a[href^="#"]')].filter(
        a => !document.getElementById(a.getAttribute('href').slice(1))).length,
    twins: document.title.includes('&lt;') ? 0 : ids.length - new Set(ids).size,
    chapters: [...document.querySelectorAll('section.chapter')].map(s => [s.id, s.querySelectorAll('table').length]),
    note: (document.querySelector('#comply p.note') || {textContent: ''}).textContent,
    shares: [...['whole', 'bar']].map(c => document.querySelectorAll('#functions svg.plot rect.' + c).length),
    plots: document.querySelectorAll('svg.plot[role=img] > title + desc').length,
    images: document.querySelectorAll('img, iframe, object, link, script[src]').length}, '*');
});
</script>
"""
# Frames lie one above the other, so that none is out of sight and left for later.
FRAMES = """<!DOCTYPE html><body style="margin:0"><pre id="out"></pre>
<script>
const seen = {};
addEventListener('message', event => {
  seen[[...document.querySelectorAll('iframe')].findIndex(frame => frame.contentWindow === event.source)] = event.data;
  document.getElementById('out').textContent = JSON.stringify(seen);
});
</script>
"""
FRAME = '<iframe src="{page}" style="border:0;position:absolute;top:0;left:0;width:{width}px;height:900px"></iframe>\n'


def chromium(folder, *arguments):
    with tempfile.TemporaryDirectory(dir=folder) as profile:
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--enable-logging=stderr", "--user-data-dir=" + profile, *arguments],
            check=True, capture_output=True, timeout=300)
    said = done.stderr.decode("utf-8", "replace")
    console = [line for line in said.splitlines() if ":CONSOLE" in line]
    assert not console, console[:5]
    return done.stdout.decode("utf-8", "replace")


def measure(folder, screens, dark):
    """What each of these pages says of itself, in the order of `screens`."""
    frames = FRAMES
    for name, width in screens:
        page = (folder / (name + ".html")).read_text(encoding="utf-8")
        assert page.count(POLICY) == 1, name + ": the page's policy against scripts and foreign content is missing"
        measured = f"measured-{name}.html"
        (folder / measured).write_text(page.replace(POLICY, "").replace("</body>", MEASURE + "</body>"),
                                       encoding="utf-8")
        frames += FRAME.format(page=measured, width=width)
    (folder / "frames.html").write_text(frames, encoding="utf-8")
    dom = chromium(folder, scheme(dark), "--window-size=1400,1000", "--virtual-time-budget=4000", "--dump-dom",
                   (folder / "frames.html").as_uri())
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.S)
    assert found and found.group(1), "no page answered"
    seen = json.loads(html.unescape(found.group(1)))
    silent = [screen for number, screen in enumerate(screens) if str(number) not in seen]
    assert not silent and len(seen) == len(screens), f"pages that did not answer: {silent}"
    return [seen[str(number)] for number in range(len(screens))]


def scheme(dark):
    return f"--blink-settings=preferredColorScheme={0 if dark else 1}"


def check_screen(seen, name, width, dark):
    where = f"{name} at {width} px, {'dark' if dark else 'light'}: {seen}"
    assert seen["overflow"] <= 0, "scrolls sideways: " + where
    assert seen["contrast"] >= 4.5, "too faint: " + where
    assert seen["dark"] == dark, "scheme: " + where
    assert (seen["paper"] == "rgb(255, 255, 255)") != dark, "paper: " + where
    assert seen["scripts"] == 1, "a script of its own: " + where
    assert seen["requests"] == 0 and seen["images"] == 0, "loads something: " + where
    assert seen["lang"] == "en" and seen["h1"] == 1 and seen["skips"] == 0, "headings: " + where
    assert seen["scopes"] == 0, "table heads without scope: " + where
    assert seen["dead"] == 0, "links to nowhere: " + where
    if name == "sample":
        assert seen["plots"] == 4 * 3 + 2, "plots: " + where
        assert seen["shares"] == [12, 12], "bars of blocks: " + where
        assert seen["twins"] == 0, "ids twice: " + where
        assert seen["title"].startswith("FAIL: Infusion pump"), where
        last = dict(seen["chapters"][-4:])
        assert list(last) == ["trace", "comply", "metrics", "signatures"], where
        assert last["trace"] >= 3 and last["comply"] == 3 and last["metrics"] >= 2, "tables of chapters: " + where
        assert "signed records" in seen["note"] and "--store FOLDER" in seen["note"], where
    if name == "pass":
        assert ["comply", 0] in seen["chapters"] and "no validation files" in seen["note"], where
    if name == "trace":
        assert seen["title"] == "Traceability: 1 gap in 3000 items" and seen["twins"] == 0, where
    if name == "hostile":
        assert seen["title"].endswith("reversed") or "owned'" in seen["title"], where
    if name == "many":
        assert seen["twins"] == 0, "ids twice: " + where


def check_paper(folder, name, wanted):
    pdf = folder / (name + ".pdf")
    chromium(folder, "--no-pdf-header-footer", "--print-to-pdf=" + str(pdf), (folder / (name + ".html")).as_uri())
    info = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True).stdout
    pages = int(re.search(r"^Pages:\s+(\d+)", info, re.M).group(1))
    assert pages >= 5, info
    text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    # A line that ends in a hyphen loses it.
    flat = re.sub(r"[\s-]+", "", text)
    missing = [word for word in wanted if re.sub(r"[\s-]+", "", word) not in flat]
    assert not missing, f"not on paper: {missing[:5]}"
    for sheet in text.split("\f")[:pages]:
        assert "6f1c2d84-0b57-4a39-9c1e-52d7f0a8b3e1" in sheet, "a sheet without the package's id"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else name).resolve()
        folder.mkdir(exist_ok=True)
        subprocess.run([sys.argv[1], str(folder), "pages", sys.argv[2]], check=True)
        for screens, dark in ((LIGHT, False), (DARK, True)):
            for screen, seen in zip(screens, measure(folder, screens, dark)):
                check_screen(seen, *screen, dark)
        record = json.loads((folder / "sample.sarif").read_text(encoding="utf-8"))
        results = [r for r in record["runs"][0]["results"] if "partialFingerprints" in r]
        wanted = ["FAIL", "What was not tested", "Reviewed by", "finding-without-disposition", "FDA-DISP",
                  "From identification to the patch", "indirect targets may be missing",
                  "10 more functions are left out",
                  "18 more steps are left out", "C-STORE-RSP a700", "<script>alert(1)</script>"]
        for result in results:
            finding = result["properties"]["findingId"]
            wanted += [finding, "--finding " + finding, result["partialFingerprints"]["percussStrictKey/v1"]]
        check_paper(folder, "sample", wanted)
        # The first and the last of the 200 with details: the last is folded on the screen, and whole on paper.
        check_paper(folder, "many", ["--finding F-000000000003", "--finding F-000000000574"])
        for dark in (False, True):
            chromium(folder, scheme(dark), "--window-size=1280,2400",
                     "--screenshot=" + str(folder / f"sample-1280-{'dark' if dark else 'light'}.png"),
                     (folder / "sample.html").as_uri())
    print("the page is sound on screens and on paper")


if __name__ == "__main__":
    main()
