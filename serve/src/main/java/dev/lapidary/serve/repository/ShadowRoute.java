package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.Failure;
import java.util.Optional;

/**
 * A model whose images another one gets, too, and answers nobody.
 *
 * @param name of the model that answers
 * @param model that gets copies of what it got
 * @param version of that; empty for the latest
 */
public record ShadowRoute(String name, String model, Optional<String> version) {
  /**
   * @param text {@code NAME=MODEL[/VERSION]}
   * @throws Failure (exit 2) if it is not of this form, or both are the same model
   */
  public static ShadowRoute parse(String text) {
    int equals = text.indexOf('=');
    String name = text.substring(0, Math.max(0, equals));
    if (!ModelId.isSegment(name)) {
      throw refused(text, "it names no model");
    }
    String[] id = text.substring(equals + 1).split("/", -1);
    if (id.length > 2 || !ModelId.isSegment(id[0]) || !ModelId.isSegment(id[id.length - 1])) {
      throw refused(text, "'" + text.substring(equals + 1) + "' is no model's name");
    }
    if (id[0].equals(name)) {
      throw refused(text, "a model cannot be its own shadow");
    }
    return new ShadowRoute(name, id[0], id.length == 2 ? Optional.of(id[1]) : Optional.empty());
  }

  private static Failure refused(String text, String why) {
    return Failure.badInput(
        "--shadow %s: %s, expected NAME=MODEL such as shoes=shoes-int8", text, why);
  }

  /** The one that answers nobody, such as {@code shoes-int8} or {@code shoes-int8/2}. */
  public String target() {
    return model + version.map(own -> "/" + own).orElse("");
  }

  /** As it is typed. */
  @Override
  public String toString() {
    return name + "=" + target();
  }
}
