package dev.lapidary.torchscript.trace;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.call.Schemas;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.operator.ComplexNumbers;
import dev.lapidary.torchscript.trace.operator.Headings;
import dev.lapidary.torchscript.trace.quantized.FakeQuantizations;
import dev.lapidary.torchscript.trace.quantized.Quantizations;
import dev.lapidary.torchscript.trace.quantized.QuantizedLayers;
import dev.lapidary.torchscript.trace.value.PackedParams;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * All operators: what each does to real tensors, and to complex ones. To add one, write it in
 * {@code decompositions.py} if others make it up, else in the class of its heading, one of {@link
 * Headings}.
 */
final class OperatorTable {
  private static final String DECOMPOSITIONS =
      "torchscript/src/main/resources/"
          + OperatorTable.class.getPackageName().replace('.', '/')
          + "/"
          + Decompositions.FILE;

  static final OperatorTable ALL = new OperatorTable();

  private final Map<String, Operator> real = new HashMap<>();
  private final Map<String, Operator> complex = new HashMap<>();
  private final Map<String, String> sources = new HashMap<>();

  private OperatorTable() {
    Headings.forEach((heading, operators) -> enter(real, heading, operators));
    enter(real, Quantizations.class, Quantizations::addTo);
    enter(real, FakeQuantizations.class, FakeQuantizations::addTo);
    enter(real, QuantizedLayers.class, QuantizedLayers::addTo);
    enter(complex, ComplexNumbers.class, ComplexNumbers::addOfComplex);
    PackedParams.PACKING.forEach(name -> sources.put(name, source(PackedParams.class)));
    for (String name : Decompositions.functions().keySet()) {
      String operator = "aten::" + name;
      if (Schemas.all().containsKey(operator) && !real.containsKey(name)) {
        real.put(name, Invocation::decomposed);
        sources.put(operator, DECOMPOSITIONS);
      }
    }
  }

  private static String source(Class<?> family) {
    return "torchscript/src/main/java/" + family.getName().replace('.', '/') + ".java";
  }

  private void enter(
      Map<String, Operator> table, Class<?> family, Consumer<Map<String, Operator>> operators) {
    Map<String, Operator> own = new HashMap<>();
    operators.accept(own);
    own.forEach(
        (name, operator) -> {
          if (table.put(name, operator) != null) {
            throw new IllegalStateException(name + " is entered twice");
          }
          sources.putIfAbsent(name.contains("::") ? name : "aten::" + name, source(family));
        });
  }

  /** Names of all operators, with their namespaces. */
  Set<String> names() {
    return Collections.unmodifiableSet(sources.keySet());
  }

  /** The file that an operator is in, from the root of the project. */
  Optional<String> source(String operator) {
    return Optional.ofNullable(sources.get(operator));
  }

  /**
   * @param operator with its namespace
   * @param ofComplex whether an argument is a complex tensor
   */
  Operator find(String operator, boolean ofComplex) {
    Operator found = (ofComplex ? complex : real).get(operator.replaceFirst("^aten::", ""));
    if (found == null) {
      throw ProgramRefusal.unsupported(
          "%s of %s numbers", operator, ofComplex ? "complex" : "real");
    }
    return found;
  }
}
