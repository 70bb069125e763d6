package dev.lapidary.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnotsTest {
  @Test
  void findsEachCircleAndNoChain() {
    Map<String, Set<String>> arrows =
        Map.of(
            "a", Set.of("b"),
            "b", Set.of("c", "d"),
            "c", Set.of("a"),
            "d", Set.of("e"),
            "e", Set.of("d", "f"),
            "f", Set.of());
    assertThat(Knots.of(arrows))
        .containsExactlyInAnyOrderElementsOf(List.of(Set.of("a", "b", "c"), Set.of("d", "e")));
  }
}
