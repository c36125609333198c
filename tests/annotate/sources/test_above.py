"""Where a script looks for modules beyond its own directory."""

from pathlib import Path

import pytest

from annotate.sources import code_dir_of, read_closure
from annotate.sources.above import looked_in

ENTRIES = {
    "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))": "/me/proj",
    "sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))": "/me/proj",
    "sys.path.append(str(Path(__file__).resolve().parent.parent))": "/me/proj",
    "ROOT = pathlib.Path(__file__).parents[2]\nsys.path.append(str(ROOT))": "/me",
    "HERE = dirname(realpath(__file__))\nsys.path.insert(1, join(HERE, '../..', 'lib'))": "/me/lib",
    "here = Path(__file__).parent\nsys.path.append(str(here / '..' / 'lib'))": "/me/proj/lib",
    "sys.path.append(os.path.dirname(__file__) + '/..')": "/me/proj",
    "sys.path.append(f'{os.path.dirname(__file__)}/lib')": "/me/proj/scripts/lib",
    "sys.path.append(os.path.join(os.path.dirname(__file__), os.pardir))": "/me/proj",
    "sys.path.append(Path(__file__).parent.joinpath('lib').as_posix())": "/me/proj/scripts/lib",
    "sys.path += [os.path.dirname(__file__)]": "/me/proj/scripts",
    "sys.path.extend(['lib'])": "/here/lib",
    "sys.path.append('..')": "/",
    "sys.path.append('lib')": "/here/lib",
    "sys.path.append('/opt/lib')": "/opt/lib",
    "sys.path.insert(0, '')": "/here",
    "sys.path.append(os.getcwd())": "/here",
    "sys.path.append(str(Path.cwd() / 'src'))": "/here/src",
    "sys.path.append(os.path.abspath('.'))": "/here",
}
NONE = (
    "data = Path(__file__).parent.parent / 'data'",
    "print(', '.join([__file__, '..']), sys.path)",
    "sys.path.insert(0, ROOT)",
    "sys.path.append(os.path.join(os.path.dirname(__file__), name))",
    "sys.path.append(__file__ + '_lib')",
    "sys.path.remove('x')",
)
SCRIPT, HERE = Path("/me/proj/scripts/train.py"), Path("/here")


@pytest.mark.parametrize(("source", "entry"), ENTRIES.items())
def test_what_goes_into_sys_path_is_read(source, entry):
    assert looked_in(source.encode(), SCRIPT, HERE) == (Path(entry),)


@pytest.mark.parametrize("source", NONE)
def test_what_does_not_or_is_not_known_is_left_alone(source):
    assert looked_in(source.encode(), SCRIPT, HERE) == ()


def test_a_script_may_go_elsewhere_first():
    """And what is relative begins there from then on."""
    source = b"os.chdir(os.path.dirname(__file__))\nsys.path.append('..')"
    assert Path("/me/proj") in looked_in(source, SCRIPT, HERE)


def test_a_directory_that_holds_the_home_directory_is_not_taken_for_code(tmp_path, monkeypatch):
    """Nobody wants to copy all of /home out of a study."""
    script = tmp_path / "project/sub/train.py"
    script.parent.mkdir(parents=True)
    script.write_text("import net\nsys.path.append(str(Path(__file__).parent.parent))\n")
    assert code_dir_of(script) == script.parent
    (tmp_path / "project/net.py").write_text("")
    assert code_dir_of(script) == tmp_path / "project"
    monkeypatch.setenv("HOME", str(tmp_path / "project/ada"))
    assert code_dir_of(script) == script.parent


PROJECTS = {
    "src": ("src/proj/net.py", "pyproject.toml", ""),
    "flat": ("proj/net.py", "setup.py", ""),
    "PYTHONPATH": ("lib/proj/net.py", "README", "lib"),
    "a package beside a directory of its name": ("src/proj/net.py", "proj/data/.project-root", "src:"),
}


@pytest.mark.parametrize(("net", "mark", "path"), PROJECTS.values(), ids=PROJECTS)
@pytest.mark.parametrize("helper", [False, True], ids=["itself", "by a module"])
def test_a_script_may_import_what_its_project_installs(tmp_path, monkeypatch, net, mark, path, helper):
    """By `pip install -e .`, or PYTHONPATH; its annotations were passed over in silence."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", path)
    wanted = "from proj.net import width\n"
    for name, text in (
        (net, "width = 16  # @nni.choice(16, 32)\n"),
        (mark, ""),
        ("scripts/train.py", "import helper" if helper else wanted),
        ("scripts/helper.py", wanted),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    script = tmp_path / "scripts/train.py"
    assert code_dir_of(script) == tmp_path
    module = net.removesuffix(".py").replace("/", ".")
    assert list(read_closure(script, tmp_path).space) == [f"{module}/width/choice"]


def test_a_script_in_a_package_may_import_it_by_its_name(tmp_path):
    """`python src/proj/train.py`, where `proj` is installed editable."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "src/proj").mkdir(parents=True)
    (tmp_path / "src/proj/net.py").write_text("width = 16  # @nni.choice(16, 32)\n")
    script = tmp_path / "src/proj/train.py"
    script.write_text("import proj.net\n")
    assert code_dir_of(script) == tmp_path / "src"
    assert list(read_closure(script, tmp_path / "src").space) == ["proj.net/width/choice"]


def test_the_code_directory_holds_what_else_the_command_names(tmp_path):
    """`tools/train.py configs/a.py`."""
    for name in ("tools/train.py", "configs/a.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    assert code_dir_of(tmp_path / "tools/train.py", [tmp_path / "configs/a.py"]) == tmp_path


@pytest.mark.parametrize(
    "entry",
    [
        "os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib', 'models')",
        "str(Path(__file__).parent / 'lib/models')",
        "'lib/models'",
        "'./lib/../lib/models/'",
    ],
)
def test_what_a_script_imports_by_sys_path_is_tuned(tmp_path, monkeypatch, entry):
    """Its annotations would be passed over in silence otherwise."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib/models").mkdir(parents=True)
    (tmp_path / "lib/models/net.py").write_text("width = 16  # @nni.choice(16, 32)\n")
    (tmp_path / "train.py").write_text(f"sys.path.append({entry})\nfrom net import width\n")
    assert list(read_closure(tmp_path / "train.py", None).space) == ["lib.models.net/width/choice"]
