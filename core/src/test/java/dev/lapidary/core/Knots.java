package dev.lapidary.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Strongly connected components of a graph (Tarjan, SIAM Journal on Computing 1(2), 1972). */
final class Knots {
  private final Map<String, Set<String>> arrows;
  private final Map<String, Integer> order = new HashMap<>();
  private final Map<String, Integer> low = new HashMap<>();
  private final Deque<String> open = new ArrayDeque<>();
  private final List<Set<String>> found = new ArrayList<>();

  private Knots(Map<String, Set<String>> arrows) {
    this.arrows = arrows;
  }

  /**
   * @param arrows from each node to those that it uses
   * @return the components of two nodes and more
   */
  static List<Set<String>> of(Map<String, Set<String>> arrows) {
    Knots knots = new Knots(arrows);
    for (String node : arrows.keySet()) {
      if (!knots.order.containsKey(node)) {
        knots.visit(node);
      }
    }
    return knots.found;
  }

  private void visit(String node) {
    int number = order.size();
    order.put(node, number);
    low.put(node, number);
    open.push(node);
    for (String next : arrows.getOrDefault(node, Set.of())) {
      if (!order.containsKey(next)) {
        visit(next);
        low.merge(node, low.getOrDefault(next, number), Math::min);
      } else if (open.contains(next)) {
        low.merge(node, order.getOrDefault(next, number), Math::min);
      }
    }
    if (low.getOrDefault(node, number) == number) {
      Set<String> component = new TreeSet<>();
      String last;
      do {
        last = open.pop();
        component.add(last);
      } while (!last.equals(node));
      if (component.size() > 1) {
        found.add(component);
      }
    }
  }
}
