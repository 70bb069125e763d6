package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Float8;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyDevice;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyEnum;
import dev.lapidary.torchscript.archive.PyValue.PyGlobal;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyRawStorage;
import dev.lapidary.torchscript.archive.PyValue.PyStorage;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The names that a PyTorch pickle may mention and what calling one means. Nothing is looked up or
 * run: a name outside of this file is refused in an archive, and left to {@link ForeignCalls} in
 * Python's pickles. Spec: {@code torch/_utils.py}, {@code torch/jit/_pickle.py}, {@code
 * torch/_weights_only_unpickler.py}.
 */
final class PickleCalls {
  private static final String UTILS = "torch._utils.";
  private static final String JIT = "torch.jit._pickle.";

  /** Copies of entries that calls may make: a pickle can ask for the same again and again. */
  private static final long MAX_COPIES = 4_000_000;

  /** What calling a function with so many arguments gives. */
  private record Called(int min, int max, BiFunction<PickleCalls, List<PyValue>, PyValue> result) {}

  private static final Map<String, Called> FUNCTIONS =
      Map.ofEntries(
          Map.entry(UTILS + "_rebuild_tensor", new Called(4, 4, PickleCalls::rebuild)),
          Map.entry(UTILS + "_rebuild_tensor_v2", new Called(6, 7, PickleCalls::rebuild)),
          Map.entry(UTILS + "_rebuild_tensor_v3", new Called(7, 8, PickleCalls::rebuildOfType)),
          Map.entry(UTILS + "_rebuild_qtensor", new Called(7, 7, PickleCalls::rebuildQuantized)),
          Map.entry(UTILS + "_rebuild_parameter", new Called(3, 3, PickleCalls::parameter)),
          Map.entry(
              UTILS + "_rebuild_parameter_with_state", new Called(4, 4, PickleCalls::parameter)),
          Map.entry("torch._tensor._rebuild_from_type_v2", new Called(4, 4, PickleCalls::fromType)),
          Map.entry(JIT + "restore_type_tag", new Called(2, 2, PickleCalls::tagged)),
          Map.entry(JIT + "build_intlist", listOf("int")),
          Map.entry(JIT + "build_tensorlist", listOf("Tensor")),
          Map.entry(JIT + "build_doublelist", listOf("float")),
          Map.entry(JIT + "build_boollist", listOf("bool")),
          Map.entry("collections.OrderedDict", new Called(0, 1, PickleCalls::orderedDict)),
          Map.entry("torch.device", new Called(1, 2, PickleCalls::device)),
          Map.entry("torch.Size", new Called(1, 1, (calls, arguments) -> arguments.get(0))));

  /** What is mentioned as well, and called by Python alone. */
  private static final Set<String> TYPES = Set.of("torch.Tensor", "torch.nn.parameter.Parameter");

  /** {@code torch.<name>} that is data: element types, quantization schemes, layouts. */
  private static final Set<String> TORCH_NAMES =
      Set.of(
          """
          float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool qint8 quint8 qint32
          complex64 complex128 per_tensor_affine per_channel_affine per_tensor_symmetric
          per_channel_symmetric strided contiguous_format preserve_format channels_last
          """
              .split("\\s+"));

  private final PickleLexer lexer;
  private final PickledTensors tensors;
  private final ForeignCalls foreign = new ForeignCalls();
  private long copies;

  PickleCalls(PickleLexer lexer) {
    this.lexer = lexer;
    this.tensors = new PickledTensors(lexer);
  }

  /** The name, if it is one that PyTorch's data mentions. */
  PyGlobal global(String module, String name) {
    String full = module + "." + name;
    boolean known =
        isFunction(full)
            || isScriptClass(module)
            || (module.equals("torch")
                && (TORCH_NAMES.contains(name) || DType.ofStorageName(name).isPresent()));
    if (known || lexer.isPython()) {
      return new PyGlobal(module, name);
    }
    if (module.equals("torch") && name.endsWith("Storage")) {
      throw lexer.refuse("the element type of %s is not supported", Quote.of(full));
    }
    throw lexer.refuse(
        "mentions %s, which is no tensor data; nothing was run. If this is a whole pickled module,"
            + " save its state_dict() or a TorchScript archive instead",
        Quote.of(full));
  }

  /** Names of what the pickle asked to be made and was not, in the order of the first use. */
  Set<String> notMade() {
    return foreign.names();
  }

  PyValue newObject(PyValue type, PyValue arguments) {
    boolean plain = arguments instanceof PyTuple tuple && tuple.items().isEmpty();
    if (type instanceof PyGlobal global && plain && isScriptClass(global.module())) {
      return new PyObject(global.fullName());
    }
    if (lexer.isPython()) {
      return foreign.call(type, arguments);
    }
    throw lexer.refuse("NEWOBJ of %s, expected a class of the archive and ()", PyTree.kind(type));
  }

  /** A function called; in Python's pickles also anything else, which gives nothing known. */
  PyValue call(PyValue callee, PyValue argument) {
    if (callee instanceof PyGlobal function
        && (!lexer.isPython()
            || isScriptClass(function.module())
            || isFunction(function.fullName()))) {
      return call(function, argument);
    }
    if (lexer.isPython()) {
      return foreign.call(callee, argument);
    }
    throw lexer.refuse("REDUCE calls %s, expected a function", PyTree.kind(callee));
  }

  private static boolean isFunction(String name) {
    return FUNCTIONS.containsKey(name) || TYPES.contains(name);
  }

  private PyValue call(PyGlobal function, PyValue argument) {
    if (isScriptClass(function.module())) {
      return new PyEnum(function.fullName(), argument);
    }
    if (!(argument instanceof PyTuple tuple)) {
      throw lexer.refuse(
          "calls %s with %s, expected a tuple", function.fullName(), PyTree.kind(argument));
    }
    String name = function.fullName();
    List<PyValue> arguments = tuple.items();
    if (lexer.isPython() && !arguments.isEmpty() && arguments.get(0) instanceof PyOpaque unknown) {
      return unknown; // a tensor whose numbers are of no known kind
    }
    Called called = FUNCTIONS.get(name);
    if (called == null) {
      if (lexer.isPython()) {
        return foreign.call(function, argument);
      }
      throw lexer.refuse("calls %s, which is no function", name);
    }
    if (arguments.size() < called.min || arguments.size() > called.max) {
      throw lexer.refuse(
          "%s with %d arguments, expected %d to %d",
          name, arguments.size(), called.min, called.max);
    }
    return called.result.apply(this, arguments);
  }

  private static Called listOf(String type) {
    return new Called(
        1,
        1,
        (calls, arguments) -> new PyList(type, PyTree.list(arguments.get(0), calls.lexer).items()));
  }

  private PyValue device(List<PyValue> arguments) {
    return new PyDevice(PyTree.string(arguments.get(0), lexer));
  }

  private PyValue rebuild(List<PyValue> arguments) {
    return arguments.get(0) instanceof PyRawStorage raw
        ? foreign.tensorOf(raw.elementType())
        : tensors.rebuild(arguments);
  }

  /** {@code (storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])}. */
  private PyValue rebuildOfType(List<PyValue> arguments) {
    if (!(arguments.get(6) instanceof PyGlobal type)) {
      throw lexer.refuse("a tensor's type that is %s", PyTree.kind(arguments.get(6)));
    }
    Storage storage =
        arguments.get(0) instanceof PyRawStorage raw
            ? raw.storage()
            : arguments.get(0) instanceof PyStorage typed ? typed.storage() : Storage.allocate(0);
    Optional<DType> dtype = DType.ofName(type.name());
    if (dtype.isPresent()) {
      List<PyValue> typed = new ArrayList<>(arguments);
      typed.set(0, new PyStorage(dtype.get(), storage));
      return tensors.rebuild(typed);
    }
    return Float8.ofName(type.name())
        .<PyValue>map(eight -> tensors.rebuildFloat8(eight, storage, arguments))
        .orElseGet(() -> foreign.tensorOf(type.fullName()));
  }

  private PyValue rebuildQuantized(List<PyValue> arguments) {
    if (arguments.get(0) instanceof PyRawStorage raw) {
      return foreign.tensorOf(raw.elementType());
    }
    boolean known =
        arguments.get(4) instanceof PyTuple quantizer
            && !quantizer.items().isEmpty()
            && quantizer.items().get(0) instanceof PyGlobal scheme
            && PickledTensors.SCHEMES.contains(scheme.name());
    return lexer.isPython() && !known
        ? foreign.tensorOf("another quantization")
        : tensors.rebuildQuantized(arguments);
  }

  private PyValue parameter(List<PyValue> arguments) {
    if (!(arguments.get(0) instanceof PyTensor data)
        || !(arguments.get(1) instanceof PyBool requiresGrad)) {
      throw lexer.refuse("a Parameter of %s, expected a tensor", PyTree.kind(arguments.get(0)));
    }
    return new PyTensor(data.tensor(), requiresGrad.value());
  }

  /** {@code (function, type, arguments, state)}: a tensor's subclass, read as the tensor it is. */
  private PyValue fromType(List<PyValue> arguments) {
    if (!(arguments.get(0) instanceof PyGlobal function)
        || !function.module().equals("torch._utils")
        || !isFunction(function.fullName())) {
      if (lexer.isPython()) {
        return foreign.call(arguments.get(0), arguments.get(2));
      }
      throw lexer.refuse(
          "_rebuild_from_type_v2 of %s, expected a tensor's function",
          PyTree.kind(arguments.get(0)));
    }
    return call(function, arguments.get(2));
  }

  private PyValue tagged(List<PyValue> arguments) {
    String type = PyTree.string(arguments.get(1), lexer);
    int open = type.indexOf('[');
    String inner =
        open < 0 || !type.endsWith("]") ? "" : type.substring(open + 1, type.length() - 1);
    PyValue value = arguments.get(0);
    if (type.startsWith("List[") && value instanceof PyList list) {
      return new PyList(inner, list.items());
    }
    if (type.startsWith("Dict[") && value instanceof PyDict dict) {
      return new PyDict(inner, dict.items());
    }
    throw lexer.refuse("the type tag %s on %s", Quote.of(type), PyTree.kind(value));
  }

  /** Called with no argument, or by Python 2 with a list of pairs. */
  private PyValue orderedDict(List<PyValue> arguments) {
    Map<PyValue, PyValue> items = new LinkedHashMap<>();
    List<PyValue> pairs =
        arguments.isEmpty() ? List.of() : PyTree.list(arguments.get(0), lexer).items();
    countCopies(pairs.size());
    for (PyValue pair : pairs) {
      List<PyValue> both =
          pair instanceof PyList two
              ? two.items()
              : pair instanceof PyTuple two ? two.items() : List.of();
      if (both.size() != 2) {
        throw lexer.refuse("an OrderedDict of %s, expected pairs", PyTree.kind(pair));
      }
      items.put(PyTree.key(both.get(0), lexer), both.get(1));
    }
    return new PyDict(items);
  }

  /** Before entries of a list or dict are put into another one, which the pickle can do often. */
  void countCopies(int entries) {
    copies += entries;
    if (copies > MAX_COPIES) {
      throw lexer.refuse("its calls copy more than %d entries", MAX_COPIES);
    }
  }

  private static boolean isScriptClass(String module) {
    return module.equals("__torch__") || module.startsWith("__torch__.");
  }
}
