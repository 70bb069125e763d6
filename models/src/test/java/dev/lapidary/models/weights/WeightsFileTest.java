package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.SavedObject;
import dev.lapidary.torchscript.script.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsFileTest {
  private static final JsonNode EXPECTED = Fixtures.expected();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "zip.pth, torch.save zip",
    "legacy.pth, torch.save legacy",
    "protocol4.pth, torch.save zip"
  })
  void readsEveryTypeAndLayoutThatPyTorchSaves(String file, String format) {
    NamedTensors read = WeightsFile.read(Fixtures.file(file));

    assertThat(read.format()).isEqualTo(format);
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(names());
    for (String name : names()) {
      Tensor tensor = read.tensors().get(name);
      assertEqual(name, tensor, EXPECTED.get(name));
      assertThat(tensor.strides()).isEqualTo(longs(EXPECTED.get(name).get("strides")));
      assertThat(tensor.offset()).isEqualTo(EXPECTED.get(name).get("offset").asLong());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "legacy.pth", "protocol4.pth"})
  void tensorsThatShareAStorageGoOnSharingIt(String file) {
    NamedTensors read = WeightsFile.read(Fixtures.file(file));

    assertThat(read.tensors().get("tied")).isSameAs(read.tensors().get("parameter"));
    assertThat(read.tensors().get("column").storage())
        .isSameAs(read.tensors().get("transposed").storage());
    assertThat(read.tensors().get("scalar").storage())
        .isNotSameAs(read.tensors().get("counter").storage());
  }

  @Test
  void readsWhatSafetensorsItselfWrote() {
    NamedTensors read = WeightsFile.read(Fixtures.file("reference.safetensors"));

    assertThat(read.format()).isEqualTo("safetensors");
    assertThat(read.metadata())
        .containsOnly(
            java.util.Map.entry("format", "pt"),
            java.util.Map.entry("made by", "safetensors 0.8.0"));
    assertThat(read.tensors().keySet()).containsExactlyInAnyOrderElementsOf(names());
    read.tensors().forEach((name, tensor) -> assertEqual(name, tensor, EXPECTED.get(name)));
  }

  @Test
  void safetensorsRoundTripIsBitExact() throws IOException {
    NamedTensors original = WeightsFile.read(Fixtures.file("zip.pth"));
    Path first = folder.resolve("first.safetensors");
    Path second = folder.resolve("second.safetensors");

    Safetensors.write(original, first);
    NamedTensors read = Safetensors.read(first);
    Safetensors.write(read, second);

    assertThat(read.tensors().keySet()).containsExactlyElementsOf(names());
    read.tensors().forEach((name, tensor) -> assertEqual(name, tensor, EXPECTED.get(name)));
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
  }

  @Test
  void takesTheModelOutOfACheckpoint() {
    NamedTensors read = WeightsFile.read(Fixtures.file("checkpoint.pth"));

    assertThat(read.tensors()).containsOnlyKeys(checkpointNames());
    assertThat(read.notes())
        .containsExactly(
            "took the entry 'model'",
            "not made, since no code of the file is run: argparse.Namespace");
  }

  /** PyTorch's ImageNet example saves its best accuracy as a tensor beside the state dict. */
  @Test
  void aLooseTensorIsNoStateDict() {
    PyTensor weight = new PyTensor(Tensor.of(new float[] {1, 2}, 2), true);
    PyDict inner = dict(Map.of("fc.weight", weight));
    PyTensor best = new PyTensor(Tensor.of(new float[] {71.5f}, 1), false);

    NamedTensors read =
        SavedDict.tensors("test", saved(dict(Map.of("best_acc1", best, "state_dict", inner))));

    assertThat(read.tensors()).containsOnlyKeys("fc.weight");
    assertThat(read.notes()).containsExactly("took the entry 'state_dict'");
    assertThat(SavedDict.tensors("test", saved(inner)).tensors()).containsOnlyKeys("fc.weight");
  }

  /** Whatever lies beside the weights, they load; what PyTorch would have to run is named. */
  @ParameterizedTest
  @ValueSource(strings = {"objects.pth", "objects-legacy.pth"})
  void pythonsObjectsStopNothing(String file) {
    NamedTensors read = WeightsFile.read(Fixtures.file(file));

    assertThat(read.tensors())
        .containsOnlyKeys(
            "0.weight",
            "0.bias",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked");
    assertThat(read.notes().get(0)).isEqualTo("took the entry 'network.state'");
    assertThat(read.notes().get(1))
        .startsWith("not made, since no code of the file is run: ")
        .contains(
            "torch._utils._rebuild_sparse_tensor", "numpy.random._pickle.__bit_generator_ctor")
        .endsWith(" more");
  }

  private static SavedObject saved(PyValue value) {
    return new SavedObject(value, List.of());
  }

  private static PyDict dict(Map<String, PyValue> entries) {
    Map<PyValue, PyValue> items = new LinkedHashMap<>();
    entries.forEach((name, value) -> items.put(new PyString(name), value));
    return new PyDict("", items);
  }

  @Test
  void prefersAveragedWeights() {
    Tensor plain = tensor("checkpoint.pth", "module.0.bias");
    Tensor averaged = tensor("checkpoint-ema.pth", "module.0.bias");

    assertThat(WeightsFile.read(Fixtures.file("checkpoint-ema.pth")).notes())
        .startsWith("took the entry 'model_ema'");
    for (int i = 0; i < 2; i++) {
      assertThat(averaged.toFloats()[i]).isEqualTo(plain.toFloats()[i] + 1);
    }
  }

  @Test
  void readsTheStateDictOfATorchScriptArchive() {
    Path archive = Golden.archive("vit", "scripted").orElseThrow();

    NamedTensors read = WeightsFile.read(archive);

    assertThat(read.format()).isEqualTo("TorchScript");
    StateDict expected = StateDict.of(ArchiveReader.read(archive));
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(expected.tensors().keySet());
    assertThat(read.tensors().get("class_token").toFloats())
        .isEqualTo(expected.tensors().get("class_token").toFloats());
  }

  @Test
  void refusesAFileOfAnotherKind() throws IOException {
    Path file = folder.resolve("notes.txt");
    Files.writeString(file, "hello, world");

    assertThatThrownBy(() -> WeightsFile.read(file))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[notes.txt] is no weights file: expected safetensors, torch.save (.pth), a TorchScript"
                + " archive or ONNX");
    assertThatThrownBy(() -> WeightsFile.read(folder))
        .hasMessage("[%s] is a folder; name the file", folder.getFileName());
    assertThatThrownBy(() -> WeightsFile.read(folder.resolve("absent.pth")))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[absent.pth] there is no such file");
  }

  private static Tensor tensor(String file, String name) {
    return WeightsFile.read(Fixtures.file(file)).tensors().get(name);
  }

  private static String[] checkpointNames() {
    return new String[] {
      "module.0.weight",
      "module.0.bias",
      "module.1.weight",
      "module.1.bias",
      "module.1.running_mean",
      "module.1.running_var",
      "module.1.num_batches_tracked"
    };
  }

  private static void assertEqual(String name, Tensor tensor, JsonNode expected) {
    DType dtype = DType.valueOf(expected.get("dtype").asText().toUpperCase(Locale.ROOT));
    assertThat(tensor.dtype()).as(name).isEqualTo(dtype);
    assertThat(tensor.shape()).as(name).isEqualTo(longs(expected.get("shape")));
    byte[] bytes = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(bytes);
    assertThat(HexFormat.of().formatHex(bytes)).as(name).isEqualTo(expected.get("hex").asText());
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    EXPECTED.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static long[] longs(JsonNode array) {
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asLong();
    }
    return values;
  }
}
