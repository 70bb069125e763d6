package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorTableTest {
  /** So that a call of any overload finds a value for each parameter, and none is left over. */
  @Test
  void aDecompositionHasTheParametersOfItsOverloads() {
    Decompositions.functions()
        .forEach(
            (name, definition) -> {
              List<Schema> overloads = Schemas.all().getOrDefault("aten::" + name, List.of());
              if (overloads.isEmpty()) {
                return;
              }
              Definition.Function function = (Definition.Function) definition;
              assertThat(function.parameters().stream().map(Definition.Parameter::name))
                  .as(name)
                  .containsExactlyInAnyOrderElementsOf(Schemas.names(overloads));
              for (Definition.Parameter parameter : function.parameters()) {
                boolean everywhere =
                    overloads.stream()
                        .allMatch(o -> Schemas.names(List.of(o)).contains(parameter.name()));
                assertThat(everywhere || parameter.defaultValue().isPresent())
                    .as("%s of %s", parameter.name(), name)
                    .isTrue();
              }
            });
  }

  @Test
  void everySchemaHasAnOperatorAndEveryOperatorASchema() {
    assertThat(Schemas.all().keySet()).isEqualTo(OperatorTable.ALL.names());
  }
}
