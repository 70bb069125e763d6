#!/usr/bin/env python3
"""Makes `.pt2` archives of torchvision's and timm's classifiers and tries `exporter onnx` on each.

A comparison program: the product itself needs no Python. It needs torch, torchvision and, for
timm's networks, timm (`pip install torch torchvision timm`), and takes a folder for its results:

    python benchmarks/pt2/zoo.py make  FOLDER [torchvision|timm]
    python benchmarks/pt2/zoo.py try   FOLDER [EXPORTER]     (bin/exporter unless named)
    python benchmarks/pt2/zoo.py count FOLDER

`make` exports each network in a process of its own, with random weights and a dynamic batch of 1 to
64; networks of more than 100 million parameters are left out, and of timm each model file's smallest
variant is taken. `try` exports every archive that has no result yet. Both may be stopped and
started again: FOLDER/NAME.made.json and FOLDER/NAME.tried.json say what is done. `count` prints how
many converted and agreed with libtorch, and the reasons of those that did not.
"""
import collections
import json
import pathlib
import subprocess
import sys

LIMIT = 100_000_000
SECONDS = 600


def torchvision_names():
    import torchvision

    return [
        name
        for name in torchvision.models.list_models(module=torchvision.models)
    ]


def timm_names():
    """The smallest variant of each model file, by the parameters of a network without storage."""
    import timm
    import torch

    smallest = {}
    for module in sorted(timm.list_modules()):
        for name in sorted(timm.list_models(module=module)):
            try:
                with torch.device("meta"):
                    net = timm.create_model(name)
                count = sum(p.numel() for p in net.parameters())
                classifies = getattr(net, "num_classes", 0) > 0
            except Exception:
                continue
            if classifies and (module not in smallest or count < smallest[module][0]):
                smallest[module] = (count, name)
    return [name for count, name in smallest.values() if count <= LIMIT]


def size_of(library, name, net):
    if library == "timm":
        return list(net.default_cfg.get("input_size", (3, 224, 224)))
    return [3, 299, 299] if name == "inception_v3" else [3, 224, 224]


def randomize(net):
    """Statistics that tell a wrong network from a right one, and what is zero at first (heads,
    scales of whole blocks, 1e-6 in some) so that every part of a network counts."""
    import torch

    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in list(net.named_parameters()) + list(net.named_buffers()):
            if not value.is_floating_point() or value.numel() == 0:
                continue
            noise = torch.rand(value.shape, generator=generator)
            if name.endswith("running_var"):
                value.copy_(1 + 0.5 * noise)
            elif name.endswith("running_mean"):
                value.copy_(0.2 * noise - 0.1)
            elif bool((value.abs() <= 1e-3).all()):
                value.copy_(0.2 * noise - 0.1)


def make_one(folder, library, name):
    """In a process of its own."""
    result = {"library": library, "name": name}
    try:
        import torch

        torch.manual_seed(0)
        if library == "torchvision":
            import torchvision

            extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            net = torchvision.models.get_model(name, weights=None, **extra)
        else:
            import timm

            net = timm.create_model(name)
        result["parameters"] = sum(p.numel() for p in net.parameters())
        if result["parameters"] > LIMIT:
            result["skipped"] = "more than 100 million parameters"
        else:
            randomize(net)
            net.eval()
            size = size_of(library, name, net)
            batch = torch.export.Dim("batch", min=1, max=64)
            program = torch.export.export(
                net, (torch.rand(2, *size),), dynamic_shapes=({0: batch},), strict=False
            )
            torch.export.save(program, str(folder / f"{name}.pt2"))
            result["input"] = "x".join(str(s) for s in size)
    except Exception as error:
        result["failed"] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    (folder / f"{name}.made.json").write_text(json.dumps(result))


def make(folder, libraries):
    for library in libraries:
        listing = folder / f"{library}.names.json"
        if not listing.exists():
            names = torchvision_names() if library == "torchvision" else timm_names()
            listing.write_text(json.dumps(names))
        for name in json.loads(listing.read_text()):
            done = folder / f"{name}.made.json"
            if done.exists():
                continue
            print("make", library, name, flush=True)
            command = [sys.executable, __file__, "make-one", str(folder), library, name]
            try:
                subprocess.run(command, timeout=SECONDS, check=False, stderr=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                pass
            if not done.exists():
                failed = {"library": library, "name": name, "failed": "the process ended or took too long"}
                done.write_text(json.dumps(failed))


def attempt(folder, exporter, made):
    name = made["name"]
    out = folder / f"{name}.onnx"
    command = exporter + ["onnx", str(folder / f"{name}.pt2"), "--input", made["input"]]
    command += ["--out", str(out), "--force", "--json"]
    try:
        done = subprocess.run(command, timeout=SECONDS, capture_output=True, text=True, check=False)
        code, said = done.returncode, (done.stdout if done.returncode == 0 else done.stderr)
    except subprocess.TimeoutExpired:
        code, said = -1, f"took more than {SECONDS} s"
    for file in folder.glob(f"{name}.onnx*"):
        file.unlink()
    last = (said.strip().splitlines() or [""])[-1]
    return {"name": name, "library": made["library"], "code": code, "said": last[:600]}


def try_all(folder, exporter):
    for file in sorted(folder.glob("*.made.json")):
        made = json.loads(file.read_text())
        tried = folder / f"{made['name']}.tried.json"
        if "input" in made and not tried.exists():
            result = attempt(folder, exporter, made)
            tried.write_text(json.dumps(result))
            print(result["name"], result["code"], result["said"][:200], flush=True)


def count(folder):
    for library in ("torchvision", "timm"):
        made = [json.loads(f.read_text()) for f in sorted(folder.glob("*.made.json"))]
        made = [m for m in made if m["library"] == library]
        tried = [json.loads(f.read_text()) for f in sorted(folder.glob("*.tried.json"))]
        tried = [t for t in tried if t["library"] == library]
        agreed = [t for t in tried if t["code"] == 0]
        print(f"{library}: {len(made)} networks, {sum('skipped' in m for m in made)} too large,"
              f" {sum('failed' in m for m in made)} not exported by torch,"
              f" {len(tried)} tried, {len(agreed)} converted and agreed")
        for m in made:
            if "failed" in m:
                print(f"  torch: {m['name']}: {m['failed']}")
        reasons = collections.defaultdict(list)
        for t in tried:
            if t["code"] != 0:
                reasons[f"exit {t['code']}: {t['said']}"].append(t["name"])
        for reason, names in reasons.items():
            print(f"  {', '.join(names)}: {reason}")


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("make", "make-one", "try", "count"):
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    if arguments[0] == "make":
        make(folder, arguments[2:] or ["torchvision", "timm"])
    elif arguments[0] == "make-one":
        make_one(folder, arguments[2], arguments[3])
    elif arguments[0] == "try":
        root = pathlib.Path(__file__).resolve().parents[2]
        try_all(folder, arguments[2:] or [str(root / "bin" / "exporter")])
    else:
        count(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
