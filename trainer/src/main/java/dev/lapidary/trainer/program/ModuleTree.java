package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The modules of a network that have a train mode, outermost first, each object once. */
public record ModuleTree(List<Node> nodes) {

  /**
   * @param path attribute names joined by dots; empty for the root
   */
  public record Node(String path, PyObject module) {

    /** Whether a state_dict's name lies in this module or below it. */
    boolean holds(String name) {
      return path.isEmpty() || name.startsWith(path + ".");
    }
  }

  public static ModuleTree of(PyObject root) {
    List<Node> nodes = new ArrayList<>();
    collect("", root, nodes, Collections.newSetFromMap(new IdentityHashMap<>()));
    return new ModuleTree(List.copyOf(nodes));
  }

  /** In the order of {@link #nodes}: whether the module is in train mode. */
  boolean[] trainModes(List<String> parameters, Set<String> trained) {
    boolean[] modes = new boolean[nodes.size()];
    for (int i = 0; i < modes.length; i++) {
      Node node = nodes.get(i);
      boolean stateless = parameters.stream().noneMatch(node::holds);
      modes[i] =
          stateless
              ? modes[parent(i)]
              : parameters.stream().anyMatch(p -> trained.contains(p) && node.holds(p));
    }
    return modes;
  }

  /** The modules in train mode. */
  List<Node> training(List<String> parameters, Set<String> trained) {
    boolean[] modes = trainModes(parameters, trained);
    return IntStream.range(0, modes.length).filter(i -> modes[i]).mapToObj(nodes::get).toList();
  }

  /** The nearest module around it; the outermost one is its own. */
  private int parent(int child) {
    for (int i = child - 1; i >= 0; i--) {
      if (nodes.get(i).holds(nodes.get(child).path())) {
        return i;
      }
    }
    return 0;
  }

  private static void collect(String path, PyObject object, List<Node> nodes, Set<PyObject> seen) {
    if (!seen.add(object)) {
      return;
    }
    if (object.attributes().get("training") instanceof PyBool) {
      nodes.add(new Node(path, object));
    }
    for (Map.Entry<String, PyValue> attribute : object.attributes().entrySet()) {
      if (attribute.getValue() instanceof PyObject child) {
        String below = path.isEmpty() ? attribute.getKey() : path + "." + attribute.getKey();
        collect(below, child, nodes, seen);
      }
    }
  }
}
