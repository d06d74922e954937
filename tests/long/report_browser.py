#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report of `modgate report --html` in headless Chromium and uses it as a reviewer would.

    report_browser.py MODGATE_ADMIN MAKE_LOG FOLDER

MAKE_LOG is the program review_events. Leaves the page and screenshots (dark, light, paper) in FOLDER.
Without Chromium it says so and exits 77. Talks to Chromium over its debugging pipe, without a network.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"


class Browser:
    """Chromium at one page."""

    def __init__(self, program: str, profile: str):
        to_read, self.to = os.pipe()
        self.fro, to_write = os.pipe()

        def take_pipes() -> None:
            # --remote-debugging-pipe reads descriptor 3 and writes descriptor 4.
            read, write = os.dup(to_read), os.dup(to_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--remote-debugging-pipe", f"--user-data-dir={profile}", "--window-size=1400,1000", "about:blank"]
        self.process = subprocess.Popen(words, preexec_fn=take_pipes, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def message(self) -> dict:
        while b"\0" not in self.buffer:
            got = os.read(self.fro, 1 << 16)
            if not got:
                raise RuntimeError("Chromium has gone")
            self.buffer += got
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method: str, **parameters) -> dict:
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def value(self, expression: str):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self) -> list:
        """What a console would show, and every request but that of the page itself."""
        found = []
        for event in self.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                found.append(json.dumps(parameters)[:300])
            if method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith("file://"):
                found.append("asked for " + parameters["request"]["url"])
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def make_page(admin: str, make_log: str, folder: Path) -> Path:
    log = folder / "log"
    shutil.rmtree(log, ignore_errors=True)
    subprocess.run([make_log, "3000", log], check=True)
    # A line of the log whose texts are markup. Its chain is of no matter here.
    segment = sorted(log.iterdir())[-1]
    event = json.loads(segment.read_text().splitlines()[-1])
    event["unmapped"]["modgate"].update(reason=HOSTILE, kind="refusal", outcome="denied")
    event["actor"]["user"]["name"] = HOSTILE
    event["message"] = HOSTILE
    with open(segment, "a", encoding="ascii") as file:
        file.write(json.dumps(event, separators=(",", ":")) + "\n")
    page = folder / "report.html"
    subprocess.run([admin, "report", "--no-index", "--from", log, "--html", page], check=True)
    return page


ROWS = "[...document.querySelectorAll('#records tbody tr')]"
PERSONS = "[...document.querySelectorAll('#persons tbody tr')]"
TYPE = "(text => {const box = document.getElementById('search'); box.value = text;" \
       " box.dispatchEvent(new Event('input'));})"


def use(browser: Browser, folder: Path) -> list:
    """What is wrong with the page."""
    wrong = []

    def expect(what: str, is_so: bool) -> None:
        print(("ok   " if is_so else "WRONG") + " " + what)
        if not is_so:
            wrong.append(what)

    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.picture(folder / f"report-{scheme}.png")
    background = "getComputedStyle(document.body).backgroundColor"
    expect("dark is dark", browser.value(background) == "rgb(18, 24, 31)")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    expect("light is light", browser.value(background) == "rgb(255, 255, 255)")

    expect("markup in the log is text", browser.value(f"{ROWS}[0].cells[7].textContent") == HOSTILE)
    expect("no script from the log has run", browser.value("document.title") == "Modgate: audit report")
    expect("no element from the log is there", browser.value("document.querySelectorAll('img').length") == 0)
    expect("there is a timeline", browser.value("document.querySelectorAll('svg rect').length") > 10)
    every = browser.value(f"{ROWS}.length")
    expect("the records are listed", every > 1000)

    browser.value(f"{TYPE}('denied mod_7')")
    shown = f"{ROWS}.filter(row => !row.hidden)"
    few = browser.value(f"{shown}.length")
    fit = browser.value(f"{shown}.every(row => /denied/.test(row.textContent) && /mod_7/.test(row.textContent))")
    expect("a search shows what has all its words, and no more", 0 < few < every and fit)
    expect("what is hidden is not seen", browser.value(
        f"{ROWS}.filter(row => row.hidden).every(row => getComputedStyle(row).display === 'none')"))
    browser.value(f"{TYPE}('')")
    expect("an empty search shows all", browser.value(f"{shown}.length") == every)

    requests = f"{PERSONS}.map(row => Number(row.cells[2].textContent))"
    press = "document.querySelectorAll('#persons th button')[2].click()"
    browser.value(press)
    up = browser.value(requests)
    browser.value(press)
    down = browser.value(requests)
    expect("a column sorts by number, both ways", up == sorted(up) and down == sorted(up, reverse=True) and
           up[0] < up[-1])
    browser.value("document.querySelectorAll('#persons th button')[0].click()")
    names = browser.value(f"{PERSONS}.map(row => row.cells[0].textContent)")
    expect("a column sorts by text", names == sorted(names))
    expect("the sorted column says so", browser.value(
        "document.querySelector('#persons th').getAttribute('aria-sort')") == "ascending")

    paper = browser.call("Page.printToPDF", printBackground=True)["data"]
    (folder / "report.pdf").write_bytes(base64.b64decode(paper))
    browser.call("Emulation.setEmulatedMedia", media="print")
    expect("on paper there is no search box", browser.value(
        "getComputedStyle(document.querySelector('.find')).display") == "none")
    expect(f"nothing is complained of, and nothing is fetched {browser.complaints()[:3]}", not browser.complaints())
    return wrong


def main() -> int:
    program = shutil.which("chromium")
    if not program:
        print("SKIPPED: the report is not opened in a browser: install the package chromium")
        return 77
    folder = Path(sys.argv[3]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    page = make_page(sys.argv[1], sys.argv[2], folder)
    with tempfile.TemporaryDirectory(prefix="modgate-browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            browser.open(page.as_uri())
            wrong = use(browser, folder)
        finally:
            browser.close()
    print(f"{len(wrong)} wrong; screenshots in {folder}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
