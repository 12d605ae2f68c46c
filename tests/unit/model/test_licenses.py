"""What a release says of its licence, read; and what a policy makes of it."""

import pytest

from detent.model.about import About
from detent.model.license_names import BY_CLASSIFIER, BY_WORDS
from detent.model.licenses import (
    License,
    Term,
    is_allowed,
    license_of,
    parse_expression,
    parse_term,
)
from detent.model.names import package_name
from support.boms import licenses_known

MIT, APACHE, ISC = Term("MIT"), Term("Apache-2.0"), Term("ISC")


def said(expression: str = "", text: str = "", *classifiers: str) -> License:
    whole = tuple(f"License :: {classifier}" for classifier in classifiers)
    about = About(package_name("a"), "1", "", expression, text, whole, read_from="a-1-py3-none-any.whl")
    return license_of(about)


def passes(expression: str, *allowed: str) -> bool:
    return is_allowed(parse_expression(expression), map(parse_term, allowed))


# ---- what is said ------------------------------------------------------------------------------


def test_the_expression_counts_before_text_and_classifiers() -> None:
    found = said("mit or apache-2.0", "GPL", "OSI Approved :: ISC License (ISCL)")

    assert (found.spdx, found.told) == ("MIT OR Apache-2.0", "License-Expression")


def test_an_expression_that_is_none_is_told_and_nothing_else_takes_its_place() -> None:
    found = said("My Own License", "MIT")

    assert found == License(None, "My Own License", "License-Expression")


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("MIT", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("ISC license", "ISC"),
        ("Apache 2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache Software License 2.0", "Apache-2.0"),
        ("BSD 3-Clause", "BSD-3-Clause"),
        ("BSD-3-Clause License", "BSD-3-Clause"),
        ("New BSD License", "BSD-3-Clause"),
        ("GPLv3+", "GPL-3.0-or-later"),
        ("GPLv3", "GPL-3.0-only"),
        ("MIT or Apache-2.0 License", "MIT OR Apache-2.0"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("Python Software Foundation License", "PSF-2.0"),
    ],
)
def test_names_that_mean_one_licence_are_read(text: str, spdx: str) -> None:
    found = said("", text)

    assert (found.spdx, found.text, found.told) == (spdx, text, "License")


@pytest.mark.parametrize("text", ["BSD", "BSD License", "GPL", "LGPL", "Apache", "MIT/X11", "Proprietary"])
def test_names_that_may_mean_several_are_none(text: str) -> None:
    assert said("", text) == License(None, text, "License")


def test_a_classifier_counts_where_the_text_does_not_say_which() -> None:
    assert said("", "BSD", "OSI Approved :: MIT License").spdx == "MIT"
    assert said("", "MIT License\n\nCopyright ...", "OSI Approved :: MIT License").told == "Classifier"
    assert said("", "UNKNOWN", "OSI Approved", "OSI Approved :: MIT License").spdx == "MIT"


def test_of_several_classifiers_all_are_taken_to_hold() -> None:
    both = said("", "", "OSI Approved :: MIT License", "OSI Approved :: ISC License (ISCL)")
    unclear = said("", "", "OSI Approved :: MIT License", "OSI Approved :: BSD License")

    assert both.spdx == "MIT AND ISC"
    assert unclear == License(None, "MIT License, BSD License", "Classifier")


@pytest.mark.parametrize("text", ["", "UNKNOWN", "  ", "none"])
def test_who_says_nothing_is_unknown(text: str) -> None:
    assert said("", text) == License()


def test_a_whole_licence_is_not_read_and_its_first_line_shown() -> None:
    found = said("", "Copyright (c) Jo\n" + "All rights reserved.\n" * 50_000)

    assert found.expression is None
    assert found.text == "Copyright (c) Jo"


def test_what_is_shown_is_one_short_line() -> None:
    assert said("My\n own " + "x" * 1_000_000).text == f"My own {'x' * 72}…"


def test_the_tables_name_licences_that_are_known_to_spdx_and_to_bills_of_materials() -> None:
    named = {*BY_WORDS.values(), *BY_CLASSIFIER.values()}

    assert {parse_expression(spdx).text for spdx in named} == named
    assert named <= licenses_known()
    assert all(words == words.lower() for words in BY_WORDS)


# ---- expressions -------------------------------------------------------------------------------


def test_and_binds_more_than_or() -> None:
    assert parse_expression("mit or isc and apache-2.0").steps == (MIT, ISC, APACHE, "AND", "OR")
    assert parse_expression("(mit or isc) and apache-2.0").steps == (MIT, ISC, "OR", APACHE, "AND")


def test_terms_have_their_exception_and_their_plus() -> None:
    found = parse_expression("apache-2.0 with llvm-exception and mpl-1.1+ and mpl-1.1+ and licenseref-Own")

    assert found.terms == (
        Term("Apache-2.0", "LLVM-exception"),
        Term("MPL-1.1", or_later=True),
        Term("LicenseRef-Own"),
    )
    assert [*map(str, found.terms)] == ["Apache-2.0 WITH LLVM-exception", "MPL-1.1+", "LicenseRef-Own"]


@pytest.mark.parametrize(
    "text",
    ["", "MIT OR", "MIT ISC", "(MIT", "MIT)", "()", "Nothing-1.0", "MIT WITH", "WITH MIT", "MIT WITH ISC",
     "(" * 100 + "MIT" + ")" * 100, "MIT OR " * 1_000 + "MIT", "\x1b[31mMIT", "MIT\0", "LicenseRef-a_b"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_expression(text)


# ---- a policy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", ["MIT"]),
        ("MIT OR GPL-3.0-only", ["MIT"]),
        ("MIT AND (ISC OR GPL-3.0-only)", ["ISC", "MIT"]),
        ("GPL-2.0-or-later", ["GPL-3.0-only"]),
        ("GPL-2.0-or-later", ["GPL-2.0-only"]),
        ("GPL-3.0-only", ["GPL-2.0-or-later"]),
        ("GPL-2.0", ["GPL-2.0-only"]),
        ("GPL-2.0+", ["GPL-2.0-or-later"]),
        ("Apache-1.1+", ["Apache-2.0"]),
        ("Apache-2.0 WITH LLVM-exception", ["Apache-2.0 WITH LLVM-exception"]),
        ("LicenseRef-Ours", ["licenseref-Ours"]),
    ],
)
def test_what_a_policy_has_passes(expression: str, allowed: list[str]) -> None:
    assert passes(expression, *allowed)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", []),
        ("MIT", ["MIT-0"]),
        ("MIT AND GPL-3.0-only", ["MIT"]),
        ("GPL-2.0-only", ["GPL-3.0-only"]),
        ("GPL-2.0-only", ["GPL-3.0-or-later"]),
        ("GPL-3.0-only", ["LGPL-3.0-only", "AGPL-3.0-only"]),
        ("BSD-3-Clause", ["BSD-2-Clause"]),
        ("BSD-2-Clause+", ["BSD-3-Clause"]),
        ("Apache-2.0 WITH LLVM-exception", ["Apache-2.0"]),
        ("Apache-2.0", ["Apache-2.0 WITH LLVM-exception"]),
        ("LicenseRef-Ours", ["LicenseRef-Theirs"]),
        ("LicenseRef-1.0", ["LicenseRef-1.1"]),
    ],
)
def test_what_it_has_not_does_not(expression: str, allowed: list[str]) -> None:
    assert not passes(expression, *allowed)


def test_a_policy_names_one_licence_at_a_time() -> None:
    with pytest.raises(ValueError, match="each stands for itself"):
        parse_term("MIT OR ISC")


def test_a_licence_by_its_everyday_name_is_refused_with_the_right_one() -> None:
    with pytest.raises(ValueError, match=r"`Apache-2\.0` is one"):
        parse_term("Apache2")
