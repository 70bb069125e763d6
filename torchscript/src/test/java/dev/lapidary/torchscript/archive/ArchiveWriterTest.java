package dev.lapidary.torchscript.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveWriterTest {
  private final PyObject root = new PyObject("__torch__.M");

  @TempDir Path folder;

  @Test
  void writesOfAStorageWhatItsTensorsReach() throws IOException {
    Tensor large = Tensor.of(ramp(1000), 1000);
    Tensor row = large.view(new long[] {10}, new long[] {1}, 500);
    Tensor every = large.view(new long[] {5}, new long[] {2}, 501);
    root.attributes().put("row", new PyTensor(row, false));
    root.attributes().put("every", new PyTensor(every, true));

    Path file = write();

    assertThat(sizes(file)).containsEntry("m/data/0", 40L).doesNotContainKey("m/data/1");
    Map<String, PyValue> read = ArchiveReader.read(file).root().attributes();
    PyTensor readRow = (PyTensor) read.get("row");
    PyTensor readEvery = (PyTensor) read.get("every");
    assertThat(readRow.tensor().toFloats()).isEqualTo(row.toFloats());
    assertThat(readEvery.tensor().toFloats()).isEqualTo(every.toFloats());
    assertThat(readEvery.tensor().strides()).containsExactly(2);
    assertThat(readEvery.tensor().storage()).isSameAs(readRow.tensor().storage());
    assertThat(readEvery.requiresGrad()).isTrue();
  }

  @Test
  void whatIsOneObjectStaysOne() {
    PyObject layer = new PyObject("__torch__.Layer");
    PyTensor weight = new PyTensor(Tensor.of(ramp(4), 2, 2), true);
    layer.attributes().put("weight", weight);
    root.attributes().put("first", layer);
    root.attributes().put("second", layer);
    root.attributes().put("tied", weight);

    Map<String, PyValue> read = ArchiveReader.read(write()).root().attributes();

    assertThat(read.get("second")).isSameAs(read.get("first"));
    PyObject readLayer = (PyObject) read.get("first");
    assertThat(readLayer.attributes().get("weight")).isSameAs(read.get("tied"));
  }

  @Test
  void alignsEveryRecordTo64BytesAndDatesItAlike() throws IOException {
    root.attributes().put("w", new PyTensor(Tensor.of(ramp(3), 3), true));
    byte[] file = Files.readAllBytes(write());

    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int records = 0;
    for (int at = 0; bytes.getInt(at) == 0x04034b50; records++) {
      int data = at + 30 + bytes.getShort(at + 26) + bytes.getShort(at + 28);
      assertThat(data % 64).isZero();
      assertThat(bytes.getShort(at + 8)).as("stored").isZero();
      assertThat(bytes.getInt(at + 10)).as("1980-01-01").isEqualTo(0x00210000);
      at = data + bytes.getInt(at + 18);
    }
    assertThat(records).isEqualTo(sizes(folder.resolve("m.pt")).size());
  }

  @Test
  void mayReplaceTheFileThatItsTensorsComeFrom() {
    root.attributes().put("w", new PyTensor(Tensor.of(ramp(100_000), 100_000), true));
    Path file = write();
    TorchScriptArchive read = ArchiveReader.read(file);

    ArchiveWriter.write(read, file);

    PyTensor again = (PyTensor) ArchiveReader.read(file).root().attributes().get("w");
    assertThat(again.tensor().toFloats()).isEqualTo(ramp(100_000));
    assertThat(((PyTensor) read.root().attributes().get("w")).tensor().toFloats())
        .isEqualTo(ramp(100_000));
  }

  @Test
  void saysWhereItCannotWrite() throws IOException {
    Path blocked = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> ArchiveWriter.write(archive(), blocked.resolve("m.pt")))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageStartingWith("[" + blocked.resolve("m.pt") + "] cannot be written: ");
  }

  private Path write() {
    Path file = folder.resolve("m.pt");
    ArchiveWriter.write(archive(), file);
    return file;
  }

  private TorchScriptArchive archive() {
    return new TorchScriptArchive(
        "m",
        3,
        new TreeMap<>(Map.of("__torch__.py", "class M(Module):\n  pass\n")),
        root,
        List.of(),
        new TreeMap<>(Map.of("card.json", new byte[] {'{', '}'})));
  }

  private static Map<String, Long> sizes(Path file) throws IOException {
    Map<String, Long> sizes = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
        sizes.put(entry.getName(), entry.getSize());
      }
    }
    return sizes;
  }

  private static float[] ramp(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }
}
