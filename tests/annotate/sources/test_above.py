"""What a script reaches above its own directory."""

import pytest

from annotate.sources import read_closure
from annotate.sources.above import code_dir_of, reach

REACHES = {
    "sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))": 1,
    "sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))": 1,
    "sys.path.append(str(Path(__file__).resolve().parent.parent))": 1,
    "ROOT = pathlib.Path(__file__).parents[2]": 2,
    "HERE = dirname(realpath(__file__))\ndef data():\n    return join(HERE, '../..', 'data')": 2,
    "here = Path(__file__).parent\nsys.path.append(str(here / '..' / 'lib'))": 1,
    "sys.path.append(os.path.dirname(__file__) + '/..')": 1,
    "data = Path(__file__).parent / 'data'": 0,
    "data = os.path.join(os.path.dirname(__file__), 'data')": 0,
    "print(__file__)": 0,
    "sys.path.append('..')": 1,
    "sys.path.insert(0, '../../lib')": 2,
    "sys.path.append('lib')": 0,
    "print(', '.join([__file__, '..'])": 0,
}


@pytest.mark.parametrize(("source", "levels"), REACHES.items())
def test_directories_above_the_scripts_are_counted(source, levels):
    assert reach(source.encode()).levels == levels


def test_a_directory_that_holds_the_home_directory_is_not_taken_for_code(tmp_path, monkeypatch):
    """Nobody wants to copy all of /home out of a study."""
    script = tmp_path / "project/sub/train.py"
    script.parent.mkdir(parents=True)
    script.write_text("ROOT = Path(__file__).parent.parent\n")
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


def test_entries_of_sys_path_that_are_not_known_are_left_alone():
    source = (
        b"sys.path.append('/opt/lib')\nsys.path.insert(0, ROOT)\nsys.path += ['..']\nsys.path.remove('x')\n"
    )
    assert reach(source).levels == 0
