package dev.lapidary.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearNamesTest {
  private static final List<String> KNOWN = List.of("resnet18", "resnet34", "vgg16", "alexnet");

  @Test
  void nearestFirst() {
    assertThat(NearNames.of("resent18", KNOWN)).containsExactly("resnet18");
    assertThat(NearNames.of("resnet13", KNOWN)).containsExactly("resnet18", "resnet34");
    assertThat(NearNames.hint("vgg61", KNOWN)).isEqualTo("; did you mean vgg16?");
  }

  @Test
  void nothingWhereNothingIsNear() {
    assertThat(NearNames.hint("inception", KNOWN)).isEmpty();
  }
}
