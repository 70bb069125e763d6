package dev.lapidary.trainer.archive;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What our writer wrote, libtorch reads, and computes the same. */
class RewrittenArchiveTest {
  private static final JsonNode EXPECTED = Golden.json("torchscript/expected.json");

  @TempDir Path folder;

  static Stream<Path> archives() {
    return Golden.FAMILIES.stream()
        .flatMap(
            family ->
                Stream.of("scripted", "traced")
                    .flatMap(kind -> Golden.archive(family, kind).stream()));
  }

  @ParameterizedTest
  @MethodSource("archives")
  void givesTheSameLogits(Path original) throws Exception {
    Path rewritten = folder.resolve("rewritten.pt");
    ArchiveWriter.write(ArchiveReader.read(original), rewritten);

    float[] before = outputs(original, 2, 3, 224, 224);
    float[] after = outputs(rewritten, 2, 3, 224, 224);

    // The same operations on the same bits: equal to the last bit.
    assertThat(after).isEqualTo(before);
    // Another libtorch (1.13) recorded these; kernels changed in between.
    String family = original.getFileName().toString().replaceFirst("-.*", "");
    assertThat(difference(after, EXPECTED.path(family).path("output"))).isLessThan(1e-4);
  }

  /** Lists and dicts of all types, tied and shared tensors, quantized ones, bfloat16, strides. */
  @Test
  void keepsEveryKindOfAttribute() throws Exception {
    Path original = folder.resolve("kinds.pt");
    try (InputStream in = Golden.class.getResourceAsStream("/weights/kinds.pt")) {
      Files.copy(Objects.requireNonNull(in), original);
    }
    Path rewritten = folder.resolve("rewritten.pt");
    ArchiveWriter.write(ArchiveReader.read(original), rewritten);

    assertThat(outputs(rewritten, 2, 3)).isEqualTo(outputs(original, 2, 3)).hasSize(6);
  }

  private static float[] outputs(Path archive, long... shape) throws Exception {
    String name = archive.getFileName().toString().replaceFirst("\\.pt$", "");
    try (Model model = Model.newInstance(name, Device.cpu(), "PyTorch");
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      model.load(archive.getParent(), name);
      JniUtils.setGraphExecutorOptimize(false);
      NDArray input =
          manager.create(Uniform.tensor("input", shape).toFloats()).reshape(new Shape(shape));
      return model
          .getBlock()
          .forward(new ParameterStore(manager, false), new NDList(input), false)
          .get(0)
          .toFloatArray();
    }
  }

  private static double difference(float[] logits, JsonNode expected) {
    double largest = 0;
    double scale = 0;
    int i = 0;
    for (JsonNode row : expected) {
      for (JsonNode value : row) {
        largest = Math.max(largest, Math.abs(logits[i++] - value.asDouble()));
        scale = Math.max(scale, Math.abs(value.asDouble()));
      }
    }
    assertThat(i).isEqualTo(logits.length).isPositive();
    return largest / scale;
  }
}
