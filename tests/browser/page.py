"""page.py - a headless Chromium with one file open in it, by Selenium (Debian's python3-selenium and chromium-driver).

In: a file, a width, a colour scheme. Out: a driver, and what the browser said and asked for while the page was opened.
"""
import base64
import contextlib
import json
import pathlib

from selenium import webdriver
from selenium.webdriver.chrome.service import Service


@contextlib.contextmanager
def browser(width=1280, height=900, scheme="light", scale=1):
    """Chromium with a viewport that wide, as a phone's or a desktop's user would have it."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # --no-sandbox: as root Chromium does not start otherwise; it opens nothing but our own file
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    try:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})
        emulate(driver, scheme)
        yield driver
    finally:
        driver.quit()


def emulate(driver, scheme="light", media=""):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme},
                                     {"name": "prefers-reduced-motion", "value": "reduce"}]})


def open_file(driver, path):
    driver.get(pathlib.Path(path).resolve().as_uri())


def console(driver):
    """All that the page and the browser complained of."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver):
    """(address, why it was blocked or None) of everything that was asked for, the page itself included."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    blocked = {m["params"]["requestId"]: m["params"].get("blockedReason") for m in messages
               if m["method"] == "Network.loadingFailed"}
    return [(m["params"]["request"]["url"], blocked.get(m["params"]["requestId"])) for m in messages
            if m["method"] == "Network.requestWillBeSent"]


def screenshot(driver, path, whole=False):
    options = {"format": "png", "captureBeyondViewport": whole}
    if whole:
        width, height = driver.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
        options["clip"] = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    data = driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    pathlib.Path(path).write_bytes(base64.b64decode(data))
