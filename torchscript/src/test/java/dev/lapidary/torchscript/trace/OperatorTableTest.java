package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.trace.call.Schemas;
import org.junit.jupiter.api.Test;

class OperatorTableTest {
  @Test
  void everySchemaHasAnOperatorAndEveryOperatorASchema() {
    assertThat(Schemas.all().keySet()).isEqualTo(OperatorTable.ALL.names());
  }
}
