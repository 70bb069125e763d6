"""The five small data sets of compare.py, each a folder with train/, val/ and test/, and in them a folder a class.

Nothing of them was looked at while the recipe of `trainer run` was chosen: that was done on other images of
Fashion-MNIST, those in quickstart/data/train and 40 a class of quickstart/data/val.

- quickstart: quickstart/data/train (100 a class); what is measured are other images of the package.
- few: 20 a class of the quickstart's classes, none of the images above.
- ten: 20 a class of all ten classes; the weights know five of them from other images.
- stamps: photographs and drawings of Tux Paint (animals, food, flowers, houses, money), cut out; as many as there
  are of each, 20 to 67, half of them to train on.
- walls: crops of photographs among the wallpapers; the class is the wallpaper. Those to train on are of its left half,
  the others of its right, so that no pixel is in both.
"""

import gzip, pathlib, random, shutil, subprocess
from PIL import Image

PACKAGES = ["dataset-fashion-mnist", "tuxpaint-stamps-default", "mate-backgrounds", "lomiri-wallpapers-16.04",
            "lomiri-wallpapers-20.04"]
NAMES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle-boot"]
STAMPS = ["animals/mammals", "animals/birds", "animals/insects", "food/fruit", "plants/flowers", "town/houses",
          "symbols/money"]
SIDE = 72


def fetch(folder):
    """The packages, unpacked into FOLDER/packages: nothing is installed."""
    subprocess.run(["apt-get", "download", "-q"] + PACKAGES, cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "packages")], check=True)


def make(folder, repository):
    sets = folder / "sets"
    shutil.rmtree(sets, ignore_errors=True)
    fashion(folder, sets, repository)
    stamps(folder, sets / "stamps")
    walls(folder, sets / "walls")


def save(image, to, part, label, name):
    path = to / part / label / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def fashion(folder, sets, repository):
    source = next((folder / "packages").glob("**/fashion-mnist"))
    train, test = by_class(source, "train"), by_class(source, "t10k")
    odd = NAMES[1::2]
    shutil.copytree(repository / "quickstart/data/train", sets / "quickstart/train")
    take(sets / "quickstart", "val", train, odd, 3000, 20)
    take(sets / "quickstart", "test", test, odd, 200, 60)
    take(sets / "few", "train", train, odd, 4000, 20)
    take(sets / "few", "val", train, odd, 4500, 20)
    take(sets / "few", "test", test, odd, 400, 60)
    take(sets / "ten", "train", train, NAMES, 5000, 20)
    take(sets / "ten", "val", train, NAMES, 5500, 10)
    take(sets / "ten", "test", test, NAMES, 600, 30)


def by_class(source, part):
    labels = gzip.decompress((source / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    pixels = gzip.decompress((source / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    images = {name: [] for name in NAMES}
    for i, label in enumerate(labels):
        images[NAMES[label]].append(pixels[784 * i:784 * i + 784])
    return images


def take(to, part, images, names, start, count):
    for name in names:
        for i, pixels in enumerate(images[name][start:start + count]):
            save(Image.frombytes("L", (28, 28), pixels), to, part, name, i)


def stamps(folder, to):
    root = next((folder / "packages").glob("**/tuxpaint/stamps"))
    dice = random.Random(1)
    for kind in STAMPS:
        files = sorted(f for f in (root / kind).glob("**/*.png") if not f.stem.endswith(("_mirror", "_flip")))
        dice.shuffle(files)
        held = len(files) // 3
        for i, file in enumerate(files):
            part = "test" if i < held else "val" if i < 3 * held // 2 else "train"
            cut = Image.open(file).convert("RGBA")
            side = max(cut.size)
            square = Image.new("RGBA", (side, side), "white")
            square.alpha_composite(cut, ((side - cut.width) // 2, (side - cut.height) // 2))
            save(square.convert("RGB").resize((SIDE, SIDE), Image.BICUBIC), to, part, kind.split("/")[1], file.stem)


def walls(folder, to):
    Image.MAX_IMAGE_PIXELS = None
    backgrounds = next((folder / "packages").glob("**/share/backgrounds"))
    files = sorted(f for f in backgrounds.glob("**/*.jpg") if "_by_" in f.name or f.parent.name == "nature")[::2]
    dice = random.Random(2)
    for n, file in enumerate(files):
        whole = Image.open(file).convert("RGB")
        whole = whole.resize((640, 640 * whole.height // whole.width), Image.BICUBIC)
        for part, left, right, count in [("train", 0, 320, 12), ("val", 320, 640, 5), ("test", 320, 640, 12)]:
            for i in range(count):
                side = dice.randint(96, 240)
                x, y = dice.randint(left, right - side), dice.randint(0, whole.height - side)
                crop = whole.crop((x, y, x + side, y + side)).resize((SIDE, SIDE), Image.BICUBIC)
                save(crop, to, part, f"{n:02d}-{file.stem}", i)
