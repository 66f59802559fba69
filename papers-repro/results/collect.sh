#!/usr/bin/env bash
# Copies what of a run is published, or puts it back so that a run on another machine goes on from there.
#
#   collect.sh publish RUN_FOLDER PAPER RECIPE    to results/PAPER/RECIPE
#   collect.sh restore RUN_FOLDER PAPER RECIPE    from there
#
# Published are tables, figures, run records, settings, metrics and one gzipped line a question (ids, predictions, scores);
# questions, samples and models are not, but for what a model has told itself (asked/*/train.jsonl): rows are trained from that on
# any machine (--only train,evaluate). A row counts as done where its evaluation is.
set -euo pipefail
if [ $# -ne 4 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
run=$2

# What a student says of e-SNLI or ANLI beyond a label may be a piece of its input, whose licence lets no text of it in: a hash
# stands for it: without_texts FILE ROW.
without_texts() {
  case $2 in
    *.esnli* | *.anli1*) ;;
    *)
      cat "$1"
      return
      ;;
  esac
  python3 - "$1" <<'PY'
import hashlib, json, sys

for line in open(sys.argv[1], encoding="utf-8"):
    row = json.loads(line)
    if row["prediction"] not in ("", "entailment", "neutral", "contradiction") and not row["prediction"].startswith("sha256:"):
        row["prediction"] = "sha256:" + hashlib.sha256(row["prediction"].encode()).hexdigest()[:16]
    print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
PY
}
results=$(cd "$(dirname "$0")" && pwd)/$3/$4
case $1 in
  publish)
    mkdir -p "$results"
    for file in table.csv table.md run.json config.yaml; do
      [ ! -f "$run/$file" ] || cp "$run/$file" "$results/$file"
    done
    if [ -d "$run/figures" ]; then
      mkdir -p "$results/figures"
      cp "$run"/figures/*.svg "$results/figures/"
    fi
    for file in "$run"/asked/*/filter.txt; do
      [ -f "$file" ] || continue
      name=$(basename "$(dirname "$file")")
      mkdir -p "$results/asked/$name"
      cp "$file" "$results/asked/$name/filter.txt"
      [ ! -f "$(dirname "$file")/train.jsonl" ] || gzip -9 -n -c "$(dirname "$file")/train.jsonl" > "$results/asked/$name/train.jsonl.gz"
    done
    for row in "$run"/rows/*/; do
      name=$(basename "$row")
      case $name in
        # A warm-up without a gate is tested by no questions; its record is kept, and it is made again where it is needed.
        warm-up-*) ;;
        *) [ -d "$row/eval" ] || continue ;;
      esac
      mkdir -p "$results/rows/$name"
      for file in config.yaml run.json metrics.jsonl usage.json; do
        [ ! -f "$row/$file" ] || cp "$row/$file" "$results/rows/$name/$file"
      done
      for file in "$row"/eval/*.jsonl; do
        [ -f "$file" ] || continue
        mkdir -p "$results/rows/$name/eval"
        without_texts "$file" "$name" | gzip -9 -n > "$results/rows/$name/eval/$(basename "$file").gz"
      done
    done
    ;;
  restore)
    mkdir -p "$run"
    for file in run.json config.yaml; do
      [ ! -f "$results/$file" ] || cp "$results/$file" "$run/$file"
    done
    for asked in "$results"/asked/*/; do
      [ -f "$asked/train.jsonl.gz" ] || continue
      name=$(basename "$asked")
      mkdir -p "$run/asked/$name"
      cp "$asked/filter.txt" "$run/asked/$name/filter.txt"
      gzip -d -c "$asked/train.jsonl.gz" > "$run/asked/$name/train.jsonl"
    done
    for row in "$results"/rows/*/; do
      name=$(basename "$row")
      [ -d "$row/eval" ] || continue
      mkdir -p "$run/rows/$name/eval"
      for file in config.yaml run.json metrics.jsonl usage.json; do
        [ ! -f "$row/$file" ] || cp "$row/$file" "$run/rows/$name/$file"
      done
      for file in "$row"/eval/*.jsonl.gz; do
        target=$run/rows/$name/eval/$(basename "$file" .gz)
        gzip -d -c "$file" > "$target.part"
        mv "$target.part" "$target"
      done
    done
    ;;
  *)
    echo "collect.sh: publish or restore, not $1" >&2
    exit 2
    ;;
esac
