package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A state_dict's modules, those of one role together: equal names but for the numbers in them,
 * equal leaves. In a role they are in the order of their numbers, which is that of computation; a
 * file may list them in any other.
 *
 * @param members by role
 */
record Roles(Map<Role, List<Module>> members) {
  private static final Pattern DIGITS = Pattern.compile("[0-9]+");

  /**
   * What the modules of a role have in common.
   *
   * @param template the path with its numbers replaced by #, but for those that tell roles apart
   * @param leaves names and ranks of the tensors
   */
  record Role(String template, String leaves) {
    boolean isNorm() {
      return leaves.contains("running_mean") || leaves.equals("bias:1 weight:1 ");
    }
  }

  /**
   * @param path without the leaf
   * @param tensors by leaf
   */
  record Module(String path, List<BigInteger> numbers, Map<String, Tensor> tensors) {
    String parent() {
      return path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : "";
    }

    String name() {
      return path.substring(path.lastIndexOf('.') + 1);
    }

    Optional<String> lastNumber() {
      return DIGITS.matcher(name()).results().map(MatchResult::group).reduce((a, b) -> b);
    }

    /** Sizes of all tensors; of 1 they do not count, as in {@link Match#fits}. */
    String sizes() {
      StringBuilder text = new StringBuilder();
      tensors.forEach(
          (leaf, tensor) -> text.append(leaf).append(Arrays.toString(withoutOnes(tensor))));
      return text.toString();
    }
  }

  /**
   * @param literal how many of a path's last parts keep their numbers in the template
   */
  static Roles of(Map<String, Tensor> state, int literal) {
    Map<String, Map<String, Tensor>> modules = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          int dot = name.lastIndexOf('.');
          String leaf = name.substring(dot + 1);
          if (tensor.dtype().isFloating()) { // a counter or an index says nothing
            modules
                .computeIfAbsent(dot < 0 ? "" : name.substring(0, dot), p -> new TreeMap<>())
                .put(leaf, tensor);
          }
        });
    Map<Role, List<Module>> members = new LinkedHashMap<>();
    modules.forEach(
        (path, tensors) -> {
          StringBuilder leaves = new StringBuilder();
          tensors.forEach(
              (leaf, tensor) -> leaves.append(leaf).append(':').append(rank(tensor)).append(' '));
          Role role = new Role(template(path, literal), leaves.toString());
          List<BigInteger> numbers =
              DIGITS.matcher(path).results().map(m -> new BigInteger(m.group())).toList();
          members
              .computeIfAbsent(role, r -> new ArrayList<>())
              .add(new Module(path, numbers, tensors));
        });
    members
        .values()
        .forEach(list -> list.sort(Comparator.comparing(Module::numbers, Roles::order)));
    return new Roles(members);
  }

  int modules() {
    return members.values().stream().mapToInt(List::size).sum();
  }

  /** Shapes of a role's members, in order. */
  List<String> sizes(Role role) {
    return modules(role).stream().map(Module::sizes).toList();
  }

  List<Module> modules(Role role) {
    return members.getOrDefault(role, List.of());
  }

  /**
   * The role whose members give a norm's members their input: the one convolution or linear layer
   * that lies beside it, or the one of the same number. Empty if that is not so for each of them.
   */
  Optional<Role> partner(Role norm) {
    Map<Role, Integer> found = new LinkedHashMap<>();
    for (Module module : modules(norm)) {
      beside(module).ifPresent(role -> found.merge(role, 1, Integer::sum));
    }
    return found.entrySet().stream()
        .filter(e -> found.size() == 1 && e.getValue() == modules(norm).size())
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private Optional<Role> beside(Module norm) {
    List<Role> alone = new ArrayList<>();
    List<Role> numbered = new ArrayList<>();
    members.forEach(
        (role, modules) -> {
          if (!role.isNorm()) {
            for (Module module : modules) {
              if (module.parent().equals(norm.parent())) {
                alone.add(role);
                if (norm.lastNumber().isPresent()
                    && norm.lastNumber().equals(module.lastNumber())) {
                  numbered.add(role);
                }
              }
            }
          }
        });
    List<Role> chosen = alone.size() == 1 ? alone : numbered;
    return chosen.size() == 1 ? Optional.of(chosen.get(0)) : Optional.empty();
  }

  static long[] withoutOnes(Tensor tensor) {
    return Arrays.stream(tensor.shape()).filter(size -> size != 1).toArray();
  }

  /** Of a matrix and a convolution that is one the same: {@link Match#fits}. */
  private static int rank(Tensor tensor) {
    return tensor.rank() >= 2 ? 2 : 1;
  }

  private static String template(String path, int literal) {
    String[] parts = path.split("\\.", -1);
    for (int i = 0; i < parts.length - literal; i++) {
      parts[i] = DIGITS.matcher(parts[i]).replaceAll("#");
    }
    return String.join(".", parts);
  }

  private static int order(List<BigInteger> a, List<BigInteger> b) {
    return Arrays.compare(a.toArray(BigInteger[]::new), b.toArray(BigInteger[]::new));
  }
}
