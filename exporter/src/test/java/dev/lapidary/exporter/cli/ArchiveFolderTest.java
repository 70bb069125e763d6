package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * All TorchScript archives of a folder of one's own, {@code -Dlapidary.archives=DIR}: each goes
 * through both exports, and what comes out gives libtorch's logits. An input other than 3x224x224
 * stands in the file's name: {@code inception_v3-3x299x299-traced.pt}.
 */
@EnabledIfSystemProperty(named = "lapidary.archives", matches = ".+")
class ArchiveFolderTest {
  private static final Pattern INPUT = Pattern.compile("-(\\d+x\\d+x\\d+)\\b");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> bothExportsGiveLibtorchsLogits() throws IOException {
    System.out.println("archive, ONNX nodes, greatest difference of ONNX and of TorchScript");
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("lapidary.archives")))) {
      List<Path> archives = files.filter(f -> f.toString().endsWith(".pt")).sorted().toList();
      assertThat(archives).isNotEmpty();
      return archives.stream()
          .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    }
  }

  private void check(Path archive) throws IOException {
    Matcher matcher = INPUT.matcher(archive.getFileName().toString());
    String input = "--input=" + (matcher.find() ? matcher.group(1) : "3x224x224");
    Path onnx = folder.resolve("m.onnx");
    Path torchScript = folder.resolve("m.pt");
    try {
      JsonNode first = run("onnx", archive, "--out=" + onnx, input, "--json");
      JsonNode second = run("torchscript", archive, "--out=" + torchScript, input, "--json");
      JsonNode verified = run("verify", onnx, "--against=" + torchScript, "--json");
      assertThat(difference(verified)).isLessThanOrEqualTo(verified.get("bound").asDouble());
      System.out.printf(
          Locale.ROOT,
          "%s, %d, %.1e, %.1e%n",
          archive.getFileName(),
          first.get("nodes").asInt(),
          difference(first),
          difference(second));
    } finally {
      Files.deleteIfExists(onnx);
      Files.deleteIfExists(torchScript);
    }
  }

  /** Of the greatest logit. */
  private static double difference(JsonNode parity) {
    return parity.get("maxAbsDifference").asDouble() / parity.get("maxAbsLogit").asDouble();
  }

  private static JsonNode run(Object... arguments) throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = Stream.of(arguments).map(String::valueOf).toArray(String[]::new);
    int status = ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), texts);
    assertThat(status).as(err.toString()).isZero();
    return new ObjectMapper().readTree(out.toString());
  }
}
