"""The command line as it should have been."""

import pytest
import typer

from annotate.cli.app import COMMANDS, app, flowing
from annotate.cli.usage import Refused, usage_error


def refused(*argv):
    with pytest.raises(Refused) as error:
        typer.main.get_command(app(argv)).main(list(argv), prog_name="annotate", standalone_mode=False)
    return usage_error(error.value, argv)


@pytest.mark.parametrize(
    ("argv", "mended"),
    [
        (("run", "t.py", "--epochs", "3"), "annotate run t.py -- --epochs 3"),
        (("run", "t.py", "--epochs=3", "--fast", "-n", "4"), "annotate run t.py -n 4 -- --epochs=3 --fast"),
        (("run", "--quick", "--seed", "1", "t.py"), "annotate run --seed 1 t.py -- --quick"),
        (("run", "t.py", "--epochs", "3", "--", "-x"), "annotate run t.py -- --epochs 3 -x"),
        (("run", "t.py", "--maximize", "--name", "a b"), "annotate run t.py --maximize -- --name 'a b'"),
    ],
)
def test_options_of_the_script_are_put_behind_two_dashes(argv, mended):
    """The remedy is the whole command, ready to be typed."""
    assert mended in refused(*argv).remedy


def test_an_option_that_is_nearly_ours_is_taken_for_a_slip():
    """The nearest known option is named, not two dashes."""
    assert refused("run", "t.py", "--max-durations", "2h").remedy == "did you mean --max-duration?"


def test_another_command_sends_to_its_help():
    """Only `run` passes options on."""
    assert "annotate top --help" in refused("top", "--nonsense").remedy


def test_every_command_is_explained_with_words():
    """Help text is never missing."""
    for command in typer.main.get_command(app([])).commands.values():
        assert command.help, command.name


@pytest.mark.parametrize(
    ("argv", "message", "remedy"),
    [
        (("tpo",), "there is no command tpo", "did you mean `annotate top`?"),
        (("zzz",), "there is no command zzz", "`annotate --help` lists the commands"),
        (("top", "--format", "jsn"), "--format jsn is not known", "did you mean json?"),
        (("export", "--to", "Parqet"), "--to Parqet is not known", "did you mean parquet?"),
        (("best", "-f", "zzz"), "--format zzz is not known", "there are table, args, json, yaml"),
        (("top", "-n", "0"), "--count: it is at least 1", "top --help"),
        (("top", "-n", "many"), "--count: it is a whole number", "top --help"),
        (("import",), "missing argument 'FILE'", "import --help"),
        (("run", "t.py", "--trials"), "option '--trials' requires an argument", "`annotate run --help`"),
        (("t.py", "-n", "3"), "there is no command t.py", "a script is tuned by `annotate run t.py -n 3`"),
        (("a b.ipynb",), "there is no command a b.ipynb", "`annotate run 'a b.ipynb'`"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_known_name(argv, message, remedy):
    """Commands, formats and numbers, without the words of the libraries below."""
    refusal = refused(*argv)
    assert refusal.message == message
    assert remedy in refusal.remedy


def test_every_command_has_an_example():
    """What to type stands in its help."""
    for name, command in typer.main.get_command(app([])).commands.items():
        assert f"annotate {name}" in command.help, name


def test_one_command_is_made_where_one_is_named():
    """All of them take a tenth of a second, in which the trials of a short study would be over."""
    assert list(typer.main.get_command(app(["run", "train.py"])).commands) == ["run"]
    assert list(typer.main.get_command(app(["--help"])).commands) == list(COMMANDS)


def test_a_paragraph_of_the_help_is_broken_by_the_terminal_and_an_example_keeps_its_line():
    written = (
        "Do it.\n\n    [bold]annotate a[/bold]\n    [bold]annotate b[/bold]\n\n    What is\n    large.\n    "
    )
    assert flowing(written) == "Do it.\n\n[bold]annotate a[/bold]\n[bold]annotate b[/bold]\n\nWhat is large."
