"""Writes the golden files of dev.retort.answer.

Usage: python answer_golden.py DATA OUT

DATA: a folder with gsm8k/train.jsonl.gz and svamp/SVAMP.json (both MIT). OUT: toolkit/src/test/resources/answer.
Made with rouge_score 0.1.2, nltk 3.10.4, Python 3.11. The same input gives the same bytes.
"""

import gzip
import io
import json
import math
import random
import re
import string
import sys
from pathlib import Path

from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer

PAIRS = 1000
STEMS = 8000
EXPRESSIONS = 800


def write(path, lines):
    text = "".join(line + "\n" for line in lines).encode("utf-8")
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as stream:
        stream.write(text)
    path.write_bytes(buffer.getvalue())


def read_texts(data):
    texts = []
    with gzip.open(data / "gsm8k" / "train.jsonl.gz", "rt", encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            texts += [row["question"], row["answer"]]
    for row in json.loads((data / "svamp" / "SVAMP.json").read_text(encoding="utf-8")):
        texts.append(row["Body"] + " " + row["Question"])
    return texts


def vocabulary(texts, draw):
    """Real words, and made-up ones from pieces that reach every rule of the stemmer."""
    words = set(re.findall(r"[a-z0-9]+", " ".join(texts).lower()))
    words |= set("""sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed
        succeed a is by as ies dies flies ties died spied lied ied eed ed ing yyyy yyyyed syzygy toy boy enjoy enjoyment
        happy say spy generally formally alli rationally geologi theologi archaeologi logi hopefulli fulli controll roll
        falling hissing fizzed hopping tanned filing failing agreed feed plastered bled motoring sing conflated troubled
        sized adoption ion onion replacement probate rate cease 1970s 2nd 11ing aaaa oxed owed boxing""".split())
    heads = "b c d f g h l m n p r s t st tr y a e i o u ".split(" ")
    middles = "at bl iz an en ic al ob er os tt ll ss zz pp y ay oy ow ax log abl ful ti".split()
    suffixes = """s es ies ied ed eed ing y ational tional enci anci izer bli alli entli eli ousli ization ation ator alism
        iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able
        ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll lle sses ss""".split()
    made = set()
    while len(made) < STEMS:
        made.add(draw.choice(heads) + "".join(draw.choice(middles) for _ in range(draw.randint(0, 3)))
                 + "".join(draw.choice(suffixes) for _ in range(draw.randint(1, 2))))
    real = sorted(words)
    extra = sorted(made - words)
    draw.shuffle(extra)
    return sorted(set(real + extra[: max(STEMS - len(real), 2000)]))


def shuffled(text, draw):
    words = text.split()
    draw.shuffle(words)
    return " ".join(words)


def noisy(text, draw):
    marks = ["", ",", " - ", "\u2019s", "\u00e9", "\n", "\u0130", "\u212a", "_", "...", "\u4e2d"]
    return "".join(character + (draw.choice(marks) if draw.random() < 0.08 else "")
                   for character in (text.upper() if draw.random() < 0.3 else text))


def pair(index, texts, words, draw):
    first = draw.choice(texts)
    kind = index % 8
    if kind == 0:
        return draw.choice(texts)[: draw.randint(20, 200)], [first[:200]]
    if kind == 1:
        return first[: draw.randint(1, len(first))], [first]
    if kind == 2:
        return shuffled(first, draw), [first]
    if kind == 3:
        return noisy(first, draw), [first]
    if kind == 4:
        return first, [draw.choice(texts) for _ in range(draw.randint(2, 4))] + [first[: len(first) // 2]]
    if kind == 5:
        bag = [draw.choice(words) for _ in range(12)]
        return " ".join(draw.choice(bag) for _ in range(25)), [" ".join(draw.choice(bag) for _ in range(20))]
    if kind == 6:
        return first[10:150], [first[: draw.randint(40, 120)]]
    return draw.choice(["", " ", "?!", "yes", "72", first[:30]]), [draw.choice(["", "...", "Yes.", "72", first[:40]])]


def expression(draw, depth=0):
    roll = draw.random()
    if depth > 4 or roll < 0.3:
        return draw.choice([str(draw.randint(0, 999)), f"{draw.randint(0, 99)}.{draw.randint(0, 999)}", "0", ".5", "7.",
                            f"{draw.randint(1, 9)}e{draw.randint(-3, 3)}"])
    if roll < 0.4:
        return draw.choice(["-", "+", "--", "- "]) + expression(draw, depth + 1)
    if roll < 0.6:
        return "( " + expression(draw, depth + 1) + " )"
    blank = draw.choice(["", " "])
    return expression(draw, depth + 1) + blank + draw.choice("+-*/") + blank + expression(draw, depth + 1)


def damaged(text, draw):
    at = draw.randint(0, len(text))
    return draw.choice([text[:at] + draw.choice(["(", ")", "+", ".", " 1", "x", "/", "0", "e", ","]) + text[at:],
                        text[:at] + text[at + 1:]])


def evaluated(text):
    """Python's own value, as the authors' metrics.py takes it; only texts made here ever come in."""
    assert set(text) <= set(string.digits + "+-*/(). ex,")
    try:
        value = eval(text)  # pylint: disable=eval-used
    except Exception:  # pylint: disable=broad-except
        return None
    # Tuples, calls of numbers and the like are no numbers; ** and // are outside what SafeArithmetic takes.
    if isinstance(value, (int, float)) and math.isfinite(value) and "**" not in text and "//" not in text:
        return float(value)
    return None


def main():
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    draw = random.Random(20240601)
    texts = read_texts(data)
    words = vocabulary(texts, draw)
    stemmer = PorterStemmer()
    write(out / "porter_stems.tsv.gz", [word + "\t" + stemmer.stem(word) for word in words])

    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    lines = []
    for index in range(PAIRS):
        prediction, references = pair(index, texts, words, draw)
        score = scorer.score_multi(references, prediction)["rougeL"]
        lines.append(json.dumps({"prediction": prediction, "references": references, "precision": score.precision,
                                 "recall": score.recall, "f_measure": score.fmeasure}, ensure_ascii=False))
    write(out / "rouge_l.jsonl.gz", lines)

    lines = []
    while len(lines) < EXPRESSIONS:
        text = expression(draw)
        if draw.random() < 0.4:
            text = damaged(text, draw)
        if len(text) < 200:
            lines.append(json.dumps({"expression": text, "value": evaluated(text)}))
    write(out / "arithmetic.jsonl.gz", lines)


if __name__ == "__main__":
    main()
