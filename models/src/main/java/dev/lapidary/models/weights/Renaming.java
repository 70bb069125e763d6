package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.Roles.Module;
import dev.lapidary.models.weights.Roles.Role;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads names of a library that is not known, by structure: modules whose names differ only in
 * numbers play one role ({@link Roles}), and a role of the file is a role of the network if all its
 * modules, in the order of their numbers, have the same tensors of the same shapes.
 *
 * <p>Two modules of equal shapes can so not be confused: a whole role would have to be. ResNet-50's
 * first {@code conv3} and its {@code downsample.0} are both [256, 64, 1, 1], but there are 16 of
 * the one and 4 of the other. Where two roles are equal throughout, as {@code bn1} and {@code bn2}
 * of such a block, a norm goes with the layer beside it, whose role is known; where that does not
 * decide, nothing is read. Every module of both sides must have its partner, the head of another
 * class count included: a part of a network is none.
 */
final class Renaming {
  private static final int MAX_LITERAL = 2;
  private static final int MAX_ROUNDS = 8;
  private static final int SHOWN = 2;

  private final Roles source;
  private final Roles target;
  private final Map<Role, Role> sourceOf = new LinkedHashMap<>();

  private Renaming(Roles source, Roles target) {
    this.source = source;
    this.target = target;
  }

  /** The file's names as the network's; empty if there is not exactly one way to read them. */
  static Optional<Naming.Names> reading(Map<String, Tensor> file, Map<String, Tensor> network) {
    if (Lookalike.why(file.keySet()).isPresent()) {
      return Optional.empty();
    }
    Map<Map<String, String>, Renaming> ways = new LinkedHashMap<>();
    for (int s = 0; s <= MAX_LITERAL; s++) {
      for (int t = 0; t <= MAX_LITERAL; t++) {
        Renaming one = new Renaming(Roles.of(file, s), Roles.of(network, t));
        if (one.solve()) {
          ways.putIfAbsent(one.names(file, network), one);
        }
      }
    }
    return ways.entrySet().stream()
        .filter(way -> ways.size() == 1)
        .map(
            way ->
                new Naming.Names(file, Map.of(), List.of())
                    .renamed(way.getValue().note(), name -> way.getKey().getOrDefault(name, name)))
        .findFirst();
  }

  private boolean solve() {
    if (source.modules() != target.modules() || target.modules() == 0) {
      return false;
    }
    for (int round = 0; round < MAX_ROUNDS; round++) {
      int before = sourceOf.size();
      for (Role role : target.members().keySet()) {
        if (!sourceOf.containsKey(role)) {
          List<Role> equal = equal(role);
          if (equal.size() == 1 && isOnlyFor(equal.get(0), role)) {
            sourceOf.put(role, equal.get(0));
          }
        }
      }
      if (sourceOf.size() == before) {
        break;
      }
    }
    takeHead();
    return sourceOf.size() == target.members().size() && sourceOf.size() == source.members().size();
  }

  /** Roles of the file that are not taken and can be the network's. */
  private List<Role> equal(Role wanted) {
    List<String> sizes = target.sizes(wanted);
    return source.members().keySet().stream()
        .filter(role -> !sourceOf.containsValue(role))
        .filter(role -> role.leaves().equals(wanted.leaves()))
        .filter(role -> source.sizes(role).equals(sizes) && partnersAgree(role, wanted))
        .toList();
  }

  private boolean isOnlyFor(Role found, Role wanted) {
    return target.members().keySet().stream()
        .filter(role -> !role.equals(wanted) && !sourceOf.containsKey(role))
        .filter(role -> role.leaves().equals(found.leaves()))
        .noneMatch(
            role -> target.sizes(role).equals(source.sizes(found)) && partnersAgree(found, role));
  }

  /** Whether a norm would stay beside its layer, as far as that is known. */
  private boolean partnersAgree(Role found, Role wanted) {
    if (!wanted.isNorm()) {
      return true;
    }
    Optional<Role> there = source.partner(found);
    Optional<Role> here = target.partner(wanted);
    if (there.isEmpty() || here.isEmpty() || !sourceOf.containsKey(here.get())) {
      return true;
    }
    return there.get().equals(sourceOf.get(here.get()));
  }

  /** What is left is one layer on both sides, with other classes. */
  private void takeHead() {
    List<Role> here =
        target.members().keySet().stream().filter(r -> !sourceOf.containsKey(r)).toList();
    List<Role> there =
        source.members().keySet().stream().filter(r -> !sourceOf.containsValue(r)).toList();
    if (here.size() == 1
        && there.size() == 1
        && target.modules(here.get(0)).size() == 1
        && source.modules(there.get(0)).size() == 1
        && differInClasses(
            target.modules(here.get(0)).get(0), source.modules(there.get(0)).get(0))) {
      sourceOf.put(here.get(0), there.get(0));
    }
  }

  private static boolean differInClasses(Module here, Module there) {
    Tensor weight = here.tensors().get("weight");
    Tensor found = there.tensors().get("weight");
    return here.tensors().keySet().equals(there.tensors().keySet())
        && weight != null
        && found != null
        && weight.rank() >= 2
        && found.rank() >= 2
        && weight.numel() * found.size(0) == found.numel() * weight.size(0);
  }

  /** The network's name for each of the file's; counters go with their norms. */
  private Map<String, String> names(Map<String, Tensor> file, Map<String, Tensor> network) {
    Map<String, String> paths = new LinkedHashMap<>();
    sourceOf.forEach(
        (here, there) -> {
          List<Module> modules = source.modules(there);
          for (int i = 0; i < modules.size(); i++) {
            paths.put(modules.get(i).path(), target.modules(here).get(i).path());
          }
        });
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : file.keySet()) {
      int dot = name.lastIndexOf('.');
      String path = paths.get(dot < 0 ? "" : name.substring(0, dot));
      String read =
          path == null ? name : (path.isEmpty() ? "" : path + ".") + name.substring(dot + 1);
      if (network.containsKey(read)) {
        names.put(name, read);
      }
    }
    return names;
  }

  private String note() {
    List<Map.Entry<Role, Role>> other =
        sourceOf.entrySet().stream()
            .filter(e -> !e.getKey().template().equals(e.getValue().template()))
            .sorted(Comparator.comparingInt(e -> -target.modules(e.getKey()).size()))
            .toList();
    String pairs =
        other.stream()
            .limit(SHOWN)
            .map(e -> e.getValue().template() + " as " + e.getKey().template())
            .collect(Collectors.joining(", "));
    return "read another library's names by order and shape: %s%s; padding and epsilon do not show in them, so compare an answer"
        .formatted(pairs, other.size() > SHOWN ? ", ..." : "");
  }
}
