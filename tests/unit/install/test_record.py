from detent.install.record import record_line_of, record_lines


def test_a_line_has_path_hash_and_size() -> None:
    assert record_line_of("a/b.py", b"") == "a/b.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"


def test_lines_are_read_with_and_without_quotes() -> None:
    text = 'a.py,sha256=x,1\n"b,""c"".py",sha256=y,\nd.py,,\r\n"unclosed\n\n'

    assert list(record_lines(text)) == [
        ("a.py", "sha256=x", "1"),
        ('b,"c".py', "sha256=y", ""),
        ("d.py", "", ""),
    ]
