"""Every word that a run may be told with says what it means, and what to do about it."""

from __future__ import annotations

import pytest

from taskyard.api.reasons import Condition, Reason, WaitingReason


@pytest.mark.parametrize("word", [*Reason, *WaitingReason])
def test_a_reason_says_when_it_arises_and_what_to_do(word: Reason | WaitingReason) -> None:
    for sentence in (word.description, word.remedy):
        assert len(sentence) > 10
        assert sentence.endswith(".")
        assert "|" not in sentence, "it stands in a table"


@pytest.mark.parametrize("word", Condition)
def test_a_condition_says_what_its_status_means(word: Condition) -> None:
    assert word.description.endswith(".")


@pytest.mark.parametrize("word", [*Reason, *WaitingReason, *Condition])
def test_a_word_is_found_by_its_text_and_equals_it(word: str) -> None:
    assert type(word)(str(word)) is word
    assert {str(word): 1}[word] == 1
    assert f"{word}" == str(word)
