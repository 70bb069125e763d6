package dev.lapidary.exporter.onnx;

import dev.lapidary.core.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** A node's attribute: the kinds of {@code AttributeProto} that operators without subgraphs use. */
public sealed interface Attribute {

  record Int(long value) implements Attribute {}

  record Real(float value) implements Attribute {}

  record Text(String value) implements Attribute {}

  record Ints(List<Long> values) implements Attribute {
    public Ints {
      values = List.copyOf(values);
    }

    public long[] toArray() {
      return values.stream().mapToLong(Long::longValue).toArray();
    }
  }

  record Reals(List<Float> values) implements Attribute {
    public Reals {
      values = List.copyOf(values);
    }
  }

  record Texts(List<String> values) implements Attribute {
    public Texts {
      values = List.copyOf(values);
    }
  }

  record Constant(Tensor value) implements Attribute {}

  static Attribute of(long value) {
    return new Int(value);
  }

  static Attribute of(double value) {
    return new Real((float) value);
  }

  static Attribute of(String value) {
    return new Text(value);
  }

  static Attribute of(long... values) {
    return new Ints(Arrays.stream(values).boxed().toList());
  }
}
