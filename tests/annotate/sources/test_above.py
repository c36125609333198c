"""Where a script looks for modules beyond its own directory."""

import pytest

from annotate.sources import read_closure
from annotate.sources.above import code_dir_of, looked_in

ENTRIES = {
    "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))": ("..",),
    "sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))": ("..",),
    "sys.path.append(str(Path(__file__).resolve().parent.parent))": ("..",),
    "ROOT = pathlib.Path(__file__).parents[2]\nsys.path.append(str(ROOT))": ("..", ".."),
    "HERE = dirname(realpath(__file__))\nsys.path.insert(1, join(HERE, '../..', 'lib'))": ("..", "..", "lib"),
    "here = Path(__file__).parent\nsys.path.append(str(here / '..' / 'lib'))": ("..", "lib"),
    "sys.path.append(os.path.dirname(__file__) + '/..')": ("..",),
    "sys.path.append('..')": ("..",),
    "sys.path.append('lib')": ("lib",),
}
NONE = (
    "data = Path(__file__).parent.parent / 'data'",
    "print(', '.join([__file__, '..']), sys.path)",
    "sys.path.append('/opt/lib')",
    "sys.path.insert(0, ROOT)",
    "sys.path += ['..']",
    "sys.path.remove('x')",
)


@pytest.mark.parametrize(("source", "entry"), ENTRIES.items())
def test_what_goes_into_sys_path_is_read(source, entry):
    assert looked_in(source.encode()) == (entry,)


@pytest.mark.parametrize("source", NONE)
def test_what_does_not_or_is_not_known_is_left_alone(source):
    assert looked_in(source.encode()) == ()


def test_a_directory_that_holds_the_home_directory_is_not_taken_for_code(tmp_path, monkeypatch):
    """Nobody wants to copy all of /home out of a study."""
    script = tmp_path / "project/sub/train.py"
    script.parent.mkdir(parents=True)
    script.write_text("sys.path.append(str(Path(__file__).parent.parent))\n")
    assert code_dir_of(script) == tmp_path / "project"
    monkeypatch.setenv("HOME", str(tmp_path / "project/ada"))
    assert code_dir_of(script) == script.parent


@pytest.mark.parametrize(
    "entry",
    [
        "os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib', 'models')",
        "str(Path(__file__).parent / 'lib/models')",
        "'lib/models'",
        "'./lib/../lib/models/'",
    ],
)
def test_what_a_script_imports_by_sys_path_is_tuned(tmp_path, entry):
    """Its annotations would be passed over in silence otherwise."""
    (tmp_path / "lib/models").mkdir(parents=True)
    (tmp_path / "lib/models/net.py").write_text("width = 16  # @nni.choice(16, 32)\n")
    (tmp_path / "train.py").write_text(f"sys.path.append({entry})\nfrom net import width\n")
    assert list(read_closure(tmp_path / "train.py", None).space) == ["lib.models.net/width/choice"]
