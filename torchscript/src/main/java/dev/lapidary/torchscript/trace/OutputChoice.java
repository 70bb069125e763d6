package dev.lapidary.torchscript.trace;

import dev.lapidary.core.failure.Failure;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which of several outputs holds the logits: the one rule for the tracer and for libtorch.
 *
 * @param index of a tuple's or list's element
 * @param key of a dict's entry or a named tuple's field; without either the output called {@code
 *     logits}, then {@code out}, then a tuple's first tensor or a dict's only one
 */
public record OutputChoice(Optional<Integer> index, Optional<String> key) {
  public static final OutputChoice FIRST = new OutputChoice(Optional.empty(), Optional.empty());

  public OutputChoice {
    if (index.isPresent() && key.isPresent()) {
      throw Failure.badInput(
          "--output-index %d and --output-key %s: give the one or the other",
          index.get(), key.get());
    }
  }

  private static final List<String> USUAL = List.of("logits", "out");

  /**
   * The position of a tuple's or list's element.
   *
   * @param fields the names of a named tuple, or empty
   * @param tensors by position whether it is a tensor
   * @throws Failure (exit 2) if there is no such output
   */
  public int ofTuple(List<String> fields, List<Boolean> tensors) {
    if (key.isPresent() && fields.isEmpty()) {
      throw Failure.badInput(
          "--output-key %s: forward returns %d values without names; give --output-index",
          key.get(), tensors.size());
    }
    if (index.isPresent()) {
      if (index.get() < 0 || index.get() >= tensors.size()) {
        throw Failure.badInput(
            "--output-index %d: forward returns %d values", index.get(), tensors.size());
      }
      return index.get();
    }
    return named(fields, tensors).orElseGet(() -> firstTensor(tensors));
  }

  /**
   * The position of a dict's entry.
   *
   * @throws Failure (exit 2) if there is no such output, or several and none is the usual one
   */
  public int ofDict(List<String> keys, List<Boolean> tensors) {
    if (index.isPresent()) {
      throw Failure.badInput(
          "--output-index %d: forward returns a dict; give --output-key, one of %s",
          index.get(), keys);
    }
    return named(keys, tensors)
        .orElseGet(
            () -> {
              // A dict's order is lost on the way out of libtorch, so "the first" has no meaning.
              if (Collections.frequency(tensors, true) > 1) {
                throw Failure.badInput(
                    "forward returns a dict with the keys %s; --output-key must say which one holds"
                        + " the logits",
                    keys);
              }
              return firstTensor(tensors);
            });
  }

  private Optional<Integer> named(List<String> names, List<Boolean> tensors) {
    if (key.isPresent()) {
      int at = names.indexOf(key.get());
      if (at < 0) {
        throw Failure.badInput("the output has no key %s; it has %s", key.get(), names);
      }
      return Optional.of(at);
    }
    return USUAL.stream().map(names::indexOf).filter(at -> at >= 0 && tensors.get(at)).findFirst();
  }

  private static int firstTensor(List<Boolean> tensors) {
    return IntStream.range(0, tensors.size())
        .filter(tensors::get)
        .findFirst()
        .orElseThrow(
            () ->
                Failure.unsupported(
                    "forward returns %d values and no tensor among them; a module around the network"
                        + " must return the logits",
                    tensors.size()));
  }
}
