#!/usr/bin/python3
"""structure.py - what can be told of a report from its text alone: structure.py FILE...

Headings in order, tables with captions and scopes, everything labelled that must be, nothing that loads, one script and
the policy that allows it. Prints a line a fault; exit 1: there was one.
"""
import base64
import hashlib
import html.parser
import re
import sys

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}
LOADING = {"src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "xlink:href"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.open, self.ids, self.refs = [], [], [], []
        self.headings, self.scripts, self.policy, self.landmarks = [], [], None, []
        self.tables, self.svgs, self.links = [], [], []
        self.feed(text)
        self.close()
        for tag, _ in self.open:
            self.fault(f"<{tag}> is never closed")

    def fault(self, text):
        self.faults.append(f"line {self.getpos()[0]}: {text}")

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))
        self.start(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        self.start(tag, attributes)

    def start(self, tag, attributes):
        a = dict(attributes)
        if len(a) != len(attributes):
            self.fault(f"<{tag}> has an attribute twice")
        for name, value in attributes:
            if name in LOADING or name.startswith("on") or (value and "url(" in value and "url(#" not in value):
                self.fault(f"<{tag} {name}> loads or runs something")
        self.ids += [a["id"]] if "id" in a else []
        self.refs += a.get("aria-labelledby", "").split() + a.get("aria-describedby", "").split()
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("main", "header", "nav", "footer"):
            self.landmarks.append(tag)
        if tag == "a":
            self.links.append(a.get("href", ""))
        if tag in ("img", "iframe", "object", "embed", "base", "link", "form", "audio", "video", "foreignobject"):
            self.fault(f"<{tag}> has no place here")
        if tag == "nav" and not a.get("aria-label"):
            self.fault("<nav> has no label")
        if tag == "meta" and a.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = a["content"]
        if tag == "script":
            self.scripts.append("")
        if tag == "table":
            self.tables.append({"caption": False, "columns": 0, "body": False})
        if tag == "caption":
            self.tables[-1]["caption"] = True
        if tag == "th" and a.get("scope") not in ("col", "row"):
            self.fault("<th> has no scope")
        if tag == "svg":
            self.svgs.append(a)
            if a.get("role") != "img" or not (a.get("aria-labelledby") or a.get("aria-label")):
                self.fault("<svg> is no labelled image")
        if tag in ("figure", "section") and not a.get("aria-labelledby"):
            self.fault(f"<{tag}> has no label")
        if a.get("role") == "region" and not (a.get("aria-labelledby") or a.get("aria-label")):
            self.fault("a region has no label")
        if "scroll" in a.get("class", "").split() and a.get("tabindex") != "0":
            self.fault("what scrolls cannot be reached by keyboard")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.fault(f"</{tag}> closes <{self.open[-1][0] if self.open else ''}>")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1][0] == "script":
            self.scripts[-1] += data


def check(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    page = Page(text)
    faults = page.faults
    faults += [] if text.startswith("<!DOCTYPE html>\n<html lang=\"en\">") else ["no doctype, or no language"]
    faults += [] if page.headings.count(1) == 1 and page.headings[0] == 1 else ["not one h1, before all else"]
    faults += [f"h{b} after h{a}" for a, b in zip(page.headings, page.headings[1:]) if b > a + 1]
    faults += [f"id {i} is there twice" for i in set(page.ids) if page.ids.count(i) > 1]
    faults += [f"{r} names no id" for r in page.refs if r not in page.ids]
    faults += [f"a link leaves the page: {h}" for h in page.links if not h.startswith("#") or h[1:] not in page.ids]
    faults += [f"{m} is there {page.landmarks.count(m)} times" for m in ("main", "header", "nav", "footer")
               if page.landmarks.count(m) != 1]
    faults += ["a table without a caption"] * sum(not t["caption"] for t in page.tables)
    faults += [] if page.tables else ["no table"]
    faults += [] if len(page.scripts) == 1 else [f"{len(page.scripts)} scripts"]
    digest = base64.b64encode(hashlib.sha256("".join(page.scripts[:1]).encode()).digest()).decode()
    expected = ("default-src 'none'; style-src 'unsafe-inline'; "
                f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
    faults += [] if page.policy == expected else [f"the policy is {page.policy}"]
    first = page.links[0] if page.links else ""
    faults += [] if first == "#main" else ["the first link does not skip to the content"]
    style = "".join(re.findall(r"<style>(.*?)</style>", text, re.S))
    faults += ["a style loads something"] if re.search(r"@import|url\(\s*['\"]?[^#'\")]|image-set|src\s*:", style) else []
    return faults


if __name__ == "__main__":
    found = [f"{path}: {fault}" for path in sys.argv[1:] for fault in check(path)]
    print("\n".join(found))
    sys.exit(bool(found))
