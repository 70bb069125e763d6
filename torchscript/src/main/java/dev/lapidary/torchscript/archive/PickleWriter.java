package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyDevice;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyEnum;
import dev.lapidary.torchscript.archive.PyValue.PyFloat;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.PyValue.Quantizer;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a value as libtorch pickles it, protocol 2: {@code torch/csrc/jit/serialization/
 * pickler.cpp}. Whatever may be referred to twice goes to the memo, so identity survives.
 */
final class PickleWriter {
  private static final Map<String, String> LIST_BUILDERS =
      Map.of(
          "int", "build_intlist",
          "Tensor", "build_tensorlist",
          "float", "build_doublelist",
          "bool", "build_boollist");

  private final PickleOutput out = new PickleOutput();
  private final StorageLayout layout;
  private final IdentityHashMap<PyValue, Integer> objects = new IdentityHashMap<>();
  private final IdentityHashMap<Storage, Map<DType, Integer>> storages = new IdentityHashMap<>();

  private PickleWriter(StorageLayout layout) {
    this.layout = layout;
  }

  /** The pickle's bytes; storages are named by the layout, whose records go beside it. */
  static ByteBuffer write(PyValue value, StorageLayout layout) {
    PickleWriter writer = new PickleWriter(layout);
    writer.push(value);
    return writer.out.finished();
  }

  private void push(PyValue value) {
    if (value == PyNone.NONE) {
      out.op(Opcode.NONE);
    } else if (value instanceof PyBool bool) {
      out.op(bool.value() ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    } else if (value instanceof PyInt number) {
      out.integer(number.value());
    } else if (value instanceof PyFloat number) {
      out.real(number.value());
    } else if (value instanceof PyString string) {
      out.text(string.value());
    } else if (value instanceof PyDevice device) {
      out.global("torch", "device");
      out.text(device.name());
      out.op(Opcode.TUPLE1, Opcode.REDUCE);
    } else if (value instanceof PyTuple tuple) {
      tuple(tuple.items());
    } else if (value instanceof PyEnum constant) {
      scriptClass(constant.className());
      push(constant.value());
      out.op(Opcode.REDUCE);
    } else {
      shared(value);
    }
  }

  /** What has an identity: written once, then recalled. */
  private void shared(PyValue value) {
    Integer known = objects.get(value);
    if (known != null) {
      out.get(known);
      return;
    }
    if (value instanceof PyTensor tensor) {
      tensor(tensor);
    } else if (value instanceof PyQTensor tensor) {
      quantized(tensor);
    } else if (value instanceof PyList list) {
      list(list);
    } else if (value instanceof PyDict dict) {
      dict(dict);
    } else if (value instanceof PyObject object) {
      object(object);
    } else {
      throw new IllegalArgumentException(PyTree.kind(value) + " has no place in TorchScript");
    }
    objects.put(value, out.put());
  }

  private void object(PyObject object) {
    scriptClass(object.className());
    out.op(Opcode.EMPTY_TUPLE, Opcode.NEWOBJ);
    PyValue state = object.attributes().get(PyObject.STATE);
    if (state != null) {
      push(state);
    } else {
      out.op(Opcode.EMPTY_DICT, Opcode.MARK);
      object
          .attributes()
          .forEach(
              (name, attribute) -> {
                out.text(name);
                push(attribute);
              });
      out.op(Opcode.SETITEMS);
    }
    out.op(Opcode.BUILD);
  }

  private void list(PyList list) {
    String builder = LIST_BUILDERS.get(list.elementType());
    boolean tagged = builder == null && !list.elementType().isEmpty();
    if (builder != null) {
      out.global("torch.jit._pickle", builder);
      out.op(Opcode.MARK);
    } else if (tagged) {
      out.global("torch.jit._pickle", "restore_type_tag");
    }
    out.op(Opcode.EMPTY_LIST, Opcode.MARK);
    list.items().forEach(this::push);
    out.op(Opcode.APPENDS);
    if (builder != null) {
      out.op(Opcode.TUPLE, Opcode.REDUCE);
    } else if (tagged) {
      typeTag("List[" + list.elementType() + "]");
    }
  }

  private void dict(PyDict dict) {
    boolean tagged = !dict.types().isEmpty();
    if (tagged) {
      out.global("torch.jit._pickle", "restore_type_tag");
    }
    out.op(Opcode.EMPTY_DICT, Opcode.MARK);
    dict.items()
        .forEach(
            (key, item) -> {
              push(key);
              push(item);
            });
    out.op(Opcode.SETITEMS);
    if (tagged) {
      typeTag("Dict[" + dict.types() + "]");
    }
  }

  private void typeTag(String type) {
    out.text(type);
    out.op(Opcode.TUPLE2, Opcode.REDUCE);
  }

  private void tensor(PyTensor value) {
    out.global("torch._utils", "_rebuild_tensor_v2");
    out.op(Opcode.MARK);
    view(value.tensor());
    out.op(value.requiresGrad() ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    noHooks();
    out.op(Opcode.TUPLE, Opcode.REDUCE);
  }

  private void quantized(PyQTensor value) {
    out.global("torch._utils", "_rebuild_qtensor");
    out.op(Opcode.MARK);
    view(value.integers());
    out.op(Opcode.MARK);
    if (value.quantizer() instanceof Quantizer.PerTensor affine) {
      out.global("torch", "per_tensor_affine");
      out.real(affine.scale());
      out.integer(affine.zeroPoint());
    } else {
      Quantizer.PerChannel affine = (Quantizer.PerChannel) value.quantizer();
      out.global("torch", "per_channel_affine");
      tensor(new PyTensor(affine.scales(), false));
      tensor(new PyTensor(affine.zeroPoints(), false));
      out.integer(affine.axis());
    }
    out.op(Opcode.TUPLE, Opcode.NEWFALSE);
    noHooks();
    out.op(Opcode.TUPLE, Opcode.REDUCE);
  }

  /** Storage, offset, sizes, strides. */
  private void view(Tensor tensor) {
    StorageLayout.View view = layout.view(tensor);
    storage(tensor, view);
    out.integer(view.offset());
    out.integers(tensor.shape());
    out.integers(tensor.strides());
  }

  private void storage(Tensor tensor, StorageLayout.View view) {
    Map<DType, Integer> known =
        storages.computeIfAbsent(tensor.storage(), s -> new EnumMap<>(DType.class));
    Integer index = known.get(tensor.dtype());
    if (index != null) {
      out.get(index);
      return;
    }
    out.op(Opcode.MARK);
    out.text("storage");
    out.global("torch", tensor.dtype().storageName());
    out.text(view.key());
    out.text("cpu");
    out.integer(view.elements());
    out.op(Opcode.TUPLE, Opcode.BINPERSID);
    known.put(tensor.dtype(), out.put());
  }

  private void noHooks() {
    out.global("collections", "OrderedDict");
    out.op(Opcode.EMPTY_TUPLE, Opcode.REDUCE);
  }

  private void tuple(List<PyValue> items) {
    if (items.isEmpty()) {
      out.op(Opcode.EMPTY_TUPLE);
      return;
    }
    out.op(Opcode.MARK);
    items.forEach(this::push);
    out.op(Opcode.TUPLE);
  }

  private void scriptClass(String className) {
    int dot = className.lastIndexOf('.');
    out.global(className.substring(0, dot), className.substring(dot + 1));
  }
}
