package dev.lapidary.torchscript.trace.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.graph.Schema;
import org.junit.jupiter.api.Test;

class SchemasTest {
  @Test
  void readsASignature() {
    Schema schema =
        Schemas.parse(
            "aten::split.Tensor(Tensor(a -> *) self, int[2] size=[1, 1], *, str? mode=\"x\") ->"
                + " (Tensor values, Tensor indices)");
    assertThat(schema.operator()).isEqualTo("aten::split");
    assertThat(schema.parameters())
        .extracting(p -> p.type() + " " + p.name() + " " + p.defaultText().orElse("-"))
        .containsExactly("Tensor self -", "int[2] size [1, 1]", "str? mode \"x\"");
    assertThat(schema.parameters().get(2).keywordOnly()).isTrue();
    assertThat(schema.returns()).containsExactly("Tensor", "Tensor");
  }
}
