package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names, order, shapes and counts of every network that torchvision's own were recorded of. */
class ZooStateTest {
  private static final JsonNode RECORDED = Golden.zoo();

  static Stream<Architecture> recorded() {
    return Zoo.all().stream().filter(a -> RECORDED.has(a.name()));
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void stateDictEqualsTorchvisions(Architecture architecture) {
    JsonNode golden = RECORDED.get(architecture.name());
    List<String> expected = new ArrayList<>();
    golden.get("state").forEach(e -> expected.add(e.get(0).asText() + shape(e.get(1))));
    ZooOptions options = ZooOptions.of(1000, 0);
    assertThat(architecture.state(options).stream().map(e -> e.name() + e.shape()))
        .containsExactlyElementsOf(expected);
    assertThat(architecture.parameters(options)).isEqualTo(golden.get("parameters").asLong());
  }

  private static List<Long> shape(JsonNode sizes) {
    return StreamSupport.stream(sizes.spliterator(), false).map(JsonNode::asLong).toList();
  }
}
