"""Laws of licence expressions: reading back, and policies that allow more let more pass."""

from hypothesis import given
from hypothesis import strategies as st

from detent.model.licenses import Term, is_allowed, parse_expression, parse_term

NAMES = (
    "MIT", "ISC", "Apache-2.0", "Apache-1.1+", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only",
    "GPL-3.0-or-later", "LicenseRef-Ours", "Apache-2.0 WITH LLVM-exception",
)  # fmt: skip
terms = st.sampled_from(NAMES)
expressions = st.recursive(
    terms,
    lambda below: st.builds("({}) {} ({})".format, below, st.sampled_from(("AND", "OR")), below),
    max_leaves=10,
)
policies = st.sets(terms.map(parse_term))


@given(expressions)
def test_an_expression_reads_back_as_itself(text: str) -> None:
    found = parse_expression(text)

    again = parse_expression(found.text)
    assert again == found
    assert [parse_term(str(term)) for term in found.terms] == [*found.terms]


@given(expressions, policies, policies)
def test_who_allows_more_lets_more_pass(text: str, allowed: set[Term], more: set[Term]) -> None:
    found = parse_expression(text)

    assert not is_allowed(found, allowed) or is_allowed(found, allowed | more)


@given(expressions)
def test_who_allows_every_term_lets_it_pass_and_who_allows_none_does_not(text: str) -> None:
    found = parse_expression(text)

    assert is_allowed(found, found.terms)
    assert not is_allowed(found, ())


@given(expressions, expressions, policies)
def test_and_needs_both_and_or_one(one: str, other: str, allowed: set[Term]) -> None:
    first, second = (is_allowed(parse_expression(text), allowed) for text in (one, other))

    assert is_allowed(parse_expression(f"({one}) AND ({other})"), allowed) is (first and second)
    assert is_allowed(parse_expression(f"({one}) OR ({other})"), allowed) is (first or second)
