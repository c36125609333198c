"""The CIFAR example is a plain script that needs no annotate, and reads what it says it reads."""

from __future__ import annotations

import pickle
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples import plain

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch
SCRIPT = plain.EXAMPLES / "annotated_cifar" / "train.py"
QUICK = ("--epochs", "1", "--model", "small_cnn")


def write_image_folder(root: Path, classes: dict[str, tuple[int, int, int]]) -> None:
    """Four 40x30 images of one colour for each class and part, as PNG and as JPEG in turn."""
    from PIL import Image

    for part in ("train", "test"):
        for name, colour in classes.items():
            (root / part / name).mkdir(parents=True)
            for n in range(4):
                Image.new("RGB", (40, 30), colour).save(root / part / name / f"{n}.{('png', 'jpg')[n % 2]}")


def write_cifar(root: Path) -> None:
    """CIFAR-10's pickles with two black images each."""
    import numpy as np

    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    batch = {"data": np.zeros((2, 3072), np.uint8), "labels": [0, 9]}
    for name in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]:
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(n) for n in range(10)]}))


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch):
    """The example as a module."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    monkeypatch.delitem(sys.modules, "train", raising=False)
    import train

    yield train
    del sys.modules["train"]


def test_it_trains_on_digits_where_there_is_no_data_and_says_so(tmp_path: Path) -> None:
    done = plain.run_plainly(SCRIPT, "--epochs", "2", "--model", "small_cnn", "--lr", "0.01", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "scikit-learn's handwritten digits" in done.stdout.splitlines()[0]
    assert len(re.findall(r"^epoch \d/2 ", done.stdout, re.MULTILINE)) == 2
    accuracy = re.search(r"^final accuracy ([\d.]+), on the test images ([\d.]+)$", done.stdout, re.MULTILINE)
    assert accuracy is not None
    assert 0.4 < float(accuracy[1]) <= 1


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    first, second = (
        plain.run_plainly(SCRIPT, *QUICK, "--limit", "300", cwd=tmp_path).stdout for _ in range(2)
    )
    assert "final accuracy" in first
    assert first == second


def test_it_trains_on_a_folder_of_images_with_processes_that_load_them(tmp_path: Path) -> None:
    write_image_folder(tmp_path, {"red": (255, 0, 0), "blue": (0, 0, 255)})
    done = plain.run_plainly(SCRIPT, *QUICK, "--data-dir", str(tmp_path), "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"data: the images in {tmp_path}/train and {tmp_path}/test\n")


def test_a_data_folder_without_data_is_an_error_and_nothing_is_downloaded(tmp_path: Path) -> None:
    done = plain.run_plainly(SCRIPT, *QUICK, "--data-dir", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr == f"{tmp_path} holds neither cifar-10-batches-py nor train/<class>/ and test/<class>/\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_images_of_any_size_become_bytes_of_one_shape_with_their_own_labels(train, tmp_path: Path) -> None:
    write_image_folder(tmp_path, {"a_red": (250, 0, 0), "b_blue": (0, 0, 250)})
    images, labels, test_images, test_labels, classes = train.read_data(tmp_path, None, download=False)
    assert images.shape == test_images.shape == (8, 3, 32, 32)
    assert classes == 2
    for image, label in zip((*images, *test_images), (*labels, *test_labels), strict=True):
        red, _, blue = image.float().mean((1, 2)).tolist()
        assert (red > 200, blue > 200) == (label == 0, label == 1)


def test_a_limit_takes_the_same_images_every_time(train, tmp_path: Path) -> None:
    write_image_folder(tmp_path, {"a": (9, 9, 9), "b": (90, 90, 90), "c": (200, 200, 200)})
    first, second = (train.read_data(tmp_path, 5, download=False) for _ in range(2))
    assert len(first[0]) == len(first[3]) == 5
    assert (first[0] == second[0]).all()
    assert (first[1] == second[1]).all()


def test_classes_that_differ_between_train_and_test_are_refused(train, tmp_path: Path) -> None:
    write_image_folder(tmp_path, {"a": (9, 9, 9), "b": (90, 90, 90)})
    (tmp_path / "test" / "b").rename(tmp_path / "test" / "c")
    with pytest.raises(SystemExit, match="different classes"):
        train.read_data(tmp_path, None, download=False)


def test_cifar_is_read_as_torchvision_keeps_it(train, tmp_path: Path, capsys, monkeypatch) -> None:
    write_cifar(tmp_path)
    monkeypatch.setattr(
        "torchvision.datasets.cifar.check_integrity", lambda *_: True
    )  # two images, not 10,000
    images, labels, test_images, _, classes = train.read_data(tmp_path, None, download=False)
    assert (images.shape, test_images.shape, classes) == ((10, 3, 32, 32), (2, 3, 32, 32), 10)
    assert sorted(labels.tolist()) == [0] * 5 + [9] * 5
    assert capsys.readouterr().out == f"data: CIFAR-10 in {tmp_path}\n"


@pytest.mark.parametrize("length", [0, 4, 7, 16])
def test_cutout_paints_one_square_at_most_and_leaves_the_original_alone(train, length: int) -> None:
    import torch

    torch.manual_seed(0)
    original = torch.zeros(3, 32, 32, dtype=torch.uint8)
    painted = [int((train.Cutout(length)(original)[0] == 128).sum()) for _ in range(200)]
    assert original.sum() == 0
    assert max(painted) == length * length
    assert min(painted) >= (length // 2) ** 2
