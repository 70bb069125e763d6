package dev.lapidary.trainer.run.evaluate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.cli.TrainerMain;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.PicturedFolder;
import dev.lapidary.trainer.data.View;
import dev.lapidary.trainer.embedding.ParquetTable;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.TinyImages;
import dev.lapidary.trainer.run.network.BatchTensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipFile;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trainer features}, against what the whole network makes of the same images. */
class FeaturesTest {
  @TempDir Path folder;

  private final StringWriter err = new StringWriter();
  private Path model;
  private Path data;

  /** One array of a NumPy archive. */
  private record Npy(String header, ByteBuffer bytes) {
    static Npy of(Path npz, String name) throws IOException {
      try (ZipFile zip = new ZipFile(npz.toFile());
          InputStream in = zip.getInputStream(zip.getEntry(name + ".npy"))) {
        ByteBuffer all = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(all.getLong() & 0xffffffffffffL).isEqualTo(0x59504d554e93L);
        byte[] header = new byte[all.getShort()];
        all.get(header);
        assertThat((10 + header.length) % 64).isZero();
        return new Npy(
            new String(header, ISO_8859_1).strip(), all.slice().order(ByteOrder.LITTLE_ENDIAN));
      }
    }

    float[] floats() {
      float[] values = new float[bytes.remaining() / 4];
      bytes.asFloatBuffer().get(values);
      return values;
    }

    String text() {
      StringBuilder text = new StringBuilder();
      while (bytes.hasRemaining()) {
        int character = bytes.getInt();
        text.append(character == 0 ? "" : Character.toString(character));
      }
      return text.toString();
    }
  }

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 14, 1);
    model = folder.resolve("model.pt");
    assertThat(run("init", "--arch=resnet20_cifar", "--classes=5", "--seed=2", "--out=" + model))
        .isZero();
  }

  @Test
  void theHeadAppliedToTheFeaturesGivesTheLogits() throws IOException {
    Path out = folder.resolve("out.npz");
    assertThat(features(out)).isZero();
    assertThat(err.toString()).contains("out.npz: 42 embeddings of [64]");
    Npy embeddings = Npy.of(out, "embeddings");
    assertThat(embeddings.header())
        .isEqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (42, 64,), }");
    float[] features = embeddings.floats();
    StateDict state = StateDict.of(ArchiveReader.read(model));
    float[] weight = state.find("fc.weight").orElseThrow().tensor().toFloats();
    float[] bias = state.find("fc.bias").orElseThrow().tensor().toFloats();
    float[] logits = logits();
    for (int i = 0; i < 42 * 5; i++) {
      double sum = bias[i % 5];
      for (int f = 0; f < 64; f++) {
        sum += (double) weight[i % 5 * 64 + f] * features[i / 5 * 64 + f];
      }
      assertThat((double) logits[i]).isCloseTo(sum, within(1e-5)); // sums of 64 products near 1
    }
  }

  @Test
  void labelsPathsAndClassesAreBesideThem() throws IOException {
    Path out = folder.resolve("out.npz");
    assertThat(features(out)).isZero();
    Npy labels = Npy.of(out, "labels");
    assertThat(labels.header()).contains("'<i8'").contains("(42,)");
    assertThat(labels.bytes().getLong(13 * 8)).isZero();
    assertThat(labels.bytes().getLong(14 * 8)).isEqualTo(1);
    assertThat(Npy.of(out, "paths").text()).startsWith("blue/000.pngblue/001.png");
    Npy classes = Npy.of(out, "classes");
    assertThat(classes.header()).contains("'<U5'").contains("(3,)");
    assertThat(classes.text()).isEqualTo("bluegreenred");
    Path again = folder.resolve("again.npz");
    assertThat(features(again)).isZero();
    assertThat(again).hasSameBinaryContentAs(out);
    assertThat(features(out)).isEqualTo(2);
    assertThat(features(out, "--force")).isZero();
  }

  @Test
  void parquetHasTheSameNumbersARowAnImage() throws IOException {
    Path npz = folder.resolve("out.npz");
    Path out = folder.resolve("out.parquet");
    assertThat(features(npz)).isZero();
    assertThat(features(out)).isZero();
    assertThat(err.toString()).contains("out.parquet: 42 embeddings of [64]");
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message schema { required binary path (STRING); required int64 label;"
                + " required binary class (STRING); required group embedding (LIST) {"
                + " repeated group list { required float element; } } }");
    List<Group> rows = ParquetTable.read(out).rows(schema);
    assertThat(rows).hasSize(42);
    float[] all = Npy.of(npz, "embeddings").floats();
    for (int i = 0; i < 42; i++) {
      assertThat(ParquetTable.floats(rows.get(i), "embedding"))
          .isEqualTo(Arrays.copyOfRange(all, 64 * i, 64 * (i + 1)));
    }
    Group row = rows.get(14);
    assertThat(row.getString("path", 0)).isEqualTo("green/000.png");
    assertThat(row.getLong("label", 0)).isEqualTo(1);
    assertThat(row.getString("class", 0)).isEqualTo("green");
    Path again = folder.resolve("again.parquet");
    assertThat(features(again)).isZero();
    assertThat(again).hasSameBinaryContentAs(out);
    assertThat(features(folder.resolve("out.csv"))).isEqualTo(2);
    assertThat(err.toString()).contains("out.csv: embeddings are written as .npz (NumPy) or");
    assertThat(folder.resolve("out.csv")).doesNotExist();
  }

  /** What lies in no folder of a class has no label, and none is made up. */
  @Test
  void imagesWithoutLabelsHaveEmbeddingsAndPathsAlone() throws IOException {
    Path labelled = folder.resolve("labelled.npz");
    assertThat(features(labelled)).isZero();
    data = data.resolve("green");
    Path npz = folder.resolve("plain.npz");
    assertThat(features(npz)).isZero();
    float[] all = Npy.of(labelled, "embeddings").floats();
    assertThat(Npy.of(npz, "embeddings").floats())
        .containsExactly(Arrays.copyOfRange(all, 64 * 14, 64 * 28), within(1e-5f));
    assertThat(Npy.of(npz, "paths").text()).startsWith("000.png001.png");
    try (ZipFile zip = new ZipFile(npz.toFile())) {
      assertThat(zip.size()).isEqualTo(2);
    }
    Path parquet = folder.resolve("plain.parquet");
    assertThat(features(parquet)).isZero();
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message schema { required binary path (STRING); required group embedding (LIST) {"
                + " repeated group list { required float element; } } }");
    assertThat(ParquetTable.read(parquet).rows(schema)).hasSize(14);
  }

  @Test
  void severalLabelsAreARowOfZeroAndOneOrJoined() throws IOException {
    data = TinyImages.writeSets(folder.resolve("sets"), 8, 1);
    Path npz = folder.resolve("sets.npz");
    assertThat(features(npz)).isZero();
    Npy labels = Npy.of(npz, "labels");
    assertThat(labels.header()).contains("'<i8'").contains("(8, 3,)");
    for (int i = 0; i < 24; i++) {
      assertThat(labels.bytes().getLong(8 * i)).isEqualTo(i / 3 >> i % 3 & 1);
    }
    Path parquet = folder.resolve("sets.parquet");
    assertThat(features(parquet)).isZero();
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message schema { required binary path (STRING); required binary labels (STRING);"
                + " required group embedding (LIST) { repeated group list { required float element;"
                + " } } }");
    List<Group> rows = ParquetTable.read(parquet).rows(schema);
    assertThat(rows).extracting(row -> row.getString("labels", 0)).startsWith("", "blue", "green");
    assertThat(rows.get(7).getString("labels", 0)).isEqualTo("blue|green|red");
  }

  @Test
  void anyLayerHasItsOwnShapeOrItsMean() throws IOException {
    Path whole = folder.resolve("whole.npz");
    assertThat(features(whole, "--layer=layer2.0.conv1")).isZero();
    float[] values = Npy.of(whole, "embeddings").floats();
    assertThat(Npy.of(whole, "embeddings").header()).contains("(42, 32, 16, 16,)");
    Path pooled = folder.resolve("pooled.npz");
    assertThat(features(pooled, "--layer=layer2.0.conv1", "--pool")).isZero();
    float[] means = Npy.of(pooled, "embeddings").floats();
    for (int c = 0; c < 42 * 32; c++) {
      double sum = 0;
      for (int p = 0; p < 256; p++) {
        sum += values[c * 256 + p];
      }
      assertThat((double) means[c]).isCloseTo(sum / 256, within(1e-6)); // a float32 mean near 1
    }
    assertThat(features(folder.resolve("x.npz"), "--layer=layer5")).isEqualTo(2);
    assertThat(err.toString()).contains("no module is named 'layer5'; did you mean layer1");
    assertThat(folder.resolve("x.npz")).doesNotExist();
  }

  private float[] logits() {
    TorchScriptArchive archive = ArchiveReader.read(model);
    Preprocessing rule =
        CardJson.read(archive.extra().get(TorchScriptArchive.CARD), "model.pt")
            .preprocessing()
            .orElseThrow();
    Preprocessor preprocessor = Preprocessor.of(rule);
    Dataset dataset = DataFormat.AUTO.read(data, PicturedFolder.READING);
    int[] order = EpochOrder.AS_LISTED.samples(dataset, 0, 0);
    return Libtorch.call(
        1,
        () -> {
          float[] all = new float[dataset.size() * 5];
          int at = 0;
          try (TrainingProgram program = TrainingProgram.open(archive, "cpu");
              Loader loader =
                  new Loader(dataset, preprocessor, View.evaluation(preprocessor), 1, 0);
              Loader.Batches batches =
                  loader.batches(order, BatchTensors.EVALUATED_AT_ONCE, 0, 0)) {
            program.eval();
            while (batches.hasNext()) {
              try (NDManager step = program.newStep()) {
                float[] some =
                    program
                        .logits(step, BatchTensors.images(step, batches.next(), rule))
                        .toFloatArray();
                System.arraycopy(some, 0, all, at, some.length);
                at += some.length;
              }
            }
          }
          return all;
        });
  }

  private int features(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("features", model.toString(), "--data=" + data, "--threads=1"));
    arguments.add("--out=" + out);
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private int run(String... arguments) {
    PrintWriter out = new PrintWriter(new StringWriter(), true);
    return CommandTree.run(new TrainerMain(), out, new PrintWriter(err, true), arguments);
  }
}
