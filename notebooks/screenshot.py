"""Runs a notebook in a JupyterLab, as a person would, and keeps pictures of it:

    screenshot.py URL NOTEBOOK OUT [--as-it-is] [--interrupt-after SECONDS] [--browser PROGRAM]

URL is what ./retort notebook prints, its token included; NOTEBOOK lies in JupyterLab's folder. A copy of it, without outputs,
is run from its first cell to its last, below target/screenshot; what it looks like before, while it runs and afterwards, page by
page, is written to the folder OUT, and a report to standard output: what each cell shows, and what changed while it ran. The exit
status is 1 where a cell failed or the page reported an error.

With --as-it-is nothing is run: the pictures show what a reader finds. With --interrupt-after the stop button is pressed that many seconds after the start, the time until the notebook is idle is
measured, and all cells are run again to the end.

A tool for development: it needs Chromium (Debian: apt install chromium) and a Python with requirements-screenshot.txt.
"""

import argparse
import json
import pathlib
import shutil
import sys
import time
import urllib.parse
import urllib.request

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COPIES = "target/screenshot"
SIZE = {"width": 1280, "height": 900}
START_SECONDS = 120
RUN_SECONDS = 1800
INDICATOR = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator"
PAGES = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"

# The running cell comes into view; what its progress shows is given back.
LOOK = """() => {
    const running = [...document.querySelectorAll('.jp-CodeCell')]
        .find(cell => cell.querySelector('.jp-InputPrompt')?.textContent.includes('*'));
    if (!running) {
        return null;
    }
    const outputs = running.querySelector('.jp-Cell-outputArea');
    (outputs ?? running).scrollIntoView({block: 'center'});
    return {
        displays: running.querySelectorAll('.jp-OutputArea-child').length,
        bars: [...running.querySelectorAll('progress')].map(bar => bar.closest('tr').innerText.replace(/\\s+/g, ' ').trim()),
    };
}"""

FACTS = """() => ({
    tables: [...document.querySelectorAll('.jp-RenderedHTMLCommon table')].filter(t => !t.querySelector('progress')).length,
    progress: document.querySelectorAll('.jp-OutputArea progress').length,
    pictures: [...document.querySelectorAll('.jp-RenderedSVG svg, .jp-RenderedSVG img')]
        .map(p => Math.round(p.getBoundingClientRect().width) + 'x' + Math.round(p.getBoundingClientRect().height)),
    sideways: [...document.querySelectorAll('.jp-OutputArea-output')].filter(o => o.scrollWidth > o.clientWidth + 1).length,
})"""

# How far down the page is, how high it is, and how much of the last cell is still below it.
WHERE = """selector => {
    const page = document.querySelector(selector);
    const cells = page.querySelectorAll('.jp-Cell');
    const bottom = cells[cells.length - 1].getBoundingClientRect().bottom;
    const left = Math.min(bottom - page.getBoundingClientRect().bottom, page.scrollHeight - page.clientHeight - page.scrollTop - 1);
    return [page.scrollTop, page.clientHeight, left];
}"""


class Jupyter:
    """The server's own interface to files."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.token = urllib.parse.parse_qs(parts.query).get("token", [""])[0]
        self.root = "%s://%s" % (parts.scheme, parts.netloc)

    def page(self, path):
        return "%s/lab/tree/%s?reset&token=%s" % (self.root, urllib.parse.quote(path), self.token)

    def contents(self, path, body=None):
        request = urllib.request.Request(
            "%s/api/contents/%s" % (self.root, urllib.parse.quote(path)),
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "token " + self.token, "Content-Type": "application/json"},
            method="GET" if body is None else "PUT",
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def copy(self, name):
        notebook = self.contents(name)["content"]
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[], execution_count=None)
        folder = ""
        for part in COPIES.split("/"):
            folder = (folder + "/" + part).strip("/")
            self.contents(folder, {"type": "directory"})
        path = COPIES + "/" + pathlib.PurePosixPath(name).name
        self.contents(path, {"type": "notebook", "format": "json", "content": notebook})
        return path


class Lab:
    """A page that shows one notebook."""

    def __init__(self, page, out):
        self.page = page
        self.out = out
        self.count = 0

    def shoot(self, what):
        self.count += 1
        self.page.screenshot(path=self.out / ("%02d-%s.png" % (self.count, what)))

    def status(self):
        return self.page.locator(INDICATOR).get_attribute("data-status")

    def wait_until_idle(self, seconds, each=lambda: None):
        """Gives when the notebook became idle; it must be so for a second, as it is between two cells for a moment."""
        end = time.monotonic() + seconds
        idle = None
        while time.monotonic() < end:
            if self.status() != "idle":
                idle = None
                each()
            elif idle is None:
                idle = time.monotonic()
            elif time.monotonic() - idle >= 1:
                return idle
            self.page.wait_for_timeout(20)
        raise TimeoutError("the notebook is not idle after %d seconds" % seconds)

    def open(self, url):
        self.page.goto(url)
        self.page.wait_for_selector(INDICATOR, timeout=START_SECONDS * 1000)
        kernel = self.page.locator(".jp-NotebookPanel-toolbar .jp-KernelName")
        self.page.locator("#jp-main-statusbar", has_text="| Idle").wait_for(timeout=START_SECONDS * 1000)
        self.wait_until_idle(START_SECONDS)
        return kernel.inner_text().strip()

    def run_all(self):
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
        self.page.wait_for_function(
            "selector => document.querySelector(selector).dataset.status !== 'idle'", arg=INDICATOR, timeout=30_000
        )

    def interrupt(self):
        self.page.locator(".jp-NotebookPanel-toolbar [data-command='notebook:interrupt-kernel']").click()

    def save(self):
        self.page.keyboard.press("Control+s")
        self.page.wait_for_timeout(2000)

    def scroll(self, top):
        self.page.evaluate("([s, y]) => { document.querySelector(s).scrollTop = y; }", [PAGES, top])
        self.page.wait_for_timeout(500)
        return self.page.evaluate(WHERE, PAGES)

    def shoot_pages(self, what):
        """The whole notebook, page by page; gives what is in it."""
        top = 0
        while True:
            at, height, left = self.scroll(top)
            self.shoot(what)
            # JupyterLab lets a person scroll past the last cell.
            if left <= 0:
                return self.page.evaluate(FACTS)
            top = at + int(height * 0.9)


class Watch:
    """Looks at the running cell as time goes by, and keeps a picture of every bar's beginning."""

    def __init__(self, lab):
        self.lab = lab
        self.looks = []
        self.pictured = set()
        self.last = 0.0

    def __call__(self):
        if time.monotonic() - self.last < 0.25:
            return
        self.last = time.monotonic()
        look = self.lab.page.evaluate(LOOK)
        if look is None:
            page = self.lab.page.evaluate("s => document.querySelector(s).scrollTop", PAGES)
            self.lab.page.evaluate("([s, y]) => { document.querySelector(s).scrollTop = y; }", [PAGES, page + 300])
        elif look["bars"] and look not in self.looks:
            self.looks.append(look)
            bar = look["bars"][-1].split(" ")[0]
            if bar not in self.pictured and "s left" in look["bars"][-1]:
                self.pictured.add(bar)
                self.lab.shoot("running")


def shown(notebook):
    rows = []
    for number, cell in enumerate((c for c in notebook["cells"] if c["cell_type"] == "code"), 1):
        outputs = []
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                outputs.append("error: %s: %s" % (output["ename"], output["evalue"]))
            elif output["output_type"] == "stream":
                outputs.append("%s: %s" % (output["name"], "".join(output["text"])[:200]))
            else:
                outputs.append("%s: %s" % (output["output_type"], ", ".join(sorted(output["data"]))))
        rows.append({"cell": number, "count": cell["execution_count"], "outputs": outputs})
    return rows


def run(lab, jupyter, path, interrupt_after):
    """Runs all cells, once more from the first after an interruption; gives what was seen on the way."""
    page = lab.page
    report = {}
    if interrupt_after is not None:
        lab.run_all()
        watch = Watch(lab)
        end = time.monotonic() + interrupt_after
        while time.monotonic() < end:
            watch()
            page.wait_for_timeout(20)
        pressed = time.monotonic()
        lab.interrupt()
        report["idle after the stop button (s)"] = round(lab.wait_until_idle(60) - pressed, 2)
        report["progress before the stop"] = watch.looks[-1:]
        lab.shoot("interrupted")
        lab.save()
        report["interrupted"] = shown(jupyter.contents(path)["content"])
    start = time.monotonic()
    lab.run_all()
    watch = Watch(lab)
    report["seconds"] = round(lab.wait_until_idle(RUN_SECONDS, watch) - start, 1)
    report["progress"] = {
        "looks": len(watch.looks),
        "most displays in one cell": max([look["displays"] for look in watch.looks], default=0),
        "first": watch.looks[:2],
        "last": watch.looks[-1:],
    }
    lab.save()
    return report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("notebook")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--as-it-is", action="store_true")
    parser.add_argument("--interrupt-after", type=float)
    parser.add_argument("--browser", default=shutil.which("chromium"))
    given = parser.parse_args()
    if not given.browser:
        sys.exit("screenshot: no chromium on PATH: install it, or name a browser with --browser")
    given.out.mkdir(parents=True, exist_ok=True)
    jupyter = Jupyter(given.url)
    path = given.notebook if given.as_it_is else jupyter.copy(given.notebook)
    report = {"notebook": given.notebook, "page errors": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.on("pageerror", lambda error: report["page errors"].append(str(error)))
        page.on("console", lambda message: report["page errors"].append(message.text) if message.type == "error" else None)
        lab = Lab(page, given.out)
        report["kernel"] = lab.open(jupyter.page(path))
        report["dialogs"] = page.locator(".jp-Dialog").all_inner_texts()
        lab.shoot("opened")
        if not given.as_it_is:
            report.update(run(lab, jupyter, path, given.interrupt_after))
        report["shown"] = lab.shoot_pages("page")
        browser.close()
    report["cells"] = shown(jupyter.contents(path)["content"])
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
    print()
    failed = any(text.startswith("error: ") for row in report["cells"] for text in row["outputs"])
    return 1 if failed or report["page errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
