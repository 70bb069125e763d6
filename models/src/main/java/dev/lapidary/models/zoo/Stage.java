package dev.lapidary.models.zoo;

import java.util.List;

/**
 * A part of a network, counted from the stem to the head: what is unfrozen together, has one
 * learning rate under layer decay, and is one segment of gradient checkpointing.
 *
 * @param modules paths of modules or parameters, such as {@code layer1} or {@code class_token}
 */
public record Stage(String name, List<String> modules) {
  public Stage {
    modules = List.copyOf(modules);
  }

  static Stage of(String name, String... modules) {
    return new Stage(name, List.of(modules));
  }

  /** Whether a state_dict's name lies in one of the modules. */
  public boolean covers(String name) {
    return modules.stream().anyMatch(m -> name.equals(m) || name.startsWith(m + "."));
  }

  /** The modules as globs over parameter names: {@code layer1.*}. */
  public List<String> patterns() {
    return modules.stream().map(m -> m + "*").toList();
  }
}
