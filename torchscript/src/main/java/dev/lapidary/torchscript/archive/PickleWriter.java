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
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
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

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StorageLayout layout;
  private final Map<String, Integer> texts = new HashMap<>();
  private final IdentityHashMap<PyValue, Integer> objects = new IdentityHashMap<>();
  private final IdentityHashMap<Storage, Map<DType, Integer>> storages = new IdentityHashMap<>();
  private int memoSize;

  private PickleWriter(StorageLayout layout) {
    this.layout = layout;
  }

  /** The pickle's bytes; storages are named by the layout, whose records go beside it. */
  static ByteBuffer write(PyValue value, StorageLayout layout) {
    PickleWriter writer = new PickleWriter(layout);
    writer.op(Opcode.PROTO);
    writer.out.write(2);
    writer.push(value);
    writer.op(Opcode.STOP);
    return ByteBuffer.wrap(writer.out.toByteArray());
  }

  private void push(PyValue value) {
    if (value == PyNone.NONE) {
      op(Opcode.NONE);
    } else if (value instanceof PyBool bool) {
      op(bool.value() ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    } else if (value instanceof PyInt number) {
      integer(number.value());
    } else if (value instanceof PyFloat number) {
      real(number.value());
    } else if (value instanceof PyString string) {
      text(string.value());
    } else if (value instanceof PyDevice device) {
      global("torch", "device");
      text(device.name());
      op(Opcode.TUPLE1);
      op(Opcode.REDUCE);
    } else if (value instanceof PyTuple tuple) {
      tuple(tuple.items());
    } else if (value instanceof PyEnum constant) {
      scriptClass(constant.className());
      push(constant.value());
      op(Opcode.REDUCE);
    } else {
      shared(value);
    }
  }

  /** What has an identity: written once, then recalled. */
  private void shared(PyValue value) {
    if (recall(value)) {
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
    remember(value);
  }

  private void object(PyObject object) {
    scriptClass(object.className());
    op(Opcode.EMPTY_TUPLE);
    op(Opcode.NEWOBJ);
    PyValue state = object.attributes().get(PyObject.STATE);
    if (state != null) {
      push(state);
    } else {
      op(Opcode.EMPTY_DICT);
      op(Opcode.MARK);
      object
          .attributes()
          .forEach(
              (name, attribute) -> {
                text(name);
                push(attribute);
              });
      op(Opcode.SETITEMS);
    }
    op(Opcode.BUILD);
  }

  private void list(PyList list) {
    String builder = LIST_BUILDERS.get(list.elementType());
    boolean tagged = builder == null && !list.elementType().isEmpty();
    if (builder != null) {
      global("torch.jit._pickle", builder);
      op(Opcode.MARK);
    } else if (tagged) {
      global("torch.jit._pickle", "restore_type_tag");
    }
    op(Opcode.EMPTY_LIST);
    op(Opcode.MARK);
    list.items().forEach(this::push);
    op(Opcode.APPENDS);
    if (builder != null) {
      op(Opcode.TUPLE);
      op(Opcode.REDUCE);
    } else if (tagged) {
      typeTag("List[" + list.elementType() + "]");
    }
  }

  private void dict(PyDict dict) {
    boolean tagged = !dict.types().isEmpty();
    if (tagged) {
      global("torch.jit._pickle", "restore_type_tag");
    }
    op(Opcode.EMPTY_DICT);
    op(Opcode.MARK);
    dict.items()
        .forEach(
            (key, item) -> {
              push(key);
              push(item);
            });
    op(Opcode.SETITEMS);
    if (tagged) {
      typeTag("Dict[" + dict.types() + "]");
    }
  }

  private void typeTag(String type) {
    text(type);
    op(Opcode.TUPLE2);
    op(Opcode.REDUCE);
  }

  private void tensor(PyTensor value) {
    global("torch._utils", "_rebuild_tensor_v2");
    op(Opcode.MARK);
    view(value.tensor());
    op(value.requiresGrad() ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    noHooks();
    op(Opcode.TUPLE);
    op(Opcode.REDUCE);
  }

  private void quantized(PyQTensor value) {
    global("torch._utils", "_rebuild_qtensor");
    op(Opcode.MARK);
    view(value.integers());
    op(Opcode.MARK);
    if (value.quantizer() instanceof Quantizer.PerTensor affine) {
      global("torch", "per_tensor_affine");
      real(affine.scale());
      integer(affine.zeroPoint());
    } else {
      Quantizer.PerChannel affine = (Quantizer.PerChannel) value.quantizer();
      global("torch", "per_channel_affine");
      tensor(new PyTensor(affine.scales(), false));
      tensor(new PyTensor(affine.zeroPoints(), false));
      integer(affine.axis());
    }
    op(Opcode.TUPLE);
    op(Opcode.NEWFALSE);
    noHooks();
    op(Opcode.TUPLE);
    op(Opcode.REDUCE);
  }

  /** Storage, offset, sizes, strides. */
  private void view(Tensor tensor) {
    StorageLayout.View view = layout.view(tensor);
    storage(tensor, view);
    integer(view.offset());
    integers(tensor.shape());
    integers(tensor.strides());
  }

  private void storage(Tensor tensor, StorageLayout.View view) {
    Map<DType, Integer> known =
        storages.computeIfAbsent(tensor.storage(), s -> new EnumMap<>(DType.class));
    Integer index = known.get(tensor.dtype());
    if (index != null) {
      get(index);
      return;
    }
    op(Opcode.MARK);
    text("storage");
    global("torch", tensor.dtype().storageName());
    text(view.key());
    text("cpu");
    integer(view.elements());
    op(Opcode.TUPLE);
    op(Opcode.BINPERSID);
    known.put(tensor.dtype(), put());
  }

  private void noHooks() {
    global("collections", "OrderedDict");
    op(Opcode.EMPTY_TUPLE);
    op(Opcode.REDUCE);
  }

  private void tuple(List<PyValue> items) {
    if (items.isEmpty()) {
      op(Opcode.EMPTY_TUPLE);
      return;
    }
    op(Opcode.MARK);
    items.forEach(this::push);
    op(Opcode.TUPLE);
  }

  private void integers(long[] values) {
    op(Opcode.MARK);
    for (long value : values) {
      integer(value);
    }
    op(Opcode.TUPLE);
  }

  private void integer(long value) {
    if (value >= 0 && value <= 0xff) {
      op(Opcode.BININT1);
      little(value, 1);
    } else if (value >= 0 && value <= 0xffff) {
      op(Opcode.BININT2);
      little(value, 2);
    } else if (value == (int) value) {
      op(Opcode.BININT);
      little(value, 4);
    } else {
      op(Opcode.LONG1);
      little(8, 1);
      little(value, 8);
    }
  }

  private void real(double value) {
    op(Opcode.BINFLOAT);
    little(Long.reverseBytes(Double.doubleToRawLongBits(value)), 8);
  }

  private void text(String value) {
    Integer known = texts.get(value);
    if (known != null) {
      get(known);
      return;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    op(Opcode.BINUNICODE);
    little(bytes.length, 4);
    out.writeBytes(bytes);
    texts.put(value, put());
  }

  private void scriptClass(String className) {
    int dot = className.lastIndexOf('.');
    global(className.substring(0, dot), className.substring(dot + 1));
  }

  private void global(String module, String name) {
    String lines = module + "\n" + name + "\n";
    Integer known = texts.get(lines);
    if (known != null) {
      get(known);
      return;
    }
    op(Opcode.GLOBAL);
    out.writeBytes(lines.getBytes(StandardCharsets.UTF_8));
    texts.put(lines, put());
  }

  private boolean recall(PyValue value) {
    Integer known = objects.get(value);
    if (known != null) {
      get(known);
    }
    return known != null;
  }

  private void remember(PyValue value) {
    objects.put(value, put());
  }

  private int put() {
    op(memoSize < 256 ? Opcode.PUT : Opcode.LONG_PUT);
    little(memoSize, memoSize < 256 ? 1 : 4);
    return memoSize++;
  }

  private void get(int index) {
    op(index < 256 ? Opcode.GET : Opcode.LONG_GET);
    little(index, index < 256 ? 1 : 4);
  }

  private void op(Opcode opcode) {
    out.write(opcode.code());
  }

  private void little(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }
}
