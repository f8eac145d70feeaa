"""mutants.py - the small faults that can be planted in a C source: every one of them, in a fixed order.

In: the text of a source laid out by clang-format, which puts spaces around binary operators and none after unary ones;
that is what tells `a * b` from `*b`. Out: Mutants. Knows nothing of building or testing.

Left alone: comments, strings, preprocessor lines other than the bodies of #define, attributes, and what stands in
assert(): that is the code's own claim, which no test may trip.
"""

import re
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
        | ^\#define[ ]+\w+(?:\([^)]*\))? | ^\#(?:\\\n|[^\n])* | __attribute__\s*\(\( .*? \)\) | _Pragma\("[^"]*"\))
      | (?P<float>(?:0x[\da-f]+(?:\.[\da-f]*)?p[+-]?\d+ | \d+\.\d*(?:e[+-]?\d+)? | \d+e[+-]?\d+)f?)
      | (?P<int>(?:0x[\da-f]+|\d+)[ul]*)
      | (?P<name>[a-z_]\w*)
      | (?P<op>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|[-+*/%&|^<>=!~?:;,.(){}\[\]])""",
    re.X | re.S | re.M | re.I,
)

BINARY = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "&&": ["||"], "||": ["&&"],
    "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-=", "="], "-=": ["+=", "="], "*=": ["/=", "="], "/=": ["*=", "="],
}  # fmt: skip
STEP = {"++": "--", "--": "++"}
NAME = {"true": "false", "false": "true", "fmin": "fmax", "fmax": "fmin", "floor": "ceil", "ceil": "floor"}
KIND = {
    **dict.fromkeys("< <= > >= == !=".split(), "relational"),
    **dict.fromkeys("&& || & | << >>".split(), "logical"),
}
KEYWORDS = set("return if else for while do switch case default break continue goto sizeof typedef static const "
               "struct union enum extern void int long double float bool size_t unsigned char".split())  # fmt: skip
CONTROLS = {"EACH_LANE", "EACH_HALF_LANE", "else", "do"}  # a statement may follow at once

# whose arguments may change places: strcmp, too, as it is asked here, == 0
SYMMETRIC = re.compile(r"fmin|fmax|strcmp|dot|(\w+_)?same_\w+|\w+_equal")


class Mutant(NamedTuple):
    file: str
    line: int  # from 1
    function: str  # that it stands in; "" outside of all
    kind: str
    before: str  # the line's text without indentation
    after: str  # that line once changed
    text: str  # the whole source once changed


class Token(NamedTuple):
    kind: str
    text: str
    begin: int
    end: int


def tokens_of(source):
    tokens = [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(source)]
    kept, i = [], 0
    while i < len(tokens):
        if tokens[i].text == "assert":
            i = closing(tokens, i + 1) + 1
        elif tokens[i].kind == "skip":
            if tokens[i].text.startswith("#define"):  # what came before has ended there
                kept.append(Token("op", ";", tokens[i].end, tokens[i].end))
            elif tokens[i].text[0] in "\"'":
                kept.append(tokens[i]._replace(kind="literal"))
            i += 1
        else:
            kept.append(tokens[i])
            i += 1
    return kept


def closing(tokens, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(tokens)):
        depth += tokens[j].text in "([{" and tokens[j].kind == "op"
        depth -= tokens[j].text in ")]}" and tokens[j].kind == "op"
        if depth == 0:
            return j
    return len(tokens) - 1


def end_of_expression(tokens, i, stops):
    """The index of the first of stops at i or later that no bracket holds."""
    while i < len(tokens):
        if tokens[i].text in "([{" and tokens[i].kind == "op":
            i = closing(tokens, i)
        elif tokens[i].text in stops or tokens[i].text in (")", "]", "}"):
            return i
        i += 1
    return len(tokens) - 1


def changed_operators(source, tokens):
    for i, t in enumerate(tokens):
        spaced = source[t.begin - 1].isspace() and source[t.end : t.end + 1].isspace()
        if t.kind == "op" and t.text in BINARY and spaced:
            for other in BINARY[t.text]:
                yield t.begin, t.end, other, KIND.get(t.text, "arithmetic")
        elif t.text in STEP:
            yield t.begin, t.end, STEP[t.text], "arithmetic"
        elif t.text == "!":
            yield t.begin, t.end, "", "logical"
        elif t.text == "-" and not spaced:
            yield t.begin, t.end, "", "sign"
        elif t.kind == "name" and t.text in NAME:
            yield t.begin, t.end, NAME[t.text], "true/false" if t.text in ("true", "false") else "min/max"
        elif t.text == "INFINITY" and tokens[i - 1].text != "-":
            yield t.begin, t.end, "-INFINITY", "sign"


def changed_constants(tokens):
    for t in tokens:
        if t.kind == "float":
            suffix = "f" if t.text.endswith("f") and ("p" in t.text or not t.text.startswith("0x")) else ""
            yield t.begin, t.end, f"(1.01{suffix} * {t.text})", "constant"
            yield t.begin, t.end, f"(2 * {t.text})", "constant"
            yield t.begin, t.end, f"(-{t.text})", "sign"
        elif t.kind == "int":
            digits = t.text.rstrip("ulUL")
            value, suffix = int(digits, 0 if digits.startswith("0x") else 10), t.text[len(digits) :]
            small = value < 1000 or digits.startswith("0x")
            for other in (value - 1, value + 1) if small else (value // 2, value * 2):
                text = f"{other:#x}" if digits.startswith("0x") else str(other)
                yield t.begin, t.end, text + suffix, "constant"


def changed_signs(source, tokens):
    """return e; and = e; with -(e)."""
    for i, t in enumerate(tokens[:-1]):
        if t.text in ("return", "=") and tokens[i + 1].text not in (";", "{"):
            end = end_of_expression(tokens, i + 1, (";", ","))
            begin, stop = tokens[i + 1].begin, tokens[end].begin
            number = re.fullmatch(r"-?([\d.]\S*|INFINITY|NAN|true|false)", source[begin:stop].strip())
            if end > i + 1 and not number:
                yield begin, stop, f"-({source[begin:stop]})", "sign"


def removed_statements(source, tokens):
    """Expression statements, break and continue; a return only where it depends on a condition."""
    depth = 0  # of round brackets
    for i in range(1, len(tokens)):
        before, t = tokens[i - 1], tokens[i]
        depth += (before.text == "(") - (before.text == ")")
        if depth or not begins_statement(tokens, i):
            continue
        end = end_of_expression(tokens, i, (";",))
        text = source[t.begin : tokens[end].begin]
        declaration = re.match(r"\w+\s+(\w|\*+\w)", text)
        if t.text == "return":
            removable = before.text == ")"
        elif t.text in ("break", "continue"):
            removable = True
        else:
            removable = t.text not in CONTROLS | KEYWORDS and not declaration and end > i + 1
        if removable and tokens[end].text == ";":
            yield t.begin, tokens[end].end, ";" + "\n" * text.count("\n"), "removed"


def begins_statement(tokens, i):
    before, t = tokens[i - 1], tokens[i]
    if t.kind != "name" and t.text not in ("*", "++", "--"):
        return False
    if before.text == ")":
        return controlled(tokens, i - 1)
    if before.text == ":":  # of a case, not of a ? b : c
        j = i - 2
        while j > 0 and tokens[j].text not in ("case", "default", "?", ";", "{", "}"):
            j -= 1
        return tokens[j].text in ("case", "default")
    return before.text in (";", "{", "}") or before.text in CONTROLS


def controlled(tokens, i):
    """The bracket that closes at i belongs to if, for, while or switch."""
    depth = 0
    for j in range(i, -1, -1):
        depth += tokens[j].text == ")"
        depth -= tokens[j].text == "("
        if depth == 0:
            return tokens[j - 1].text in ("if", "for", "while", "switch")
    return False


def swapped_arguments(source, tokens):
    for i in range(1, len(tokens) - 1):
        t, before = tokens[i], tokens[i - 1]
        if t.kind != "name" or tokens[i + 1].text != "(" or tokens[i + 1].begin != t.end:
            continue
        if t.text in KEYWORDS or SYMMETRIC.fullmatch(t.text):
            continue
        if before.kind == "name" and before.text not in CONTROLS | {"return"}:
            continue  # a definition
        if before.text == "*" and not source[before.end].isspace():
            continue  # as well
        arguments, begin, last = [], i + 2, closing(tokens, i + 1)
        while begin < last:
            end = end_of_expression(tokens, begin, (",",))
            arguments.append((tokens[begin].begin, tokens[end - 1].end))
            begin = end + 1
        for (a, b), (c, d) in zip(arguments, arguments[1:]):
            if source[a:b] != source[c:d]:
                yield a, d, source[c:d] + source[b:c] + source[a:b], "swapped"


def functions_of(source):
    """The function, or the macro, that each line stands in."""
    inside, macro, out = "", False, []
    for line in source.split("\n"):
        head = re.match(r"#define (\w+)", line) or re.match(r"(?!typedef|#|/| )[A-Za-z].*?\b(\w+)\(", line)
        if head:
            inside, macro = head.group(1), line.startswith("#define")
        out.append(inside)
        if (not line.endswith("\\") if macro else line.startswith("}") or (head and line.endswith(("}", ";")))):
            inside, macro = "", False
    return out


def mutants_of(file, source):
    """All mutants of a source, in order of place; each changed text once."""
    tokens, functions, seen, out = tokens_of(source), functions_of(source), set(), []
    changes = [
        *changed_operators(source, tokens),
        *changed_constants(tokens),
        *changed_signs(source, tokens),
        *removed_statements(source, tokens),
        *swapped_arguments(source, tokens),
    ]
    for begin, end, new, kind in sorted(changes, key=lambda c: (c[0], c[1], c[3], c[2])):
        text = source[:begin] + new + source[end:]
        line = source.count("\n", 0, begin)
        before, after = source.split("\n")[line], text.split("\n")[line]
        if text not in seen and before.strip() != after.strip():
            seen.add(text)
            out.append(Mutant(file, line + 1, functions[line], kind, before.strip(), after.strip(), text))
    return out
