"""Train an image classifier on CIFAR-10, or on a folder of images.

    python train.py                                     plain training with the defaults below
    python train.py --model small_cnn --lr 0.01         the same, other values
    annotate run train.py --trials 20 -- --epochs 5     twenty trials over the annotated values

--data-dir holds CIFAR-10 as torchvision keeps it (cifar-10-batches-py; --download fetches it) or images in
train/<class>/ and test/<class>/. Without either, scikit-learn's handwritten digits are used.
What is reported is the accuracy on a fifth of the training images, held out; the test images are looked
at once, at the end.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, models
from torchvision.transforms import v2

SIZE = 32  # pixels, each side


def read_data(data_dir, limit, download):
    """Images (N x 3 x 32 x 32 bytes) and labels to train on, the same to test on, and the number of classes."""
    root = data_dir or Path("data")
    if download or (root / "cifar-10-batches-py").is_dir():
        print(f"data: CIFAR-10 in {root}")
        parts = [datasets.CIFAR10(root, train=train, download=download) for train in (True, False)]
        arrays = [some((part.data, np.array(part.targets)), limit) for part in parts]
    elif (root / "train").is_dir() and (root / "test").is_dir():
        print(f"data: the images in {root}/train and {root}/test")
        parts = [datasets.ImageFolder(root / name) for name in ("train", "test")]
        if parts[0].classes != parts[1].classes:
            sys.exit(f"{root}: train and test hold different classes")
        arrays = [read_images(*some(list(zip(*part.samples)), limit)) for part in parts]
    elif data_dir:
        sys.exit(f"{root} holds neither cifar-10-batches-py nor train/<class>/ and test/<class>/")
    else:
        print("data: no images in --data-dir, so scikit-learn's handwritten digits, scaled to 32x32")
        digits = load_digits()
        images = F.interpolate(torch.tensor(digits.images)[:, None] * 255 / 16, SIZE, mode="bilinear")
        images = images.byte().permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy()
        split = train_test_split(images, digits.target, test_size=0.2, stratify=digits.target, random_state=0)
        arrays = [some(split[0::2], limit), some(split[1::2], limit)]
    classes = int(max(labels.max() for _, labels in arrays)) + 1
    images, labels, test_images, test_labels = (torch.tensor(array) for pair in arrays for array in pair)
    return images.permute(0, 3, 1, 2), labels, test_images.permute(0, 3, 1, 2), test_labels, classes


def some(arrays, limit):
    """At most `limit` of the rows, always the same ones."""
    rows = np.random.default_rng(0).permutation(len(arrays[0]))[:limit]
    return [np.asarray(array)[rows] for array in arrays]


def read_images(paths, labels):
    images = [Image.open(path).convert("RGB").resize((SIZE, SIZE)) for path in paths]
    return np.stack([np.asarray(image) for image in images]), labels


class Images(Dataset):
    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


class Cutout:
    """Paint a square grey whose centre lies anywhere in the image (DeVries and Taylor, 2017)."""

    def __init__(self, length):
        self.length = length

    def __call__(self, image):
        top, left = (torch.randint(SIZE, (2,)) - self.length // 2).tolist()
        image = image.clone()
        image[:, max(top, 0) : top + self.length, max(left, 0) : left + self.length] = 128
        return image


class SmallCNN(nn.Module):
    """Three convolutions and a linear layer."""

    def __init__(self, num_classes):
        super().__init__()
        """@nni.variable(nni.choice(16, 32, 64), name=width)"""
        width = 32
        dropout = 0.2  # @nni.uniform(0, 0.5)
        channels = [3, width, 2 * width, 4 * width]
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
            for i, o in zip(channels, channels[1:])
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(4 * width * 16, num_classes))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
            """@nni.function_choice(F.max_pool2d(x, 2), F.avg_pool2d(x, 2), name=pool)"""
            x = F.max_pool2d(x, 2)
        return self.head(x)


def make_optimizer(name, parameters, lr, weight_decay):
    if name == "adam":
        return torch.optim.Adam(parameters, lr=lr, weight_decay=weight_decay)
    momentum = 0.9  # @nni.uniform(0.8, 0.99)
    optimizer = torch.optim.SGD if name == "sgd" else torch.optim.RMSprop
    return optimizer(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay)


@torch.no_grad()
def measure_accuracy(model, loader, device):
    model.eval()
    hits = sum((model(x.to(device)).argmax(1).cpu() == y).sum().item() for x, y in loader)
    return hits / len(loader.dataset)


def parse_args():
    parser = argparse.ArgumentParser(description="Train an image classifier on CIFAR-10.")
    parser.add_argument("--data-dir", type=Path, help="CIFAR-10 or a folder of images (default: data)")
    parser.add_argument("--download", action="store_true", help="download CIFAR-10 into --data-dir")
    parser.add_argument("--limit", type=int, help="read at most so many training and so many test images")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that load images")
    parser.add_argument(
        "--model",
        default="resnet18",
        help="small_cnn, or any classifier of torchvision",
    )  # @nni.choice("resnet18", "squeezenet1_1", "shufflenet_v2_x0_5", "small_cnn")
    parser.add_argument("--optimizer", default="sgd")  # @nni.choice("sgd", "adam", "rmsprop")
    parser.add_argument("--lr", type=float, default=0.01)  # @nni.loguniform(1e-4, 0.5)
    parser.add_argument("--weight-decay", type=float, default=5e-4)  # @nni.loguniform(1e-5, 1e-2)
    parser.add_argument("--batch-size", type=int, default=64)  # @nni.choice(32, 64, 128, 256)
    return parser.parse_args()


def main():
    args = parse_args()
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    images, labels, test_images, test_labels, classes = read_data(args.data_dir, args.limit, args.download)
    held_out = len(images) // 5
    flip = 0.5  # @nni.uniform(0, 0.5)
    cutout = 8  # @nni.quniform(0, 16, 4)
    plain = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5] * 3, [0.25] * 3)])
    crop = v2.RandomCrop(SIZE, padding=4)
    augment = v2.Compose([crop, v2.RandomHorizontalFlip(flip), Cutout(cutout), plain])
    train_set = Images(images[held_out:], labels[held_out:], augment)
    validation_set = Images(images[:held_out], labels[:held_out], plain)
    batch_size = min(args.batch_size, len(train_set))
    train = DataLoader(train_set, batch_size, shuffle=True, drop_last=True, num_workers=args.workers)
    validation = DataLoader(validation_set, 256, num_workers=args.workers)

    make_model = SmallCNN if args.model == "small_cnn" else partial(models.get_model, args.model)
    model = make_model(num_classes=classes).to(device)
    optimizer = make_optimizer(args.optimizer, model.parameters(), args.lr, args.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * len(train))

    for epoch in range(args.epochs):
        model.train()
        for x, y in train:
            loss = F.cross_entropy(model(x.to(device)), y.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        accuracy = measure_accuracy(model, validation, device)
        print(f"epoch {epoch + 1}/{args.epochs}  loss {loss.item():.3f}  accuracy {accuracy:.4f}", flush=True)
        """@nni.report_intermediate_result(accuracy)"""

    test = measure_accuracy(model, DataLoader(Images(test_images, test_labels, plain), 256), device)
    print(f"final accuracy {accuracy:.4f}, on the test images {test:.4f}")
    """@nni.report_final_result(accuracy)"""


if __name__ == "__main__":
    main()
