package dev.lapidary.exporter.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Einsum by its definition: the sum over all indices of the products.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__Einsum.html">ONNX, Einsum</a>
 */
final class EinsteinSum {
  /** Stand for the axes of an ellipsis, counted from the last one. */
  private static final String ELLIPSIS = "9876543210";

  private EinsteinSum() {}

  static void addTo(Evaluator e) {
    e.single("Einsum", EinsteinSum::einsum);
  }

  private static Grid einsum(Kernel.Call call) {
    String[] sides = call.node().textOr("equation", "").replace(" ", "").split("->", -1);
    String[] terms = sides[0].split(",", -1);
    SortedMap<Character, Integer> sizes = new TreeMap<>();
    List<Grid> inputs = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      Grid x = call.in(i);
      terms[i] = expanded(terms[i], x.rank() - terms[i].replace(".", "").length());
      inputs.add(x);
      for (int d = 0; d < x.rank(); d++) {
        sizes.merge(terms[i].charAt(d), x.shape()[d], Math::max);
      }
    }
    int hidden = (int) sizes.keySet().stream().filter(Character::isDigit).count();
    String result = sides.length > 1 ? expanded(sides[1], hidden) : implied(terms, hidden);
    long[] space = sizes.values().stream().mapToLong(Integer::longValue).toArray();
    call.hold(space);
    call.spend(space);
    return summed(inputs, terms, result, sizes);
  }

  private static String expanded(String term, int hidden) {
    return term.replace("...", ELLIPSIS.substring(ELLIPSIS.length() - hidden));
  }

  /** Without an arrow: the ellipsis, then the letters that occur once, in their order. */
  private static String implied(String[] terms, int hidden) {
    StringBuilder result = new StringBuilder(ELLIPSIS.substring(ELLIPSIS.length() - hidden));
    String all = String.join("", terms);
    all.chars()
        .filter(Character::isLetter)
        .filter(letter -> all.indexOf(letter) == all.lastIndexOf(letter))
        .sorted()
        .forEach(letter -> result.append((char) letter));
    return result.toString();
  }

  private static Grid summed(
      List<Grid> inputs, String[] terms, String result, SortedMap<Character, Integer> sizes) {
    StringBuilder labels = new StringBuilder(result);
    sizes.keySet().stream().filter(l -> result.indexOf(l) < 0).forEach(labels::append);
    int[] space = labels.chars().map(label -> sizes.getOrDefault((char) label, 1)).toArray();
    List<int[]> positions = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      positions.add(positions(inputs.get(i), terms[i], labels.toString(), space));
    }
    Grid y = Grid.zeros(inputs.get(0).dtype(), Arrays.copyOf(space, result.length()));
    int inner = Grid.count(space) / Math.max(1, y.values().length);
    for (int at = 0; at < y.values().length * inner; at++) {
      double product = 1;
      for (int i = 0; i < inputs.size(); i++) {
        product *= inputs.get(i).values()[positions.get(i)[at]];
      }
      y.values()[at / inner] += product;
    }
    return y;
  }

  /** Where an input's element lies for each index of the space; a label twice is a diagonal. */
  private static int[] positions(Grid x, String term, String labels, int[] space) {
    int[] strides = new int[space.length];
    for (int d = 0; d < x.rank(); d++) {
      strides[labels.indexOf(term.charAt(d))] += x.shape()[d] == 1 ? 0 : x.stride(d);
    }
    return Movement.strided(space, strides, 0);
  }
}
