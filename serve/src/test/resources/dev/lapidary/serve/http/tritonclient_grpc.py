"""Calls of Triton's own gRPC client against a server of TinyModels: host and port of its gRPC are
the first argument. The model "tiny" answers each image with the mean of its channels; "typed" (no
card) gives its INT64 and STRING inputs back."""
import queue
import sys

import numpy as np
import tritonclient.grpc as grpc
from tritonclient.utils import InferenceServerException

client = grpc.InferenceServerClient(sys.argv[1])
png = bytes.fromhex(sys.argv[2])  # 8 x 8, of the colour (10, 200, 30)
expected = np.array([10, 200, 30], np.float32) / 255


def infer(inputs, outputs=None, model="tiny", **more):
    return client.infer(model, inputs, outputs=outputs, **more)


def tensor(array, name="input"):
    types = {"float32": "FP32", "int64": "INT64", "object": "BYTES", "uint8": "UINT8"}
    own = grpc.InferInput(name, list(array.shape), types[str(array.dtype)])
    own.set_data_from_numpy(array)
    return own


def refused(call, status, words):
    try:
        call()
    except InferenceServerException as e:
        assert words in e.message() and e.status() == "StatusCode." + status, (e.status(), e.message())
    else:
        raise AssertionError("not refused: " + words)


# Health and metadata.
assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("tiny") and client.is_model_ready("tiny", "7")
assert not client.is_model_ready("none") and not client.is_model_ready("tiny", "8")
server = client.get_server_metadata()
assert server.name == "lapidary" and server.version and "statistics" in server.extensions
meta = client.get_model_metadata("tiny", as_json=True)
assert meta == {
    "name": "tiny",
    "versions": ["7"],
    "platform": "onnx_onnxv1",
    "inputs": [{"name": "input", "datatype": "FP32", "shape": ["-1", "3", "8", "8"]}],
    "outputs": [{"name": "logits", "datatype": "FP32", "shape": ["-1", "3"]}],
}, meta
config = client.get_model_config("tiny", "7").config
assert config.max_batch_size == 32 and list(config.input[0].dims) == [3, 8, 8]
assert config.input[0].data_type == 11 and config.output[0].name == "logits"
assert config.backend == "onnxruntime" and config.platform == "onnxruntime_onnx"
refused(lambda: client.get_model_metadata("none"), "NOT_FOUND", "there is no such model")

# Tensors: one and several, by version, with an id, compressed, asynchronous.
batch = np.random.default_rng(1).random((4, 3, 8, 8), np.float32)
means = batch.mean((2, 3))
for wanted in (None, [grpc.InferRequestedOutput("logits")]):
    result = infer([tensor(batch)], wanted, request_id="a b")
    answer = result.get_response()
    assert (answer.id, answer.model_name, answer.model_version) == ("a b", "tiny", "7")
    np.testing.assert_allclose(result.as_numpy("logits"), means, rtol=1e-5)
for coding in ("gzip", "deflate", None):
    result = infer([tensor(batch)], model_version="7", compression_algorithm=coding,
                   timeout=20_000_000, client_timeout=20, priority=1)
    np.testing.assert_allclose(result.as_numpy("logits"), means, rtol=1e-5)
answers = queue.Queue()
for i in range(4):
    client.async_infer("tiny", [tensor(batch[i:i + 1])], lambda result, error: answers.put(error or result),
                       request_id=str(i))
for _ in range(4):
    result = answers.get(timeout=20)
    i = int(result.get_response().id)
    np.testing.assert_allclose(result.as_numpy("logits"), means[i:i + 1], rtol=1e-5)

# A stream: answers in order, an error among them, and it goes on.
answers = queue.Queue()
client.start_stream(lambda result, error: answers.put(error or result))
for i in range(4):
    client.async_stream_infer("tiny", [tensor(batch[i:i + 1])], request_id=str(i))
client.async_stream_infer("none", [tensor(batch)])
client.async_stream_infer("tiny", [tensor(batch)], request_id="last")
for i in range(4):
    result = answers.get(timeout=20)
    assert result.get_response().id == str(i)
    np.testing.assert_allclose(result.as_numpy("logits"), means[i:i + 1], rtol=1e-5)
assert "there is no such model" in str(answers.get(timeout=20))
np.testing.assert_allclose(answers.get(timeout=20).as_numpy("logits"), means, rtol=1e-5)
client.stop_stream()

# Classification.
classes = infer([tensor(batch)], [grpc.InferRequestedOutput("logits", class_count=2)])
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
refused(lambda: infer([tensor(np.array([b"no image"], dtype=np.object_))]), "INVALID_ARGUMENT",
        "image 0: expected JPEG")

# Other types, and text.
numbers = np.array([[1, -2**63, 2**63 - 1]], np.int64)
words = np.array([["a", "ü", "漢"]], dtype=np.object_)
result = infer([tensor(numbers, "numbers"), tensor(words, "words")], None, "typed")
assert (result.as_numpy("same_numbers") == numbers).all()
got = [w.decode() if isinstance(w, bytes) else w for w in result.as_numpy("same_words").flat]
assert got == ["a", "ü", "漢"], got

# Errors.
refused(lambda: infer([tensor(batch[:, :2])]), "INVALID_ARGUMENT", "expected [-1, 3, 8, 8]")
refused(lambda: infer([tensor(batch, "other")]), "INVALID_ARGUMENT", "the model has no input 'other'")
refused(lambda: infer([tensor(batch)], [grpc.InferRequestedOutput("x")]), "INVALID_ARGUMENT", "no output 'x'")
refused(lambda: infer([tensor(np.zeros((33, 3, 8, 8), np.float32))]), "INVALID_ARGUMENT",
        "a batch of 33, expected 1..32")
refused(lambda: infer([tensor(batch)], model="none"), "NOT_FOUND", "there is no such model")

# Statistics and the repository.
stats = client.get_inference_statistics("tiny").model_stats[0]
assert stats.inference_count >= 4 * 8 and stats.inference_stats.success.count >= 8
assert stats.execution_count == sum(b.compute_infer.count for b in stats.batch_stats)
assert len(client.get_inference_statistics().model_stats) == 2
index = client.get_model_repository_index()
assert {(m.name, m.state) for m in index.models} == {("tiny", "READY"), ("typed", "READY")}, index
client.unload_model("typed")
assert not client.is_model_ready("typed")
client.load_model("typed")
assert client.is_model_ready("typed") and client.is_server_ready()
refused(lambda: client.load_model("none"), "NOT_FOUND", "no model of this name")

# What this server does not have says so.
refused(client.get_system_shared_memory_status, "UNIMPLEMENTED", "not found")
print("tritonclient.grpc: all calls answered")
