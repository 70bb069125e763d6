package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.List;
import java.util.Map;

/**
 * {@code aten::einsum} of known tensors, as timm's MaxViT makes its tables of relative positions:
 * for each place of the result the sum, over all letters that it lacks, of the factors' product.
 * Sums in float64, and rounds once.
 */
final class KnownEinsum {
  private final String letters;
  private final int[] sizes;

  /**
   * @param result its letters
   * @param sizes of all letters
   */
  KnownEinsum(List<String> terms, String result, Map<Character, Long> sizes) {
    StringBuilder all = new StringBuilder(result);
    for (char letter : String.join("", terms).toCharArray()) {
      if (all.indexOf(String.valueOf(letter)) < 0) {
        all.append(letter);
      }
    }
    this.letters = all.toString();
    this.sizes =
        letters.chars().map(c -> Math.toIntExact(sizes.getOrDefault((char) c, 1L))).toArray();
  }

  /**
   * @param tensors one a term, each with a letter a dimension
   * @param shape of the result
   */
  IValue compute(
      Budget budget, DType dtype, List<String> terms, List<Tensor> tensors, long... shape) {
    long all = 1;
    for (int size : sizes) {
      all = Math.multiplyExact(all, (long) size);
    }
    long inner = all == 0 ? 0 : all / Tensor.numel(shape);
    long steps = Math.multiplyExact(inner, (long) tensors.size());
    return Elements.sums(budget, dtype, shape, steps, sums -> addUp(sums, inner, terms, tensors));
  }

  private void addUp(double[] sums, long inner, List<String> terms, List<Tensor> tensors) {
    double[][] values = new double[tensors.size()][];
    int[][] strides = new int[tensors.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensors.get(i).toDoubles();
      strides[i] = strides(terms.get(i), tensors.get(i).shape());
    }
    int[] index = new int[sizes.length];
    int[] at = new int[values.length];
    for (int position = 0; position < sums.length; position++) {
      for (long step = 0; step < inner; step++) {
        double product = 1;
        for (int i = 0; i < values.length; i++) {
          product *= values[i][at[i]];
        }
        sums[position] += product;
        advance(index, at, strides);
      }
    }
  }

  /**
   * How far each letter goes in a tensor: 0 if it has it not, the diagonal's if it has it twice.
   */
  private int[] strides(String term, long[] shape) {
    long[] own = Tensor.contiguousStrides(shape);
    int[] strides = new int[sizes.length];
    for (int d = 0; d < own.length; d++) {
      strides[letters.indexOf(term.charAt(d))] += Math.toIntExact(own[d]);
    }
    return strides;
  }

  /** To the next combination, the last letter first; after the last one to the first again. */
  private void advance(int[] index, int[] at, int[][] strides) {
    for (int letter = sizes.length - 1; letter >= 0; letter--) {
      boolean wraps = ++index[letter] == sizes[letter];
      for (int i = 0; i < at.length; i++) {
        at[i] += wraps ? -(sizes[letter] - 1) * strides[i][letter] : strides[i][letter];
      }
      if (!wraps) {
        return;
      }
      index[letter] = 0;
    }
  }
}
