package dev.lapidary.models.zoo;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

  /**
   * Stages of a network that the zoo does not know: one for each module at the top, and where one
   * of them holds most of the parameters, one for each module inside it.
   *
   * @param names of parameters, in the order of the state_dict
   */
  public static List<Stage> derived(Collection<String> names) {
    Map<String, Integer> tops = new LinkedHashMap<>();
    names.forEach(name -> tops.merge(path(name, 1), 1, Integer::sum));
    Set<String> paths = new LinkedHashSet<>();
    for (String name : names) {
      String top = path(name, 1);
      boolean max = 2 * tops.getOrDefault(top, 0) > names.size();
      paths.add(max ? path(name, 2) : top);
    }
    return paths.stream().map(path -> of(path, path)).toList();
  }

  /** The first parts of a parameter's module path, or its own name if it lies in the root. */
  private static String path(String name, int parts) {
    List<String> words = List.of(name.split("\\."));
    int count = Math.min(parts, words.size() - 1);
    return count == 0 ? name : String.join(".", words.subList(0, count));
  }
}
