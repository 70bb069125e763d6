package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardsTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    shard(FIRST, "conv1.weight", "bn1.weight");
    shard(SECOND, "fc.weight", "fc.bias");
    index(
        Map.of("conv1.weight", FIRST, "bn1.weight", FIRST, "fc.weight", SECOND, "fc.bias", SECOND));
  }

  @ParameterizedTest
  @ValueSource(strings = {FIRST, SECOND, INDEX, ""})
  void anyOfThemGivesAll(String given) {
    NamedTensors read = WeightsFile.read(folder.resolve(given));
    assertThat(read.format()).isEqualTo("safetensors");
    assertThat(read.tensors())
        .containsOnlyKeys("conv1.weight", "bn1.weight", "fc.weight", "fc.bias");
    assertThat(read.tensors().get("fc.bias").toFloats()).containsExactly(7, 2);
    assertThat(read.notes()).containsExactly("2 shards, %s to %s".formatted(FIRST, SECOND));
  }

  @Test
  void withoutAnIndexTheirNumbersSayWhichBelongTogether() throws IOException {
    Files.delete(folder.resolve(INDEX));
    assertThat(WeightsFile.read(folder.resolve(SECOND)).tensors()).hasSize(4);
    for (int i = 1; i <= 2; i++) {
      String file = i == 1 ? "zip.pth" : "checkpoint.pth";
      Files.copy(
          Fixtures.file(file), folder.resolve("pytorch_model-0000%d-of-00002.bin".formatted(i)));
    }
    assertThat(WeightsFile.read(folder.resolve("pytorch_model-00001-of-00002.bin")).tensors())
        .containsKeys("float64", "module.0.weight");
  }

  @Test
  void aSetIsHashedAsAWhole() throws IOException {
    String hash = WeightsFile.sha256(folder.resolve(SECOND));
    assertThat(hash).isEqualTo(WeightsFile.sha256(folder)).hasSize(64);
    String list =
        Sha256.of(folder.resolve(FIRST))
            + "  "
            + FIRST
            + "\n"
            + Sha256.of(folder.resolve(SECOND))
            + "  "
            + SECOND
            + "\n";
    assertThat(hash).isEqualTo(Sha256.of(list.getBytes(StandardCharsets.UTF_8)));
    shard(FIRST, "conv1.weight", "bn1.bias");
    assertThat(WeightsFile.sha256(folder.resolve(SECOND))).isNotEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource({
    INDEX + ", true, its index names",
    SECOND + ", true, its index names",
    SECOND + ", false, it is one of"
  })
  void aMissingShardIsNamed(String given, boolean indexed, String why) throws IOException {
    Files.delete(folder.resolve(FIRST));
    if (!indexed) {
      Files.delete(folder.resolve(INDEX));
    }
    assertRefused(given)
        .hasMessage(
            "[%s] lacks a part of the network: %s 2 shards, and beside it there is no '%s'; fetch"
                    .formatted(given, why, FIRST)
                + " all of them into one folder");
  }

  @Test
  void anIndexOfOtherShardsIsRefused() throws IOException {
    index(Map.of("conv1.weight", FIRST, "fc.weight", FIRST, "fc.bias", SECOND));
    assertRefused(INDEX)
        .hasMessage(
            "[%s] its index says that 'fc.weight' is in '%s', but it is in '%s'; fetch index and"
                    .formatted(INDEX, FIRST, SECOND)
                + " shards of one and the same version");
    index(Map.of("conv1.weight", FIRST, "head.weight", SECOND));
    assertRefused(SECOND)
        .hasMessageContaining("'head.weight'")
        .hasMessageContaining("no shard has");
    index(Map.of("conv1.weight", FIRST));
    assertRefused(SECOND)
        .hasMessage(
            "[%s] is not in the index %s beside it; fetch the shards of one and the same version"
                .formatted(SECOND, INDEX));
    Files.delete(folder.resolve(INDEX));
    shard(SECOND, "conv1.weight");
    assertRefused(SECOND)
        .hasMessageContaining("'conv1.weight' is in '" + FIRST + "' and in '" + SECOND + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../model.safetensors", "/etc/passwd", "a/b.safetensors", "..", "c:\\\\x"})
  void anIndexThatLeadsElsewhereIsRefused(String file) throws IOException {
    index(Map.of("conv1.weight", file));
    assertRefused(INDEX)
        .hasMessageContaining("its index names the file '")
        .hasMessageContaining("expected the name of a file beside it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"weight_map\": 3}",
        "{\"weight_map\": {\"a\": 1}}",
        "{\"weight_map\": {}}",
        "{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}",
        "{\"weight_map\": {\"a\": \"x\"}} {}"
      })
  void whatIsNoIndexIsRefused(String json) throws IOException {
    Files.writeString(folder.resolve(INDEX), json);
    assertRefused(INDEX).hasMessageContaining("its index");
  }

  @Test
  void aFolderNeedsOneIndex() throws IOException {
    Files.writeString(folder.resolve("pytorch_model.bin.index.json"), "{}");
    assertThat(WeightsFile.read(folder).tensors()).hasSize(4);
    Files.copy(folder.resolve(INDEX), folder.resolve("ema." + INDEX));
    assertRefused("").hasMessageContaining("is a folder with 3 indexes of weights, such as ema.");
  }

  /** A fold of a cross-validation is a network of its own. */
  @Test
  void numbersWithoutZerosAreNoShards() throws IOException {
    Files.copy(folder.resolve(FIRST), folder.resolve("fold-1-of-5.safetensors"));
    assertThat(WeightsFile.read(folder.resolve("fold-1-of-5.safetensors")).tensors()).hasSize(2);
  }

  private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      String given) {
    return assertThatThrownBy(() -> WeightsFile.read(folder.resolve(given)))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT));
  }

  private void shard(String file, String... names) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : names) {
      tensors.put(name, Tensor.of(new float[] {name.length(), 2}, 2));
    }
    Safetensors.write(
        new NamedTensors("safetensors", tensors, Map.of("format", "pt"), List.of()),
        folder.resolve(file));
  }

  private void index(Map<String, String> places) throws IOException {
    StringBuilder json = new StringBuilder("{\"metadata\": {\"total_size\": 8}, \"weight_map\": {");
    places.forEach((name, file) -> json.append("\"%s\": \"%s\",".formatted(name, file)));
    json.setCharAt(json.length() - 1, '}');
    Files.writeString(folder.resolve(INDEX), json.append('}'));
  }
}
