package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** A value as text, so that two can be compared: types, bits, and what is shared with what. */
final class Values {
  private final StringBuilder out = new StringBuilder();
  private final Map<Object, Integer> seen = new IdentityHashMap<>();

  private Values() {}

  static String of(PyValue value) {
    Values values = new Values();
    values.append(value);
    return values.out.toString();
  }

  static String of(List<PyValue> values) {
    return of(new PyTuple(values));
  }

  private void append(PyValue value) {
    if (value instanceof PyTuple tuple) {
      out.append("tuple(");
      tuple.items().forEach(this::append);
      out.append(")\n");
      return;
    }
    boolean shared =
        value instanceof PyObject
            || value instanceof PyList
            || value instanceof PyDict
            || value instanceof PyTensor
            || value instanceof PyQTensor;
    if (!shared) {
      out.append(value).append('\n');
      return;
    }
    if (!first("value", value)) {
      return;
    }
    if (value instanceof PyList list) {
      out.append("list ").append(list.elementType()).append('[');
      list.items().forEach(this::append);
      out.append("]\n");
    } else if (value instanceof PyDict dict) {
      out.append("dict ").append(dict.types()).append('{');
      dict.items().forEach((k, v) -> item(k.toString(), v));
      out.append("}\n");
    } else if (value instanceof PyObject object) {
      out.append(object.className()).append('{');
      object.attributes().forEach(this::item);
      out.append("}\n");
    } else if (value instanceof PyTensor tensor) {
      tensor(tensor.tensor());
      out.append(" requires grad ").append(tensor.requiresGrad()).append('\n');
    } else if (value instanceof PyQTensor tensor) {
      tensor(tensor.integers());
      if (tensor.quantizer() instanceof Quantizer.PerChannel affine) {
        tensor(affine.scales());
        tensor(affine.zeroPoints());
        out.append(affine.axis());
      } else {
        out.append(tensor.quantizer());
      }
    }
  }

  private void item(String name, PyValue value) {
    out.append(name).append(": ");
    append(value);
  }

  private void tensor(Tensor tensor) {
    CRC32 crc = new CRC32();
    crc.update(tensor.bytes());
    out.append(tensor).append(Arrays.toString(tensor.strides())).append(crc.getValue());
    if (tensor.numel() > 0) {
      first(" storage", tensor.storage());
    }
  }

  private boolean first(String kind, Storage storage) {
    return firstOf(kind, storage);
  }

  private boolean first(String kind, PyValue value) {
    return firstOf(kind, value);
  }

  private boolean firstOf(String kind, Object object) {
    Integer known = seen.putIfAbsent(object, seen.size());
    out.append(kind).append(known == null ? seen.size() - 1 : known).append(' ');
    return known == null;
  }
}
