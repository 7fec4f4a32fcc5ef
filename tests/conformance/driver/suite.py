"""The official suite: how it is set up, what is run of it, and what came of a run."""

import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import kept

HERE = Path(__file__).resolve().parent.parent
NODE_MAJOR = 22
# Longer than any run takes; the suite itself gives a scenario half a minute.
RUN_S = 600
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Each scenario leaves a folder with what it checked: `server-NAME-TIME`.
RESULT = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")


@dataclass(frozen=True)
class Run:
    """One command of the suite. `scenarios` is how many it must come to, so that none can go missing unnoticed."""

    package: str
    options: tuple[str, ...]
    scenarios: int

    @property
    def name(self) -> str:
        return " ".join((version(self.package), *self.options))


def by_revision(revision: str, scenarios: int) -> Run:
    return Run("conformance-0.2", ("--suite", "all", "--spec-version", revision), scenarios)


ALL = [
    Run("conformance-0.1", ("--suite", "all"), 32),
    by_revision("2025-03-26", 1),
    by_revision("2025-06-18", 27),
    by_revision("2025-11-25", 33),
    by_revision("2026-07-28", 40),
    Run("conformance-0.2", ("--suite", "all"), 65),
    Run("conformance-0.2", ("--requirements", "2025-11-25"), 33),
    Run("conformance-0.2", ("--requirements", "2026-07-28"), 50),
]


@dataclass
class Outcome:
    """What came of a run, or of several of the same."""

    scenarios: int = 0
    passed: int = 0
    checks: int = 0
    skipped: int = 0
    warnings: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def programs() -> tuple[Path, Path]:
    """Node.js, and the folder of the packages."""
    node, folder = kept.npm_packages_with_node("conformance", HERE, "the conformance suite", NODE_MAJOR)
    return node, folder / "node_modules"


@cache
def version(package: str) -> str:
    return json.loads((programs()[1] / package / "package.json").read_text(encoding="utf-8"))["version"]


def play(run: Run, url: str) -> Outcome:
    """Runs it against the server at `url`; whatever is not a success, an information or skipped is a failure."""
    node, packages = programs()
    with tempfile.TemporaryDirectory(prefix="pegboard-conformance-") as folder:
        results = Path(folder) / "results"
        results.mkdir()
        # An empty list of expected failures is what makes the suite strict: then a warning counts.
        baseline = Path(folder) / "expected-failures.yml"
        baseline.write_text("server: []\n", encoding="utf-8")
        command = [node, packages / run.package / "dist/index.js", "server", "--url", url, *run.options]
        command += ["--expected-failures", baseline, "-o", results]
        began = time.monotonic()
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RUN_S)
            status, said = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, said = f"none within {RUN_S} s", (late.stdout or b"").decode(errors="replace")
        outcome = read(results)
        outcome.seconds = time.monotonic() - began
    if outcome.scenarios != run.scenarios:
        outcome.failures.append(f"{outcome.scenarios} scenarios were run, not {run.scenarios}")
    if status != 0 and not outcome.failures:
        outcome.failures.append(f"the suite's status is {status}")
    if outcome.failures:
        last = COLOURS.sub("", said).splitlines()[-15:]
        outcome.failures.append("it said last:\n" + "\n".join(f"    | {line}" for line in last))
    # What was not run has failed; and a run that fails as a whole has not passed, whatever its scenarios say.
    outcome.scenarios = run.scenarios
    if outcome.failures:
        outcome.passed = min(outcome.passed, run.scenarios - 1)
    return outcome


def read(results: Path) -> Outcome:
    outcome = Outcome()
    for folder in sorted(results.iterdir()):
        found = RESULT.fullmatch(folder.name)
        if not found:
            continue
        checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
        bad = [check for check in checks if check["status"] not in ("SUCCESS", "INFO", "SKIPPED")]
        outcome.scenarios += 1
        outcome.passed += not bad
        outcome.checks += sum(check["status"] == "SUCCESS" for check in checks) + len(bad)
        outcome.skipped += sum(check["status"] == "SKIPPED" for check in checks)
        outcome.warnings += sum(check["status"] == "WARNING" for check in checks)
        for check in bad:
            why = check.get("errorMessage") or json.dumps(check.get("details"))
            text = f"{found['scenario']} [{check['id']}] {check['status']}: {check['description']}: {why}"
            outcome.failures.append(text)
    return outcome
