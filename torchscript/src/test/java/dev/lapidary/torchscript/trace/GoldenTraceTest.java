package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenTraceTest {
  static Stream<Arguments> archives() {
    return Golden.FAMILIES.stream()
        .flatMap(f -> Stream.of(Arguments.of(f, "scripted"), Arguments.of(f, "traced")));
  }

  @ParameterizedTest
  @MethodSource("archives")
  void tracesToLogitsForEveryBatch(String family, String kind) {
    Optional<Path> path = Golden.archive(family, kind);
    if (path.isEmpty()) {
      return;
    }
    Graph graph = trace(path.get());
    assertThat(graph.nodes()).isNotEmpty();
    assertThat(graph.outputs())
        .extracting(Argument.Value::shape)
        .containsExactly(List.of(SymInt.BATCH, SymInt.of(10)));
  }

  @ParameterizedTest
  @MethodSource("families")
  void scriptedAndTracedAreTheSameOperators(String family) {
    Optional<Path> scripted = Golden.archive(family, "scripted");
    Optional<Path> traced = Golden.archive(family, "traced");
    if (scripted.isEmpty() || traced.isEmpty()) {
      return;
    }
    Map<String, Long> expected = operators(trace(scripted.get()));
    assertThat(operators(trace(traced.get()))).isEqualTo(expected);
  }

  /**
   * All but ViT: scripted, it takes MultiheadAttention's fast path, one fused operator; the trace
   * was recorded where gradients were on, which rules that path out.
   */
  static Stream<String> families() {
    return Golden.FAMILIES.stream().filter(f -> !f.equals("vit"));
  }

  private static Graph trace(Path path) {
    return Tracer.trace(ArchiveReader.read(path), TraceOptions.of(3, 224, 224));
  }

  private static Map<String, Long> operators(Graph graph) {
    return graph.nodes().stream()
        .collect(Collectors.groupingBy(Node::operator, TreeMap::new, Collectors.counting()));
  }
}
