"""Go's ways of writing, by known values and by reading back."""

from __future__ import annotations

import csv
import io
import json
import struct
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.report.go import csv_row, float32, json_text, utf8, xml_text

# Everything, with the characters that formats treat specially often enough.
TEXT = st.text(
    st.one_of(st.sampled_from("\"'\\<>&,;\r\n\t\0\x1b\x7f \xa0\u2028\ufffd\U0001f511"), st.characters())
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, " ", "\t"]))
def test_json_reads_back(value, indent):
    text = json_text(value, indent)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029\ufffd") & set(text)
    assert indent or "\n" not in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.584962500721156, "3.5849626"),  # these three are Gitleaks' own, from its reports
        (2.251629167387823, "2.251629"),
        (2.913977073182751, "2.9139771"),
        (0.0, "0"),
        (3.0, "3"),
        (1.5, "1.5"),
    ],
)
def test_float32_known_values(value, shown):
    assert json_text(float32(value)) == shown


@given(st.floats(min_value=0, max_value=8))
def test_float32_is_the_same_single(value):
    def single(number):
        return struct.pack("<f", number)

    assert single(float32(value)) == single(value)
    assert len(repr(float32(value)).lower().split("e")[0].replace(".", "").strip("0")) <= 9


@given(st.lists(TEXT, min_size=2, max_size=5))
def test_csv_reads_back(fields):
    assert list(csv.reader(io.StringIO(csv_row(fields), newline=""), strict=True)) == [fields]


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("", ""),
        ("a b", "a b"),
        (" a", '" a"'),
        ("\xa0a", '"\xa0a"'),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("a\rb", '"a\rb"'),
        (r"\.", r'"\."'),
        ("=1+1", "=1+1"),
    ],
)
def test_csv_quotes_where_go_does(field, written):
    assert csv_row([field, "x"]) == written + ",x\n"


@given(TEXT)
def test_xml_reads_back(text):
    element = ET.fromstring(f'<a b="{xml_text(text)}">{xml_text(text)}</a>')  # noqa: S314 (our own)
    legal = "".join(
        c
        if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
        else "\ufffd"
        for c in text
    )
    assert element.get("b") == legal
    assert (element.text or "") == legal


def test_a_lone_surrogate_is_no_error():
    assert utf8("a\udcffb") == b"a?b"
