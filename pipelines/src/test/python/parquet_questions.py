"""Writes src/test/resources/parquet/questions.parquet, a file as users of pyarrow, pandas or datasets have it.

    python3 parquet_questions.py OUT      with pyarrow 21.0.0, snappy, its defaults
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq

message = pa.struct([("role", pa.string()), ("content", pa.string())])
schema = pa.schema(
    [
        ("id", pa.string()),
        ("task", pa.string()),
        ("messages", pa.list_(message)),
        ("reference", pa.string()),
        ("choices", pa.list_(pa.string())),
        ("difficulty", pa.int64()),
        ("weight", pa.float64()),
        ("extra", pa.string()),
    ]
)
rows = [
    {
        "id": "q-1",
        "task": "last-letter",
        "messages": [{"role": "user", "content": 'Take the last letters of the words in "Ann Bob" and concatenate them.'}],
        "reference": "nb",
        "choices": ["nb", "an"],
        "difficulty": 3,
        "weight": 0.5,
        "extra": '{"split": "train"}',
    },
    {"id": "q-2", "task": "last-letter", "messages": [{"role": "user", "content": "Céline 🙂?"}]},
    {"id": None, "task": "last-letter", "messages": [{"role": "user", "content": "no id"}]},
    {"id": "q-1", "task": "last-letter", "messages": [{"role": "user", "content": "again"}]},
    {"id": "q-3", "task": "last-letter", "messages": [{"role": "user", "content": "x"}], "extra": "[1]"},
]
pq.write_table(pa.Table.from_pylist(rows, schema=schema), sys.argv[1])
