package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyEnum;
import dev.lapidary.torchscript.archive.PyValue.PyGlobal;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyRawStorage;
import dev.lapidary.torchscript.archive.PyValue.PyStorage;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * What makes a value safe to walk by plain recursion: not too deep, without a cycle, and not larger
 * when every reference is followed than a model can be ({@code t = (t, t)} a hundred times).
 */
final class PyTree {
  private static final int DEEPEST = 200;
  private static final long MAX_NODES = 4_000_000;
  private static final Extent ON_PATH = new Extent(-1, 0);

  private final IdentityHashMap<PyValue, Extent> known = new IdentityHashMap<>();
  private final PickleLexer lexer;

  private PyTree(PickleLexer lexer) {
    this.lexer = lexer;
  }

  /** Levels and nodes of a value with every reference followed. */
  private record Extent(int depth, long nodes) {}

  static void check(PyValue root, PickleLexer lexer) {
    new PyTree(lexer).extent(root, 0);
  }

  /** What must be a string. */
  static String string(PyValue value, PickleLexer lexer) {
    if (value instanceof PyString string) {
      return string.value();
    }
    throw lexer.refuse("%s, expected a string", kind(value));
  }

  /** What must be a list. */
  static PyList list(PyValue value, PickleLexer lexer) {
    if (value instanceof PyList list) {
      return list;
    }
    throw lexer.refuse("%s, expected a list", kind(value));
  }

  /** A dict's key. Whatever else Python can hash is told apart by identity, never hashed itself. */
  static PyValue key(PyValue key, PickleLexer lexer) {
    boolean scalar =
        key instanceof PyString
            || key instanceof PyNone
            || key instanceof PyValue.PyInt
            || key instanceof PyValue.PyBool
            || key instanceof PyValue.PyFloat
            || key instanceof PyGlobal
            || key instanceof PyOpaque;
    if (scalar) {
      return key;
    }
    if (!lexer.isPython()) {
      throw lexer.refuse("a dict's key is %s, expected a string or a number", kind(key));
    }
    return new PyOpaque(kind(key));
  }

  /** A value's kind as messages call it: never its content, which may be endless. */
  static String kind(PyValue value) {
    if (value instanceof PyGlobal global) {
      return global.fullName();
    }
    if (value instanceof PyOpaque opaque) {
      return "a " + opaque.name();
    }
    return value == PyNone.NONE ? "None" : "a " + value.getClass().getSimpleName().substring(2);
  }

  private Extent extent(PyValue value, int depth) {
    Collection<PyValue> parts = parts(value);
    if (parts.isEmpty()) {
      requireTorchScript(value);
      return new Extent(1, 1);
    }
    Extent seen = known.get(value);
    if (seen != null && seen.depth < 0) {
      throw lexer.refuse("%s contains itself; such a model cannot be read", kind(value));
    }
    Extent extent = seen == null ? measure(value, parts, depth) : seen;
    if (depth + extent.depth > DEEPEST) {
      throw lexer.refuse("values nest deeper than %d levels", DEEPEST);
    }
    return extent;
  }

  /** Refuses what Python's pickles may mention and a TorchScript archive may not hold. */
  private void requireTorchScript(PyValue value) {
    if (value instanceof PyGlobal
        || value instanceof PyStorage
        || value instanceof PyRawStorage
        || value instanceof PyOpaque) {
      throw Failure.badInput(
          "%s: holds %s as a value, which TorchScript has not; the file is damaged",
          lexer.record(), kind(value));
    }
  }

  private Extent measure(PyValue value, Collection<PyValue> parts, int depth) {
    if (depth > DEEPEST) {
      throw lexer.refuse("values nest deeper than %d levels", DEEPEST);
    }
    known.put(value, ON_PATH);
    int deepest = 0;
    long nodes = 1;
    for (PyValue part : parts) {
      Extent extent = extent(part, depth + 1);
      deepest = Math.max(deepest, extent.depth);
      nodes += extent.nodes;
      if (nodes > MAX_NODES) {
        throw lexer.refuse("expands to more than %d values", MAX_NODES);
      }
    }
    Extent extent = new Extent(deepest + 1, nodes);
    known.put(value, extent);
    return extent;
  }

  /** What a value holds directly; tensors and strings are leaves. */
  static Collection<PyValue> parts(PyValue value) {
    if (value instanceof PyTuple tuple) {
      return tuple.items();
    }
    if (value instanceof PyList list) {
      return list.items();
    }
    if (value instanceof PyDict dict) {
      return dict.items().values();
    }
    if (value instanceof PyObject object) {
      return object.attributes().values();
    }
    return value instanceof PyEnum constant ? List.of(constant.value()) : List.of();
  }
}
