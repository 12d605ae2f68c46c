import pytest

from detent.model.names import extra_name, group_name, normalise, package_name


def test_names_that_differ_in_case_and_separators_are_one_name() -> None:
    assert package_name("Zope.Interface") == package_name("zope-interface") == "zope-interface"
    assert package_name("a__b-._C") == "a-b-c"
    assert extra_name("Dev_Tools") == "dev-tools"
    assert group_name("Docs") == "docs"


@pytest.mark.parametrize("text", ["", "-a", "a-", "_a", "a_", "a b", "a/b", "é", "a\n", "..", "a;b"])
def test_what_is_no_name_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid package name: it has letters"):
        package_name(text)
    with pytest.raises(ValueError, match="is not a valid name of an extra"):
        extra_name(text)
    with pytest.raises(ValueError, match="is not a valid name of a dependency group"):
        group_name(text)


def test_any_text_has_a_normal_form() -> None:
    assert normalise("A_.b ") == "a-b "
