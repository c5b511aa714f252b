#!/usr/bin/env python3
"""Every recipe below docs/examples stands alone, passes its tests, and its tests notice when a rule or a condition goes.

usage: recipes_test.py SALLYPORTCTL SOURCE_ROOT
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CTL, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLES = ROOT / "docs" / "examples"
RULE = re.compile(r"^\[(allow|deny)\.([\w-]+)\].*$", re.M)
CONDITION = re.compile(r"^(posture|during|outside|from|not_from|devices|proof_age|until)\s*=.*$", re.M)


def test_policy(text, command="test", *options):
    """The faults of a policy that is one file; None when it is good."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "recipe.toml"
        file.write_text(text)
        file.chmod(0o644)
        done = subprocess.run([CTL, "policy", command, "--json", folder, *options], capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else (json.loads(done.stdout), done.stdout)


def notices(text):
    """Whether an expectation fails; the policy itself must still be one."""
    outcome = test_policy(text)
    if outcome is None:
        return False
    answer, printed = outcome
    words = [each.get("message", "") for each in answer.get("diagnostics", [])]
    assert any(word.startswith("test failed") for word in words) or answer.get("failed"), printed
    return True


def blocks(text):
    """Name, start and end of every rule."""
    for rule in RULE.finditer(text):
        following = re.compile(r"^\[", re.M).search(text, rule.end())
        yield f"[{rule[1]}.{rule[2]}]", rule.start(), following.start() if following else len(text)


def without_tests(text):
    return re.sub(r"^\[\[test\]\].*?(?=^\[|\Z)", "", text, flags=re.M | re.S)


def weaknesses(text):
    found = []
    if "[[test]]" not in text:
        return ["it has no tests"]
    if (outcome := test_policy(text)) is not None:
        return [outcome[1]]
    if (outcome := test_policy(text, "check", "--strict")) is not None:
        found.append(outcome[1])
    for name, start, end in blocks(text):
        block = text[start:end]
        if re.search(r"^rollout\s*=", block, re.M):
            enforced = text[:start] + re.sub(r"^rollout\s*=.*$", "", block, flags=re.M) + text[end:]
            if not notices(enforced):
                found.append(f"no test notices when {name} leaves the shadow")
            continue
        if not notices(text[:start] + text[end:]):
            found.append(f"no test notices that {name} is gone")
        for condition in CONDITION.finditer(block):
            if not notices(text[:start] + block[:condition.start()] + block[condition.end():] + text[end:]):
                found.append(f"no test notices that {name} no longer asks for {condition[1]}")
    return found


class Recipes(unittest.TestCase):
    def test_every_recipe_is_tested_to_the_last_condition(self):
        recipes = sorted(EXAMPLES.glob("*.toml"))
        self.assertGreaterEqual(len(recipes), 5)
        for recipe in recipes:
            with self.subTest(recipe.name):
                self.assertEqual(weaknesses(recipe.read_text()), [])

    def test_a_recipe_without_tests_is_refused(self):
        text = without_tests((EXAMPLES / "per-office.toml").read_text())
        self.assertEqual(weaknesses(text), ["it has no tests"])

    def test_a_rule_that_no_test_exercises_is_found(self):
        text = (EXAMPLES / "per-office.toml").read_text()
        text += '\n[allow.extra]\nwho = "oslo"\nto = "payroll"\nfrom = "madrid_office"\n'
        found = weaknesses(text)
        self.assertIn("untested_rule", found[0])
        self.assertEqual(found[1:], ["no test notices that [allow.extra] is gone"])

    def test_a_recipe_that_fails_its_tests_is_refused(self):
        text = (EXAMPLES / "per-office.toml").read_text().replace('cannot = ["printers:631/tcp"]', 'cannot = ["intranet:80/tcp"]')
        self.assertIn("intranet:80/tcp", weaknesses(text)[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
