package dev.lapidary.exporter.verify;

import java.util.Optional;

/**
 * Which of several outputs holds the logits.
 *
 * @param index of a tuple's element
 * @param key of a dict's entry; without it {@code logits}, then {@code out}, then the first
 */
public record OutputChoice(Optional<Integer> index, Optional<String> key) {
  public static final OutputChoice FIRST = new OutputChoice(Optional.empty(), Optional.empty());
}
