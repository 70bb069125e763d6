package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Syntax trees without the places of their nodes, for tests to compare. */
final class Trees {
  private Trees() {}

  /** A value that equals another's exactly if the trees differ in their places at most. */
  static Object shape(Object node) {
    if (node instanceof Map<?, ?> map) {
      List<Object> entries = new ArrayList<>();
      map.forEach((key, value) -> entries.add(List.of(key, shape(value))));
      return entries;
    }
    if (node instanceof List<?> list) {
      return list.stream().map(Trees::shape).toList();
    }
    if (node instanceof Optional<?> optional) {
      return optional.map(Trees::shape);
    }
    if (!(node instanceof Record)) {
      return node;
    }
    List<Object> parts = new ArrayList<>(List.of(node.getClass()));
    for (RecordComponent component : node.getClass().getRecordComponents()) {
      if (!component.getType().equals(SourceLocation.class)) {
        parts.add(shape(value(node, component)));
      }
    }
    return parts;
  }

  private static Object value(Object node, RecordComponent component) {
    try {
      return component.getAccessor().invoke(node);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
