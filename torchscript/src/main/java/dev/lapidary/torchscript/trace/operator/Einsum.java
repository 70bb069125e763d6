package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * {@code aten::einsum}, recorded with letters alone and the result written out: letters stand for
 * the dimensions of {@code ...}, and a size of 1 that meets a greater one is left out.
 */
final class Einsum {
  private static final String ANY = "...";
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  private final Invocation call;
  private final String equation;
  private final List<String> terms;
  private final List<TensorRef> tensors;
  private final Map<Character, SymInt> sizes = new HashMap<>();

  private Einsum(Invocation call, String equation, List<String> terms, List<TensorRef> tensors) {
    this.call = call;
    this.equation = equation;
    this.terms = new ArrayList<>(terms);
    this.tensors = new ArrayList<>(tensors);
  }

  static IValue apply(Invocation call) {
    String equation = call.text("equation").replace(" ", "");
    int arrow = equation.indexOf("->");
    List<String> terms =
        List.of((arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1));
    List<TensorRef> tensors = call.tensors("tensors");
    if (terms.size() != tensors.size()) {
      throw ProgramRefusal.wrong("einsum %s of %d tensors", equation, tensors.size());
    }
    Einsum einsum = new Einsum(call, equation, terms, tensors);
    String any = einsum.spellOut();
    einsum.measure();
    einsum.leaveOutOnes();
    return einsum.record(arrow < 0 ? einsum.implied(any) : equation.substring(arrow + 2), any);
  }

  /** The letters that stand for {@code ...}, the last ones for a tensor that has fewer. */
  private String spellOut() {
    String free =
        LETTERS
            .chars()
            .filter(c -> equation.indexOf(c) < 0)
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    int widest = 0;
    for (int i = 0; i < terms.size(); i++) {
      widest = Math.max(widest, hidden(i));
    }
    if (widest > free.length()) {
      throw ProgramRefusal.unsupported("einsum %s of tensors of so many dimensions", equation);
    }
    String any = free.substring(0, widest);
    for (int i = 0; i < terms.size(); i++) {
      String term = terms.get(i);
      terms.set(
          i, term.contains(ANY) ? term.replace(ANY, any.substring(widest - hidden(i))) : term);
    }
    return any;
  }

  /** How many dimensions of a tensor its term does not name. */
  private int hidden(int i) {
    String term = terms.get(i);
    int named = term.replace(ANY, "").length();
    int rank = tensors.get(i).rank();
    boolean letters = term.replace(ANY, "").chars().allMatch(c -> LETTERS.indexOf(c) >= 0);
    if (!letters || named > rank || (named < rank && !term.contains(ANY))) {
      throw ProgramRefusal.wrong(
          "einsum %s of a tensor of shape %s", equation, tensors.get(i).shape());
    }
    return rank - named;
  }

  private void measure() {
    for (int i = 0; i < terms.size(); i++) {
      for (int d = 0; d < terms.get(i).length(); d++) {
        SymInt size = tensors.get(i).shape().get(d);
        SymInt known = sizes.putIfAbsent(terms.get(i).charAt(d), size);
        if (known == null || known.equals(size) || SymInts.isOne(size)) {
          continue;
        }
        if (!SymInts.isOne(known)) {
          throw ProgramRefusal.wrong("einsum %s: %s against %s", equation, known, size);
        }
        sizes.put(terms.get(i).charAt(d), size);
      }
    }
  }

  /** A dimension of 1 that broadcasts says nothing. */
  private void leaveOutOnes() {
    for (int i = 0; i < terms.size(); i++) {
      for (int d = terms.get(i).length() - 1; d >= 0; d--) {
        SymInt size = tensors.get(i).shape().get(d);
        String term = terms.get(i);
        if (!size.equals(sizes.get(term.charAt(d)))) {
          IValue at = IValue.number(d);
          tensors.set(i, call.callTensor("select", tensors.get(i), at, IValue.number(0)));
          terms.set(i, term.substring(0, d) + term.substring(d + 1));
        }
      }
    }
  }

  /** What {@code ...} stands for, then the letters that are there once, capitals first. */
  private String implied(String any) {
    int[] counts = new int['z' + 1];
    equation.chars().filter(c -> LETTERS.indexOf(c) >= 0).forEach(c -> counts[c]++);
    return (any.isEmpty() ? "" : ANY)
        + IntStream.range(0, counts.length)
            .filter(c -> counts[c] == 1)
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
  }

  private IValue record(String given, String any) {
    String result = given.replace(ANY, any);
    List<SymInt> shape = new ArrayList<>();
    for (int d = 0; d < result.length(); d++) {
      SymInt size = sizes.get(result.charAt(d));
      if (size == null) {
        throw ProgramRefusal.wrong("einsum %s: %s is in no input", equation, result.charAt(d));
      }
      shape.add(size);
    }
    if (tensors.stream().allMatch(TensorRef::isKnown)) {
      return computed(result, Shapes.constants(shape));
    }
    String plain = String.join(",", terms) + "->" + result;
    return call.with("equation", new IValue.Str(plain))
        .with("tensors", new IValue.ListOf(tensors))
        .with("path", IValue.None.NONE)
        .record(tensors.get(0).dtype(), shape);
  }

  private IValue computed(String result, long[] shape) {
    Map<Character, Long> counts = new HashMap<>();
    sizes.forEach((letter, size) -> counts.put(letter, SymInts.constant(size)));
    return new KnownEinsum(terms, result, counts)
        .compute(
            call.budget(),
            tensors.get(0).dtype(),
            terms,
            tensors.stream().map(tensor -> tensor.tensor("einsum")).toList(),
            shape);
  }
}
