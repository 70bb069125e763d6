package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.models.trace.Tracer;
import org.junit.jupiter.api.Test;

class OperatorListTest {
  /** No lowering without a program that could reach it. */
  @Test
  void whatIsLoweredCanBeTraced() {
    assertThat(Tracer.operators()).containsAll(Operators.names());
  }
}
