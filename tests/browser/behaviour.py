#!/usr/bin/python3
"""behaviour.py - a report as Chromium shows it: behaviour.py CASE FILE. Prints what is wrong; exit 1: something is.

The cases are the functions below whose names begin with case_.
"""
import sys

import page
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def case_quiet(path):
    """Nothing on the console and nothing asked for but the page itself, on every screen, also when it is used."""
    for width, scheme in SCREENS:
        with page.browser(width, scheme=scheme) as driver:
            page.open_file(driver, path)
            for button in driver.find_elements(By.CSS_SELECTOR, "th button")[:5]:
                driver.execute_script("arguments[0].click()", button)
            asked = page.requests(driver)
            yield from page.console(driver)
            if len(asked) != 1 or not asked[0][0].startswith("file:"):
                yield f"{width} {scheme}: asked for {asked}"


def case_policy(path):
    """What might have got into the page does not run and does not load."""
    with page.browser() as driver:
        page.open_file(driver, path)
        driver.execute_script("""
            window.ran = false;
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "http://192.0.2.1/x.png";
            image.setAttribute("onerror", "window.ran = true");
            document.body.append(image);
            document.body.insertAdjacentHTML("beforeend", "<p style='background: url(http://192.0.2.1/y.png)'>x</p>");
            """)
        driver.execute_async_script("setTimeout(arguments[0], 300)")
        if driver.execute_script("return window.ran"):
            yield "a script that is not ours ran"
        asked = [(url, why) for url, why in page.requests(driver) if "192.0.2.1" in url]
        yield from (f"{url} was asked for, blocked: {why}" for url, why in asked if why != "csp")


def case_width(path):
    """No screen scrolls sideways; what is wide scrolls within itself, and can be reached by keyboard."""
    for width in (320, 390, 768, 1280, 1920):
        with page.browser(width) as driver:
            page.open_file(driver, path)
            driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            whole, seen = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
            if whole > seen:
                yield f"{width}: the page is {whole} wide"
            outside = driver.execute_script("""
                return [...document.querySelectorAll("main *, header *")].filter((e) => {
                    const box = e.getBoundingClientRect();
                    return box.width && box.right > innerWidth + 1 && !e.closest(".scroll, pre");
                }).map((e) => e.outerHTML.slice(0, 80))""")
            yield from (f"{width}: beyond the edge: {e}" for e in outside)
            long_lines = driver.execute_script("""
                const characters = (e) => {
                    const zero = document.createElement("span");
                    zero.textContent = "0";
                    e.append(zero);
                    const width = zero.getBoundingClientRect().width;
                    zero.remove();
                    return e.getBoundingClientRect().width / width;
                };
                return [...document.querySelectorAll("main p, main li > span:last-child, main dd, figcaption")]
                    .filter((e) => characters(e) > 76).map((e) => e.outerHTML.slice(0, 80))""")
            yield from (f"{width}: lines too long to read: {e}" for e in long_lines)


def column(driver, table, index):
    return driver.execute_script("""
        const rows = [...document.querySelector(`#${arguments[0]}`).closest("table").tBodies[0].rows];
        return rows.map((row) => row.cells[arguments[1]].title || row.cells[arguments[1]].textContent)""", table, index)


def case_sorting(path):
    """By mouse and by keyboard: up, down, as it was; numbers by size, what has no value last."""
    with page.browser() as driver:
        page.open_file(driver, path)
        heads = driver.find_elements(By.XPATH, "//caption[@id='summary']/../thead//th")
        titles = [head.text for head in heads]
        for title in ("mean", "sd", "experiment"):
            i = titles.index(title)
            given = column(driver, "summary", i)

            def key(text):
                return float(text) if title != "experiment" else text

            known = sorted((t for t in given if t != "nan"), key=key)
            unknown = [t for t in given if t == "nan"]
            button = heads[i].find_element(By.TAG_NAME, "button")
            press = [button.click, lambda b=button: b.send_keys(Keys.ENTER), lambda b=button: b.send_keys(Keys.SPACE)]
            expected = [("ascending", known + unknown), ("descending", known[::-1] + unknown), ("none", given)]
            for act, (order, values) in zip(press, expected):
                act()
                if column(driver, "summary", i) != values:
                    yield f"{title} {order}: {column(driver, 'summary', i)}"
                if heads[i].get_attribute("aria-sort") != order:
                    yield f"{title}: aria-sort is {heads[i].get_attribute('aria-sort')}, not {order}"
                others = {h.get_attribute("aria-sort") for h in heads if h != heads[i]}
                if others != {"none"}:
                    yield f"{title}: other columns say {others}"


def case_hover(path):
    """Every number of a table has its exact value in its title, and the cell is what the pointer meets."""
    with page.browser() as driver:
        page.open_file(driver, path)
        rows = driver.execute_script("""
            return [...document.querySelectorAll("tbody td[title]")].map((c) => [c.title, c.textContent])""")
        for exact, shown in rows:
            plain = shown.replace(",", "").replace("-", "nan", 1) if shown == "-" else shown.replace(",", "")
            if plain.startswith(("<", ">")):
                fine = float(exact) < float(plain[1:]) if plain[0] == "<" else float(exact) > float(plain[1:])
            else:
                decimals = len(plain.partition(".")[2]) if "e" not in plain else 0
                slack = 0.51 * 10 ** -decimals if "e" not in plain else 0.01 * abs(float(exact))
                fine = exact == plain or abs(float(exact) - float(plain)) <= slack or (
                    exact == "nan" and plain == "nan")
            if not fine:
                yield f"shown {shown}, exactly {exact}"
        if len(rows) < 50:
            yield f"only {len(rows)} numbers"
        cell = driver.find_element(By.CSS_SELECTOR, "tbody td[title]:nth-child(4)")
        ActionChains(driver).move_to_element(cell).perform()
        if not driver.execute_script("return arguments[0].matches(':hover') && arguments[0].title", cell):
            yield "the pointer does not meet the cell"
        marks = driver.execute_script("return document.querySelectorAll('figure svg title').length")
        pictures = driver.execute_script("return document.querySelectorAll('figure svg').length")
        if pictures and marks <= pictures:
            yield "no picture says anything where a pointer hovers"


# Relative luminance and contrast as in WCAG 2.1; of each text its own colour against what is painted behind it.
CONTRAST = """
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const d = canvas.getImageData(0, 0, 1, 1).data;
        return [d[0], d[1], d[2], d[3] / 255];
    };
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => {
        const v = c[i] / 255;
        return sum + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    }, 0);
    const behind = (e) => {
        const layers = [];
        for (let at = e; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
    };
    const faults = [];
    for (const e of document.querySelectorAll("body *")) {
        const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!text || !e.getClientRects().length || e.closest("script, style, title, desc")) continue;
        const style = getComputedStyle(e), under = behind(e);
        const ink = rgba(e.closest("svg") ? style.fill : style.color);
        for (let at = e; at; at = at.parentElement) ink[3] *= getComputedStyle(at).opacity;
        const a = light(over(ink, under)), b = light(under);
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faults.push(`${contrast.toFixed(2)}: ${e.outerHTML.slice(0, 100)}`);
    }
    return faults;
"""


def case_contrast(path):
    """All text stands out by at least 4.5 to 1, in both schemes."""
    for scheme in ("light", "dark"):
        with page.browser(scheme=scheme) as driver:
            page.open_file(driver, path)
            driver.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            yield from (f"{scheme} {fault}" for fault in driver.execute_script(CONTRAST))
            paper = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            bright = sum(int(v) for v in paper[4:-1].split(",")) > 384
            if bright != (scheme == "light"):
                yield f"{scheme}: the page is {paper}"


def case_keyboard(path):
    """Tab leads first to the link that skips, which is then seen; every place it leads to shows that it is there."""
    with page.browser() as driver:
        page.open_file(driver, path)
        body = driver.find_element(By.TAG_NAME, "body")
        body.send_keys(Keys.TAB)
        first = driver.switch_to.active_element
        box = driver.execute_script("const b = arguments[0].getBoundingClientRect(); return [b.left, b.top]", first)
        if first.get_attribute("class") != "skip" or min(box) < 0:
            yield f"first comes {first.get_attribute('outerHTML')} at {box}"
        first.send_keys(Keys.ENTER)
        driver.execute_async_script("setTimeout(arguments[0], 100)")
        if driver.switch_to.active_element.get_attribute("id") != "main":
            yield "the link does not lead to the content"
        seen = set()
        for _ in range(60):
            ActionChains(driver).send_keys(Keys.TAB).perform()
            at = driver.switch_to.active_element
            seen.add(at.tag_name)
            outline = driver.execute_script(
                "const s = getComputedStyle(arguments[0]); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth)", at)
            if at.tag_name != "body" and not outline:
                yield f"not seen to have the focus: {at.get_attribute('outerHTML')[:80]}"
        if not {"button", "div"} | {e.tag_name for e in driver.find_elements(By.TAG_NAME, "summary")} <= seen:
            yield f"Tab leads to {sorted(seen)} alone"


def case_print(path):
    """On paper: black on white whatever the screen, all tables whole, nothing that only a screen can use."""
    with page.browser(scheme="dark") as driver:
        page.open_file(driver, path)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False})  # A4 within margins of a centimetre
        page.emulate(driver, "dark", media="print")
        paper, ink, nav = driver.execute_script("""
            const s = getComputedStyle(document.body);
            return [s.backgroundColor, s.color, getComputedStyle(document.querySelector("nav")).display]""")
        if (paper, ink, nav) != ("rgb(255, 255, 255)", "rgb(0, 0, 0)", "none"):
            yield f"paper {paper}, ink {ink}, nav {nav}"
        wide = driver.execute_script("""
            return [...document.querySelectorAll("table, svg, pre")]
                .filter((e) => e.getBoundingClientRect().right > innerWidth)
                .map((e) => (e.caption || e).textContent.trim().slice(0, 40))""")
        yield from (f"cut off on paper: {e}" for e in wide)


def case_no_script(path):
    """With scripts off all is there, and nothing that only a script can use."""
    with page.browser() as driver:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        page.open_file(driver, path)
        if driver.find_elements(By.TAG_NAME, "button"):
            yield "there are buttons"
        text = driver.find_element(By.TAG_NAME, "main").text
        yield from (f"no {word!r}" for word in ("Verdict", "Tables", "training noise", "repeats needed") if word not in text)


if __name__ == "__main__":
    faults = list(globals()["case_" + sys.argv[1]](sys.argv[2]))
    print("\n".join(faults))
    sys.exit(bool(faults))
