package dev.lapidary.exporter.testing;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The ONNX operators that the exporter's source can write: the names in it that stand where an
 * operator is made. No list beside the source that could grow old.
 */
public final class EmittedOperators {
  private static final Path SOURCE = Path.of("src/main/java/dev/lapidary/exporter");

  /** A lowering names no operator that it does not emit. */
  private static final Pattern NAME = Pattern.compile("\"([A-Z][A-Za-z0-9]+)\"");

  /** Elsewhere operators are also looked for; these are the forms that make one. */
  private static final Pattern MADE =
      Pattern.compile(
          "(?:new OnnxNode|\\bone|\\badd)\\(\\s*(?:(?:[^,()]|\\(\\))+,\\s*)?\"([A-Z]\\w+)\"");

  private EmittedOperators() {}

  public static SortedSet<String> all() {
    SortedSet<String> all = lowered();
    all.addAll(found("pass", MADE));
    all.addAll(found("quantize", MADE));
    return all;
  }

  /** Those of the lowering alone. */
  public static SortedSet<String> lowered() {
    return found("lower", NAME);
  }

  private static SortedSet<String> found(String folder, Pattern pattern) {
    SortedSet<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(SOURCE.resolve(folder))) {
      for (Path file : files.toList()) {
        Matcher matcher = pattern.matcher(Files.readString(file));
        while (matcher.find()) {
          names.add(matcher.group(1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    names.removeIf(name -> !isOperator(name));
    return names;
  }

  /** Asks the runtime: a node without inputs is refused, but for another reason if it is known. */
  private static boolean isOperator(String name) {
    OnnxGraph graph = new OnnxGraph("g", GraphLowering.MAX_OPSET);
    graph.add(new OnnxNode("n", name, List.of(), List.of("y"), Map.of()));
    try {
      OrtEnvironment.getEnvironment().createSession(OnnxWriter.bytes(graph)).close();
      return true;
    } catch (OrtException e) {
      return !String.valueOf(e.getMessage()).contains("No Op registered");
    }
  }
}
