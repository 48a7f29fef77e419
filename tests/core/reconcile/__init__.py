"""Tests of `reconcile`, by its steps."""

import pytest

pytest.register_assert_rewrite("tests.core.reconcile.cases")
