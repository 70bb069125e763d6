"""Serves one ONNX file by Lapidary, LitServe, BentoML and DJL Serving, each in the form that its manual shows for images, and
lets `serve bench` compare them on the same JPEG files at 1, 8 and 64 clients: peers.py MODEL.onnx JPEGS. All decode, preprocess
and run on the CPU; each peer has a worker a core with one thread of ONNX Runtime, its faster form.
LAPIDARY_SERVE: the program, bin/serve of the checkout unless it is set. SECONDS_OF_ALL: of all rounds together, 150 unless it is set.
DJL_SERVING: the folder of DJL Serving, whose lib/ has its jars and those of ONNX Runtime's engine and PyTorch's, which it needs
for images; without it, it is left out.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HOME = pathlib.Path(__file__).resolve().parents[2]
CORES = len(os.sched_getaffinity(0))


class Network:
    """What either peer has around the file: torchvision's preprocessing, and the class of the greatest logit."""

    def __init__(self):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["PEER_MODEL"], options)
        self.input = self.session.get_inputs()[0].name

    def tensor(self, image):
        import numpy
        from PIL import Image
        image = image.convert("RGB")
        scale = 256 / min(image.size)
        image = image.resize([round(side * scale) for side in image.size], Image.BILINEAR)
        left, top = (image.width - 224) // 2, (image.height - 224) // 2
        levels = numpy.asarray(image.crop((left, top, left + 224, top + 224)), numpy.float32) / 255
        mean, std = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])
        return ((levels - mean) / std).transpose(2, 0, 1)[None]

    def best(self, tensor):
        logits = self.session.run(None, {self.input: tensor})[0]
        return int(logits[0].argmax())


try:
    import litserve
    from fastapi import UploadFile
    from PIL import Image

    class Api(litserve.LitAPI):
        def setup(self, device):
            self.network = Network()

        def decode_request(self, request: UploadFile):
            return self.network.tensor(Image.open(request.file))

        def predict(self, tensor):
            return self.network.best(tensor)

        def encode_response(self, output):
            return {"class": output}
except ImportError:
    litserve = None

try:
    import bentoml
    from PIL.Image import Image as PilImage

    @bentoml.service(workers=CORES)
    class Classify:
        def __init__(self):
            self.network = Network()

        @bentoml.api
        def predict(self, request: PilImage) -> dict:
            return {"class": self.network.best(self.network.tensor(request))}
except ImportError:
    bentoml = None


def djl_serving(home, model, port, work):
    """Its command, for a model store of one model, and where it answers."""
    folder = work / "djl" / "models" / "mobilenet"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mobilenet.onnx").write_bytes(pathlib.Path(model).read_bytes())
    (folder / "synset.txt").write_text("".join(f"{i}\n" for i in range(1000)))
    (folder / "serving.properties").write_text(f"""engine=OnnxRuntime
option.modelName=mobilenet
option.intraOpNumThreads=1
option.interOpNumThreads=1
minWorkers={CORES}
maxWorkers={CORES}
translatorFactory=ai.djl.modality.cv.translator.ImageClassificationTranslatorFactory
width=224
height=224
centerCrop=true
resize=true
normalize=true
applySoftmax=true
topK=1
""")
    settings = work / "djl" / "config.properties"
    settings.write_text(f"inference_address=http://127.0.0.1:{port}\nmanagement_address=http://127.0.0.1:{port}\n"
                        f"model_store={folder.parent}\nload_models=ALL\n")
    classes = os.pathsep.join([f"{home}/lib/*"] + ([f"{home}/classes"] if os.path.isdir(f"{home}/classes") else []))
    return (["java", "-Dai.djl.offline=true", "-cp", classes, "ai.djl.serving.ModelServer", "-f", str(settings)],
            "/ping", "/predictions/mobilenet")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(command, log, **environment):
    return subprocess.Popen(
        command, stdout=log, stderr=log, start_new_session=True, cwd=pathlib.Path(__file__).parent,
        env={**os.environ, "OMP_WAIT_POLICY": "passive", "BENTOML_DO_NOT_TRACK": "true", **environment})


def await_answer(name, url, process, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return True
        except OSError:
            time.sleep(0.5)
    print(f"SKIPPED: {name} does not answer at {url}", file=sys.stderr)
    return False


def main(model, images):
    serve = os.environ.get("LAPIDARY_SERVE", str(HOME / "bin" / "serve"))
    model = str(pathlib.Path(model).resolve())
    ports = {name: free_port() for name in ("lapidary", "litserve", "bentoml", "djl")}
    work = HOME / "target" / "serving"
    work.mkdir(parents=True, exist_ok=True)
    commands = {
        "lapidary": ([serve, "run", "--model", model, "--port", str(ports["lapidary"])], "/v2/health/ready", "/predict"),
        "litserve": ([sys.executable, __file__, "litserve", str(ports["litserve"])], "/health", "/predict"),
        "bentoml": ([sys.executable, "-m", "bentoml", "serve", "peers:Classify", "--port", str(ports["bentoml"])],
                    "/readyz", "/predict"),
    }
    if os.environ.get("DJL_SERVING"):
        commands["djl"] = djl_serving(os.environ["DJL_SERVING"], model, ports["djl"], work)
    else:
        print("SKIPPED: DJL Serving, since DJL_SERVING names no folder", file=sys.stderr)
    processes, urls = [], []
    try:
        for name, (command, health, path) in commands.items():
            with open(work / f"{name}.log", "w") as log:
                process = start(command, log, PEER_MODEL=model, **({"OMP_NUM_THREADS": "1"} if name == "djl" else {}))
            processes.append(process)
            base = f"http://127.0.0.1:{ports[name]}"
            if await_answer(name, base + health, process):
                urls.append(base + path)
                print(f"{name}: {base + path}", file=sys.stderr)
        time.sleep(15)  # Lapidary measures its network while nothing is asked
        arguments = [word for url in urls for word in ("--url", url)]
        return subprocess.call(
            [serve, "bench", *arguments, "--form-field", "request", "--images", images, "--concurrency", "1,8,64",
             "--rounds", "5", "--seconds", os.environ.get("SECONDS_OF_ALL", "150")])
    finally:
        for process in processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(20)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "litserve":
        litserve.LitServer(Api(), accelerator="cpu", workers_per_device=CORES).run(
            host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
    else:
        sys.exit(main(sys.argv[1], sys.argv[2]))
