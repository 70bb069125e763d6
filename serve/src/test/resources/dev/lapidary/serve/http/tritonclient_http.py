"""Calls of Triton's own HTTP client against a server of TinyModels: the name of the server's host
and port is the first argument. The model "tiny" answers each image with the mean of its channels;
"typed" (no card) gives its INT64 and STRING inputs back."""
import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

client = http.InferenceServerClient(sys.argv[1])
png = bytes.fromhex(sys.argv[2])  # 8 x 8, of the colour (10, 200, 30)
expected = np.array([10, 200, 30], np.float32) / 255


def infer(inputs, outputs=None, model="tiny", **more):
    return client.infer(model, inputs, outputs=outputs, **more)


def tensor(array, name="input", datatype=None, binary=True):
    types = {"float32": "FP32", "int64": "INT64", "object": "BYTES", "uint8": "UINT8"}
    own = http.InferInput(name, list(array.shape), datatype or types[str(array.dtype)])
    own.set_data_from_numpy(array, binary_data=binary)
    return own


def refused(call, words):
    try:
        call()
    except InferenceServerException as e:
        assert words in e.message(), e.message()
    else:
        raise AssertionError("not refused: " + words)


# Health and metadata.
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("tiny") and client.is_model_ready("tiny", "7")
assert not client.is_model_ready("none") and not client.is_model_ready("tiny", "8")
server = client.get_server_metadata()
assert server["name"] == "lapidary" and "binary_tensor_data" in server["extensions"]
meta = client.get_model_metadata("tiny")
assert meta == {
    "name": "tiny",
    "versions": ["7"],
    "platform": "onnx_onnxv1",
    "inputs": [{"name": "input", "datatype": "FP32", "shape": [-1, 3, 8, 8]}],
    "outputs": [{"name": "logits", "datatype": "FP32", "shape": [-1, 3]}],
}, meta
config = client.get_model_config("tiny", "7")
assert config["max_batch_size"] == 32 and config["input"][0]["dims"] == [3, 8, 8]
refused(lambda: client.get_model_metadata("none"), "there is no such model")

# Tensors: binary and JSON, each way, one and several, by version, with an id, compressed.
batch = np.random.default_rng(1).random((4, 3, 8, 8), np.float32)
means = batch.mean((2, 3))
for binary in (True, False):
    for wanted in (None, [http.InferRequestedOutput("logits", binary_data=True)],
                   [http.InferRequestedOutput("logits", binary_data=False)]):
        result = infer([tensor(batch, binary=binary)], wanted, request_id="a b")
        assert result.get_response()["id"] == "a b"
        assert result.get_response()["model_name"] == "tiny"
        assert result.get_response()["model_version"] == "7"
        np.testing.assert_allclose(result.as_numpy("logits"), means, rtol=1e-5)
for coding in ("gzip", "deflate"):
    result = infer([tensor(batch)], model_version="7", request_compression_algorithm=coding,
                   response_compression_algorithm=coding, timeout=20_000_000, priority=1)
    np.testing.assert_allclose(result.as_numpy("logits"), means, rtol=1e-5)
pending = [client.async_infer("tiny", [tensor(batch[i:i + 1])]) for i in range(4)]
for i, each in enumerate(pending):
    np.testing.assert_allclose(each.get_result().as_numpy("logits"), means[i:i + 1], rtol=1e-5)

# Classification.
classes = infer([tensor(batch)], [http.InferRequestedOutput("logits", class_count=2)])
texts = classes.as_numpy("logits")
assert texts.shape == (4, 2), texts.shape
for row, mean in zip(texts, means):
    value, index, label = row[0].decode().split(":")
    assert int(index) == mean.argmax() and label == ("red", "green", "blue")[int(index)]
    assert abs(float(value) - mean.max()) < 1e-4

# Image files.
images = np.array([png, png], dtype=np.object_)
result = infer([tensor(images)])
np.testing.assert_allclose(result.as_numpy("logits"), [expected, expected], rtol=1e-5)
best = infer([tensor(images)], [http.InferRequestedOutput("logits", class_count=1)])
assert best.as_numpy("logits")[0][0].decode().endswith(":1:green")
refused(lambda: infer([tensor(np.array([b"no image"], dtype=np.object_))]), "image 0: expected JPEG")

# Other types, and text.
numbers = np.array([[1, -2**63, 2**63 - 1]], np.int64)
words = np.array([["a", "ü", "漢"]], dtype=np.object_)
for binary in (True, False):
    result = infer([tensor(numbers, "numbers", binary=binary), tensor(words, "words", binary=binary)],
                   [http.InferRequestedOutput("same_numbers", binary_data=binary),
                    http.InferRequestedOutput("same_words", binary_data=binary)], "typed")
    assert (result.as_numpy("same_numbers") == numbers).all()
    got = [w.decode() if isinstance(w, bytes) else w for w in result.as_numpy("same_words").flat]
    assert got == ["a", "ü", "漢"], got

# Errors.
refused(lambda: infer([tensor(batch[:, :2])]), "expected [-1, 3, 8, 8]")
refused(lambda: infer([tensor(batch, "other")]), "the model has no input 'other'")
refused(lambda: infer([tensor(batch)], [http.InferRequestedOutput("x")]), "no output 'x'")
refused(lambda: infer([tensor(np.zeros((33, 3, 8, 8), np.float32))]), "a batch of 33, expected 1..32")
refused(lambda: infer([tensor(batch)], model="none"), "there is no such model")

# Statistics and the repository.
stats = client.get_inference_statistics("tiny")["model_stats"][0]
assert stats["inference_count"] >= 4 * 8 and stats["inference_stats"]["success"]["count"] >= 8
assert stats["execution_count"] == sum(b["compute_infer"]["count"] for b in stats["batch_stats"])
assert len(client.get_inference_statistics()["model_stats"]) == 2
index = client.get_model_repository_index()
assert {(m["name"], m["state"]) for m in index} == {("tiny", "READY"), ("typed", "READY")}, index
client.unload_model("typed")
assert not client.is_model_ready("typed")
client.load_model("typed")
assert client.is_model_ready("typed") and client.is_server_ready()
refused(lambda: client.load_model("none"), "no model of this name")
print("tritonclient.http: all calls answered")
