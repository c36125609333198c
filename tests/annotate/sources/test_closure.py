"""The files that count are found by reading, and mirrored without touching the user's tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.errors import SourceError, UsageError
from annotate.sources import mirror, read_closure

LR = "lr = 0.1  # @nni.uniform(0, 1)\n# @nni.report_final_result(lr)\n"


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / (
            name.replace("__pkg", "__init").replace("__", "/").replace("/init", "/__init__") + ".py"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def modules(script: Path, code_dir: Path | None = None, include: tuple[str, ...] = ()) -> list[str]:
    return [file.module for file in read_closure(script, code_dir, include).files]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import a", ["a"]),
        ("import a as x, b", ["a", "b"]),
        ("import p.q as z", ["p", "p.q"]),
        ("from p import q", ["p", "p.q"]),
        ("from p import (q as x,  # why\n    r)", ["p", "p.q", "p.r"]),
        ("from p import *", ["p"]),
        ("from p.q import name", ["p", "p.q"]),
        ("from n import m", ["n.m"]),
        ("import n.m", ["n.m"]),
        ("import os; import a", ["a"]),
        ("if True: import a", ["a"]),
        ("def f():\n    from p \\\n        import q", ["p", "p.q"]),
        ("try:\n    import a\nexcept ImportError: import b", ["a", "b"]),
        ("'''\nimport a\n'''", []),
        ("x = 'import a'  # import b", []),
        ("import torch", []),
        ("import sys", []),
        ("def g():\n    yield from a\nraise b from a", []),
        ("importer = a; from_a = 1", []),
        ("import chain", ["chain", "a"]),
        ("import p.rel", ["p", "p.rel", "p.q", "p.s", "p.s.t", "a"]),
        ("from . import a", ["a"]),
    ],
)
def test_an_import_reaches_these_modules(tmp_path: Path, line: str, expected: list[str]) -> None:
    tree(tmp_path, a="", b="", chain="import a, chain", p__pkg="", p__q="", p__r="", n__m="", sys="import a",
         p__rel="from .q import x\nfrom . import q\nfrom .s.t import u", p__s__pkg="", p__s__t="from ... import a\nimport a")  # fmt: skip
    tree(tmp_path, train=line + "\n")
    assert sorted(modules(tmp_path / "train.py")[1:]) == sorted(expected)


def test_keys_begin_with_the_path_from_the_code_directory(tmp_path: Path) -> None:
    tree(
        tmp_path,
        exp__train="import net, lib.x\n" + LR,
        exp__net="w = 1  # @nni.choice(1, 2)",
        lib__x="d = 1  # @nni.choice(1, 2)",
    )
    closure = read_closure(tmp_path / "exp" / "train.py", tmp_path)
    assert list(closure.space) == ["exp.train/lr/uniform", "exp.net/w/choice", "lib.x/d/choice"]
    assert closure.names == {"exp.train/lr/uniform": "lr", "exp.net/w/choice": "w", "lib.x/d/choice": "d"}
    assert closure.defaults == {"exp.train/lr/uniform": 0.1, "exp.net/w/choice": 1, "lib.x/d/choice": 1}


def test_include_adds_files_that_no_import_reaches(tmp_path: Path) -> None:
    tree(
        tmp_path,
        train=LR,
        plugins__one="a = 1  # @nni.choice(1, 2)\n",
        plugins__two="import helper\n",
        helper="",
    )
    assert modules(tmp_path / "train.py", include=("plugins/*.py",)) == [
        "train",
        "plugins.one",
        "plugins.two",
        "helper",
    ]
    for none in ("none/*.py", "../*/train.py", "/etc/*.py"):
        with pytest.raises(UsageError, match="matches no Python file"):
            read_closure(tmp_path / "train.py", None, (none,))


def test_what_is_included_may_be_named_from_the_working_directory(tmp_path: Path, monkeypatch) -> None:
    """As a shell completes it, and the script itself is named."""
    tree(tmp_path / "src", train=LR, plugins__one="a = 1  # @nni.choice(1, 2)\n")
    monkeypatch.chdir(tmp_path)
    for pattern in ("plugins/*.py", "src/plugins/*.py", str(tmp_path / "src/plugins/*.py")):
        assert modules(tmp_path / "src/train.py", include=(pattern,)) == ["train", "plugins.one"]


def test_an_unreached_file_counts_for_nothing_whatever_is_in_it(tmp_path: Path) -> None:
    tree(tmp_path, train=LR, broken="def f(:\n# @nni.uniform(1, 0)\n")
    assert read_closure(tmp_path / "train.py", None).diagnostics == ()


def test_a_module_that_does_not_parse_is_an_error_only_where_it_is_annotated(tmp_path: Path) -> None:
    tree(
        tmp_path,
        train="import old, bad\n" + LR,
        old="print 'two'\n",
        bad="print 'two'\nx = 1  # @nni.choice(1, 2)\n",
    )
    closure = read_closure(tmp_path / "train.py", None)
    assert [(d.code, Path(d.file).name) for d in closure.diagnostics] == [("E301", "bad.py")]
    with pytest.raises(SourceError, match="E301"):
        closure.check()


def test_a_script_that_does_not_parse_and_carries_nothing_is_noted(tmp_path: Path) -> None:
    tree(tmp_path, train="x = 1\ndef f(:\n")
    [note] = read_closure(tmp_path / "train.py", None).diagnostics
    assert (note.code, note.line) == ("N501", 2)


def test_what_runs_in_the_script_only_is_warned_about_in_a_module(tmp_path: Path) -> None:
    guarded = "if __name__ == '__main__':\n    a = 1  # @nni.choice(1, 2)\n"
    tree(tmp_path, train="import m\n" + guarded + LR, m=guarded)
    assert [(d.code, Path(d.file).name) for d in read_closure(tmp_path / "train.py", None).diagnostics] == [
        ("W412", "m.py")
    ]


def test_a_final_report_in_any_file_will_do_also_one_by_hand(tmp_path: Path) -> None:
    tree(
        tmp_path, train="import m\na = 1  # @nni.choice(1, 2)\n", m="import nni\nnni.report_final_result(1)\n"
    )
    assert read_closure(tmp_path / "train.py", None).diagnostics == ()


def test_constraints_find_their_variables_across_modules(tmp_path: Path) -> None:
    tree(tmp_path, train="import m\n# @nni.constraint(lr < width and m.lr < 1)\n" + LR,
         m="width = 3  # @nni.choice(3, 4)\nlr = 0.2  # @nni.uniform(0, 1)\n")  # fmt: skip
    [constraint] = read_closure(tmp_path / "train.py", None).constraints
    assert constraint.keys == ("train/lr/uniform", "m/width/choice", "m/lr/uniform")


def test_a_constraint_on_an_unknown_name_tells_the_nearest(tmp_path: Path) -> None:
    tree(tmp_path, train="# @nni.constraint(widht < 3)\nwidth = 1  # @nni.randint(1, 5)\n" + LR)
    [fault] = read_closure(tmp_path / "train.py", None).diagnostics
    assert (fault.code, fault.remedy) == ("E113", "did you mean width?")


def test_a_script_outside_its_code_directory_or_missing_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, train=LR, sub__x="")
    with pytest.raises(UsageError, match="does not lie in"):
        read_closure(tmp_path / "train.py", tmp_path / "sub")
    with pytest.raises(UsageError, match="there is no script"):
        read_closure(tmp_path / "none.py", None)


def test_the_mirror_holds_the_closure_and_links_the_rest_as_high_as_possible(tmp_path: Path) -> None:
    code = tree(
        tmp_path / "code",
        train="import p.net\n" + LR,
        p__pkg="",
        p__net="w = 1  # @nni.choice(1, 2)\n",
        p__other="x",
        other__deep__y="y",
    )
    (code / "data").mkdir()
    (code / "__pycache__").mkdir()
    (code / "train.py").chmod(0o755)
    before = {path: path.read_bytes() for path in code.rglob("*.py")}
    into = code / ".annotate" / "s" / "code"
    script = mirror(read_closure(code / "train.py", None), into)
    assert script == into / "train.py"
    assert os.access(script, os.X_OK)
    assert {str(p.relative_to(into)) for p in into.rglob("*") if not p.is_symlink()} == {
        "train.py",
        "p",
        "p/__init__.py",
        "p/net.py",
    }
    assert {p.name: os.readlink(p) for p in into.rglob("*") if p.is_symlink()} == {
        "data": str(code / "data"), "other": str(code / "other"), "other.py": str(code / "p" / "other.py"),
    }  # fmt: skip
    assert b"_annotate_trial" in (into / "p" / "net.py").read_bytes()
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(FileExistsError):
        mirror(read_closure(code / "train.py", None), into)


def test_the_mirrored_script_runs_as_the_plain_one_with_the_runtime_on_its_path(tmp_path: Path) -> None:
    code = tree(tmp_path / "code", train="import p.net\nfrom p import other\n" + LR + "print(lr, p.net.w, other.x, __file__[-8:])\n",
                p__pkg="", p__net="w = 1  # @nni.choice(1, 2)\n", p__other="x = 2")  # fmt: skip
    script = mirror(read_closure(code / "train.py", None), tmp_path / "study" / "code")
    import annotate_runtime

    lib = str(Path(annotate_runtime.__file__).parent.parent)
    seen = [
        subprocess.run(
            [sys.executable, each], capture_output=True, text=True, check=True, env={"PYTHONPATH": lib}
        ).stdout
        for each in (code / "train.py", script)
    ]
    assert seen[0] == "0.1 1 2 train.py\n"
    assert seen[1].splitlines()[-1:] == seen[0].splitlines()[-1:]


def test_a_symbolic_link_to_a_script_keeps_the_name_that_the_user_gave(tmp_path: Path) -> None:
    tree(tmp_path, real__impl=LR)
    (tmp_path / "train.py").symlink_to(tmp_path / "real" / "impl.py")
    assert list(read_closure(tmp_path / "train.py", None).space) == ["train/lr/uniform"]
