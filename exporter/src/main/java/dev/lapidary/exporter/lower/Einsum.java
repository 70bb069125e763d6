package dev.lapidary.exporter.lower;

import static java.util.stream.Collectors.joining;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * {@code aten::einsum} of two tensors as Transpose, Reshape and MatMul, which runtimes quantize and
 * run fast; anything else as Einsum.
 *
 * <p>Letters are of four kinds: batch (in both and the result), left, right (in one and the result)
 * and summed (in both alone). Left becomes [batch, left, summed], right [batch, summed, right].
 */
final class Einsum {
  private final Op op;
  private final String left;
  private final String right;
  private final String result;
  private final Map<Character, SymInt> sizes = new HashMap<>();

  private Einsum(Op op, String left, String right, String result) {
    this.op = op;
    this.left = left;
    this.right = right;
    this.result = result;
  }

  static String lower(Op op) {
    String equation = op.text("equation").replace(" ", "");
    List<Argument> tensors = op.items("tensors");
    int arrow = equation.indexOf("->");
    String[] terms = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
    String result = arrow < 0 ? "" : equation.substring(arrow + 2);
    boolean plain =
        arrow >= 0
            && terms.length == 2
            && tensors.size() == 2
            && !equation.contains(".")
            && distinct(terms[0])
            && distinct(terms[1]);
    if (plain) {
      Einsum einsum = new Einsum(op, terms[0], terms[1], result);
      einsum.measure(terms[0], op.shape(tensors.get(0)));
      einsum.measure(terms[1], op.shape(tensors.get(1)));
      if (einsum.isProduct()) {
        return einsum.product(op.tensors("tensors"));
      }
    }
    return op.emit("Einsum", Map.of("equation", Attribute.of(equation)), op.tensors("tensors"));
  }

  private static boolean distinct(String letters) {
    return letters.chars().distinct().count() == letters.length();
  }

  private void measure(String letters, List<SymInt> shape) {
    for (int i = 0; i < letters.length(); i++) {
      sizes.put(letters.charAt(i), shape.get(i));
    }
  }

  /** Every letter of one tensor alone must be in the result: nothing is summed before. */
  private boolean isProduct() {
    return left.chars().allMatch(c -> right.indexOf(c) >= 0 || result.indexOf(c) >= 0)
        && right.chars().allMatch(c -> left.indexOf(c) >= 0 || result.indexOf(c) >= 0);
  }

  private String product(List<String> names) {
    String batch = pick(left, c -> in(right, c) && in(result, c));
    String summed = pick(left, c -> in(right, c) && !in(result, c));
    String rows = pick(left, c -> !in(right, c));
    String columns = pick(right, c -> !in(left, c));
    String a = arrange(names.get(0), left, batch, rows, summed);
    String b = arrange(names.get(1), right, batch, summed, columns);
    String product = op.emit("MatMul", a, b);
    String letters = batch + rows + columns;
    String spread = op.reshape(product, grouped(batch, rows, columns), dims(letters));
    return op.transpose(spread, permutation(letters, result));
  }

  private String arrange(String value, String letters, String batch, String first, String second) {
    String ordered = batch + first + second;
    String turned = op.transpose(value, permutation(letters, ordered));
    return op.reshape(turned, dims(ordered), grouped(batch, first, second));
  }

  private List<SymInt> grouped(String batch, String first, String second) {
    List<SymInt> dims = new ArrayList<>(dims(batch));
    dims.add(BlasProducts.product(op, dims(first)));
    dims.add(BlasProducts.product(op, dims(second)));
    return dims;
  }

  private List<SymInt> dims(String letters) {
    return letters.chars().mapToObj(c -> sizes.getOrDefault((char) c, SymInt.of(1))).toList();
  }

  private static int[] permutation(String from, String to) {
    return to.chars().map(from::indexOf).toArray();
  }

  private static boolean in(String letters, int letter) {
    return letters.indexOf(letter) >= 0;
  }

  private static String pick(String letters, IntPredicate wanted) {
    return letters.chars().filter(wanted).mapToObj(Character::toString).collect(joining());
  }
}
