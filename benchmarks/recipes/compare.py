"""Fine-tunes one network by the default recipes of other tools, and by `trainer run` with nothing chosen.

    python benchmarks/recipes/compare.py --data quickstart/data other/data --weights W.safetensors \
        --seeds 5 --epochs 10 [--out out/recipes]

Needs PyTorch, torchvision and safetensors. A data set is a folder with train/ and val/, each with a folder a class.
The network is resnet20_cifar with the quickstart's weights. All have the same images, weights, epochs and batch size,
and each is scored as its tool delivers: by its best epoch on val/. What differs is what a person gets who chooses nothing:

- fastai: `fine_tune(epochs - 1, freeze_epochs=1)`: Adam with decoupled decay 0.01, one-cycle, the head alone at
  2e-3, then everything at slice(1e-5, 1e-3); RandomResizedCrop(min_scale=0.35), flip.
- Ultralytics: `optimizer=auto` of up to 10,000 steps: AdamW at round(0.002 * 5 / (4 + classes), 6), decay 5e-4,
  three epochs of warm-up, linear decay to a hundredth; RandomResizedCrop(scale=(0.5, 1)), flip, RandAugment.
- torchvision's reference: SGD 0.1, momentum 0.9, decay 1e-4, a tenth every 30 epochs; RandomResizedCrop, flip.
"""

import argparse, json, pathlib, subprocess, sys
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

MEAN, STD, SIDE = 0.286, 0.353, 32


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride > 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet20(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for n, (cin, cout, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)], 1):
            blocks = [Block(cin, cout, stride), Block(cout, cout, 1), Block(cout, cout, 1)]
            setattr(self, f"layer{n}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def network(weights, classes, seed):
    torch.manual_seed(seed)
    net = ResNet20(classes)
    state = {k: v for k, v in load_file(weights).items() if not k.startswith("fc.")}
    missing = net.load_state_dict(state, strict=False)
    assert set(missing.missing_keys) == {"fc.weight", "fc.bias"} and not missing.unexpected_keys
    return net


def loaders(data, augment, batch, seed):
    normal = [T.ToTensor(), T.Normalize([MEAN] * 3, [STD] * 3)]
    train = ImageFolder(data / "train", T.Compose(augment + normal))
    val = ImageFolder(data / "val", T.Compose([T.Resize((SIDE, SIDE))] + normal))
    order = torch.Generator().manual_seed(seed)
    return (
        torch.utils.data.DataLoader(train, batch, shuffle=True, generator=order),
        torch.utils.data.DataLoader(val, 100),
    )


def epoch(net, train, optimizer, schedule):
    net.train()
    for x, y in train:
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


@torch.no_grad()
def accuracy(net, val):
    net.eval()
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in val)
    return right / len(val.dataset)


def fastai(data, weights, seed, epochs, batch):
    augment = [T.RandomResizedCrop(SIDE, scale=(0.35, 1)), T.RandomHorizontalFlip()]
    train, val = loaders(data, augment, batch, seed)
    net = network(weights, len(train.dataset.classes), seed)
    norms = [p for m in net.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()]
    best = 0

    def fit(groups, n):
        nonlocal best
        optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), eps=1e-5, weight_decay=0.01)
        rates = [g["lr"] for g in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, rates, total_steps=n * len(train), pct_start=0.99 if n == 1 else 0.3,
            div_factor=25 if n == 1 else 5, final_div_factor=1e5)
        for _ in range(n):
            epoch(net, train, optimizer, schedule)
            best = max(best, accuracy(net, val))

    for p in net.parameters():
        p.requires_grad = False
    for p in list(net.fc.parameters()) + norms:
        p.requires_grad = True
    fit([{"params": list(net.fc.parameters()) + norms, "lr": 2e-3}], 1)
    for p in net.parameters():
        p.requires_grad = True
    body = [p for n, p in net.named_parameters() if not n.startswith("fc.")]
    half = len(body) // 2
    fit([{"params": body[:half], "lr": 1e-5}, {"params": body[half:], "lr": 1e-4},
         {"params": list(net.fc.parameters()), "lr": 1e-3}], epochs - 1)
    return best


def ultralytics(data, weights, seed, epochs, batch):
    augment = [T.RandomResizedCrop(SIDE, scale=(0.5, 1)), T.RandomHorizontalFlip(), T.RandAugment()]
    train, val = loaders(data, augment, batch, seed)
    classes = len(train.dataset.classes)
    net = network(weights, classes, seed)
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 5e-4}, {"params": plain, "weight_decay": 0}],
        lr=round(0.002 * 5 / (4 + classes), 6), betas=(0.9, 0.999))
    warm = 3 * len(train)

    def factor(step):
        linear = max(1 - step / len(train) / epochs, 0) * 0.99 + 0.01
        return linear * min(1, step / warm)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    best = 0
    for _ in range(epochs):
        epoch(net, train, optimizer, schedule)
        best = max(best, accuracy(net, val))
    return best


def torchvision_reference(data, weights, seed, epochs, batch):
    augment = [T.RandomResizedCrop(SIDE), T.RandomHorizontalFlip()]
    train, val = loaders(data, augment, batch, seed)
    net = network(weights, len(train.dataset.classes), seed)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 30 * len(train), 0.1)
    best = 0
    for _ in range(epochs):
        epoch(net, train, optimizer, schedule)
        best = max(best, accuracy(net, val))
    return best


def ours(trainer, out, data, weights, seed, epochs, batch):
    run = out / f"{data.name}-{seed}"
    if not (run / "model.pt").exists():
        command = [trainer, "run", "--data", data / "train", "--val", data / "val", "--arch", "resnet20_cifar",
                   "--weights", weights, "--epochs", epochs, "--batch-size", batch, "--seed", seed, "--threads", 1,
                   "-q", "--out", run]
        subprocess.run([str(word) for word in command], check=True)
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return max(json.loads(line)["val_accuracy"] for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", type=pathlib.Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--trainer", default="bin/trainer")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/recipes"))
    a = parser.parse_args()
    torch.set_num_threads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    recipes = {
        "trainer run": lambda d, s: ours(a.trainer, a.out, d, a.weights, s, a.epochs, a.batch),
        "fastai": lambda d, s: fastai(d, a.weights, s, a.epochs, a.batch),
        "Ultralytics": lambda d, s: ultralytics(d, a.weights, s, a.epochs, a.batch),
        "torchvision": lambda d, s: torchvision_reference(d, a.weights, s, a.epochs, a.batch),
    }
    scores = {name: [] for name in recipes}
    for data in a.data:
        for name, recipe in recipes.items():
            found = torch.tensor([recipe(data, seed) for seed in range(1, a.seeds + 1)], dtype=torch.float64)
            deviation = found.std().item() if a.seeds > 1 else 0
            scores[name].append(found.mean().item())
            print(f"{data.name:14} {name:12} {found.mean():.4f}  deviation {deviation:.4f}", flush=True)
    for name, means in scores.items():
        print(f"{'mean of sets':14} {name:12} {sum(means) / len(means):.4f}")


if __name__ == "__main__":
    sys.exit(main())
