package dev.lapidary.torchscript.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Hostile;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyDevice;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyEnum;
import dev.lapidary.torchscript.archive.PyValue.PyFloat;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveReaderTest {
  private static final String EMPTY_MODULE = "\u0080\u0002c__torch__\nM\n)\u0081}(ub.";

  private final Map<String, byte[]> records = new LinkedHashMap<>();

  @TempDir Path folder;

  ArchiveReaderTest() {
    put("data.pkl", EMPTY_MODULE);
    put("constants.pkl", "\u0080\u0002).");
    put("code/__torch__.py", "class M(Module):\n  pass\n");
    put("version", "3\n");
  }

  @Test
  void readsEveryKindOfValue() {
    Map<String, PyValue> values = ArchiveReader.read(RoundTripTest.kinds()).root().attributes();

    assertThat(values.get("names"))
        .isEqualTo(list("str", new PyString("a"), new PyString("\u00e4\u2603")));
    assertThat(values.get("numbers"))
        .isEqualTo(list("int", ints(1, 300, 70000, -5, 1L << 40, -(1L << 40))));
    assertThat(values.get("reals"))
        .isEqualTo(
            list(
                "float",
                new PyFloat(0.5),
                new PyFloat(Double.POSITIVE_INFINITY),
                new PyFloat(1e-300)));
    assertThat(values.get("flags")).isEqualTo(list("bool", new PyBool(true), new PyBool(false)));
    assertThat(values.get("nested"))
        .isEqualTo(list("List[int]", list("int", ints(1)), list("int", ints(2, 3))));
    assertThat(((PyDict) get(values, "by_name")).types()).isEqualTo("str, int");
    assertThat(values.get("tied")).isSameAs(values.get("weight"));
    assertThat(((PyTensor) get(values, "left")).tensor().storage())
        .isSameAs(((PyTensor) get(values, "right")).tensor().storage());
    assertThat(((PyQTensor) get(values, "q")).quantizer())
        .isEqualTo(new Quantizer.PerTensor(0.1, 3));
    assertThat(((PyQTensor) get(values, "qc")).quantizer())
        .isInstanceOfSatisfying(
            Quantizer.PerChannel.class,
            q -> assertThat(q.scales().toDoubles()).containsExactly(0.1f, 0.2f));
  }

  @Test
  void readsDevicesEnumsAndState() {
    put(
        "data.pkl",
        "\u0080\u0002c__torch__\nM\n)\u0081}("
            + "X\u0001\u0000\u0000\u0000dctorch\ndevice\nX\u0003\u0000\u0000\u0000cpu\u0085R"
            + "X\u0001\u0000\u0000\u0000ec__torch__.colours\nColour\nK\u0002R"
            + "X\u0001\u0000\u0000\u0000sc__torch__\nS\n)\u0081K\u0007bub.");

    Map<String, PyValue> values = read().root().attributes();

    assertThat(values.get("d")).isEqualTo(new PyDevice("cpu"));
    assertThat(values.get("e")).isEqualTo(new PyEnum("__torch__.colours.Colour", new PyInt(2)));
    assertThat(((PyObject) get(values, "s")).attributes())
        .isEqualTo(Map.of(PyObject.STATE, new PyInt(7)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "7\n"})
  void readsVersionsOneToTen(String version) {
    put("version", version);
    assertThat(read().version()).isEqualTo(Integer.parseInt(version.strip()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "11", "-1", "3.0", ""})
  void refusesOtherVersions(String version) {
    put("version", version);
    assertRefused(
        "version: is '"
            + version
            + "', expected 1 to 10; save the model with a PyTorch of that format");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.json|{}|is an archive of PyTorch 1.0 to 1.3 (model.json); load it there and save it"
            + " with PyTorch 1.4 or later",
        "byteorder|big|byteorder: is 'big', expected little; save it on a little-endian machine",
        "data.pkl|K.|data.pkl at byte 0: expected 1 more bytes, found 0; the file is truncated,"
            + " fetch it again",
      })
  void refusesWhatItCannotRead(String record, String content, String message) {
    put(record, content.equals("K.") ? "" : content);
    assertRefused(message);
  }

  @Test
  void refusesAStateDict() {
    records.remove("constants.pkl");
    records.remove("code/__torch__.py");
    assertRefused(
        "holds no code: it is no TorchScript archive but a torch.save file; give it as weights of"
            + " an architecture (--arch NAME), or save the network by torch.jit.save");
  }

  @ParameterizedTest
  @ValueSource(strings = {"archive_format", "serialized_exported_program.json"})
  void refusesAProgramOfTorchExport(String record) {
    put(record, "pt2");
    assertRefused(
        "is a program of torch.export (.pt2); save the network by torch.jit.trace or"
            + " torch.jit.script, and torch.jit.save");
  }

  @Test
  void saysWhatAFileOfAnotherKindIs() throws IOException {
    Map<String, String> kinds =
        Map.of(
            "", "it is empty",
            "\u0080\u0002\u008a\nl", "it is a torch.save file of PyTorch before 1.6",
            "@\0\0\0\0\0\0\0{}", "it may be a safetensors file: give it as weights",
            "\b\b\u0012\blapidary", "it may be an ONNX model, which is exported already",
            "a\nb\n", "it is no PyTorch archive: save the network by torch.jit.save");
    for (Map.Entry<String, String> kind : kinds.entrySet()) {
      byte[] bytes = kind.getKey().getBytes(StandardCharsets.ISO_8859_1);
      Path file = Files.write(folder.resolve("m.pt"), bytes);
      assertThatThrownBy(() -> ArchiveReader.read(file))
          .isInstanceOf(Failure.class)
          .hasMessageContaining(kind.getValue());
    }
  }

  @Test
  void runsNoCode() {
    put("data.pkl", "\u0080\u0002cos\nsystem\nX\u0004\u0000\u0000\u0000exit\u0085R.");
    assertRefused(
        "data.pkl at byte 2: mentions 'os.system', which is no tensor data; nothing was run. If"
            + " this is a whole pickled module, save its state_dict() or a TorchScript archive"
            + " instead");
  }

  @Test
  void refusesAnOpcodeThatPyTorchNeverWrites() {
    put("data.pkl", "\u0080\u0002i__main__\nX\n.");
    assertRefused(
        "data.pkl at byte 2: opcode 0x69 is none that PyTorch writes; the file is damaged or no"
            + " PyTorch pickle");
  }

  @Test
  void refusesAStorageOfAnotherSizeThanItsRecord() {
    put("data/0", "12345678");
    put("data.pkl", EMPTY_MODULE.replace("(u", "(X\u0001\u0000\u0000\u0000w" + tensor(3) + "u"));
    assertRefused("'data/0': has 8 bytes, the pickle says 12; the file is damaged");
  }

  @Test
  void refusesAViewOutsideOfItsStorage() {
    put("data/0", "12345678");
    String two = tensor(2).replace("(K\u0002t(K\u0001t", "(K\u0002t(K\u0009t");
    put("data.pkl", EMPTY_MODULE.replace("(u", "(X\u0001\u0000\u0000\u0000w" + two + "u"));
    assertThatThrownBy(this::read)
        .hasMessageEndingWith(
            "a view of shape [2], strides [9], offset 0 reaches element 9 of a storage of 2; the"
                + " file is damaged");
  }

  /** libtorch would make a table of a billion entries. */
  @Test
  void refusesAMemoEntryThatNoWriterCountsTo() {
    put("data.pkl", EMPTY_MODULE.replace("b.", "br\u00ff\u00ff\u00ff\u003f."));
    assertRefused(
        "data.pkl at byte 21: memo entry 1073741823 within 26 bytes; the pickle is malformed");
  }

  @Test
  void refusesTheFormatOfDevelopmentVersions() throws IOException {
    Path file = Files.writeString(folder.resolve("old.pt"), "PYTORCH1 and more");
    assertThatThrownBy(() -> ArchiveReader.read(file))
        .hasMessage(
            "[old.pt] is an archive of PyTorch 1.0 development versions (PYTORCH1); load it there"
                + " and save it with PyTorch 1.4 or later");
  }

  @Test
  void refusesANameThatLeavesTheArchive() {
    put("extra/../../passwd", "");
    assertRefused(
        "a record's name leaves the archive or is malformed: 'm/extra/../../passwd'; the file is"
            + " not PyTorch's");
  }

  private TorchScriptArchive read() {
    try {
      return ArchiveReader.read(Files.write(folder.resolve("m.pt"), Hostile.zip("m/", records)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void assertRefused(String message) {
    assertThatThrownBy(this::read).isInstanceOf(Failure.class).hasMessage("[m.pt] " + message);
  }

  private void put(String record, String content) {
    records.put(record, Hostile.bytes(content));
  }

  /** A float vector over {@code data/0}. */
  private static String tensor(int size) {
    String count = "K" + (char) size;
    return "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\u0000\u0000\u0000storage"
        + "ctorch\nFloatStorage\nX\u0001\u0000\u0000\u00000X\u0003\u0000\u0000\u0000cpu"
        + count
        + "tQK\u0000("
        + count
        + "t(K\u0001t\u0089ccollections\nOrderedDict\n)RtR";
  }

  private static PyValue get(Map<String, PyValue> values, String name) {
    return java.util.Objects.requireNonNull(values.get(name));
  }

  private static PyList list(String type, PyValue... items) {
    return new PyList(type, List.of(items));
  }

  private static PyValue[] ints(long... values) {
    return java.util.Arrays.stream(values).mapToObj(PyInt::new).toArray(PyValue[]::new);
  }
}
