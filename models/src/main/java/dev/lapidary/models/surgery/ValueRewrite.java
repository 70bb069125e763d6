package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyEnum;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A copy of an archive's values in which some leaves are others. What was one object stays one. The
 * values that are given stay as they are; the reader has checked that they hold no cycle and are
 * not deep.
 */
final class ValueRewrite {
  private final UnaryOperator<PyValue> leaf;
  private final IdentityHashMap<PyValue, PyValue> copies = new IdentityHashMap<>();

  /**
   * @param leaf what takes the place of a value that holds no others: a tensor, a number
   */
  ValueRewrite(UnaryOperator<PyValue> leaf) {
    this.leaf = leaf;
  }

  PyValue of(PyValue value) {
    PyValue known = copies.get(value);
    if (known == null) {
      known = copy(value);
      copies.put(value, known);
    }
    return known;
  }

  List<PyValue> of(List<PyValue> values) {
    return values.stream().map(this::of).toList();
  }

  private PyValue copy(PyValue value) {
    if (value instanceof PyObject object) {
      PyObject copy = new PyObject(object.className());
      object.attributes().forEach((name, held) -> copy.attributes().put(name, of(held)));
      return copy;
    }
    if (value instanceof PyTuple tuple) {
      return new PyTuple(of(tuple.items()));
    }
    if (value instanceof PyList list) {
      return new PyList(list.elementType(), of(list.items()));
    }
    if (value instanceof PyDict dict) {
      Map<PyValue, PyValue> items = new LinkedHashMap<>();
      dict.items().forEach((key, held) -> items.put(key, of(held)));
      return new PyDict(dict.types(), items);
    }
    return value instanceof PyEnum constant
        ? new PyEnum(constant.className(), of(constant.value()))
        : leaf.apply(value);
  }
}
