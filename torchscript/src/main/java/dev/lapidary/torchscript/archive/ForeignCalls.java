package dev.lapidary.torchscript.archive;

import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyGlobal;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a Python pickle makes beside tensors, not made: a call gives a {@link PyOpaque} of its name.
 * Dicts of other names are dicts. No call costs more than its own opcodes: what it is given is
 * referred to, never copied.
 */
final class ForeignCalls {
  private static final int MAX_NAMES = 32;
  private static final int LONGEST_NAME = 80;

  /** Dicts, made of nothing, of a dict, or of what makes a missing entry. */
  private static final Set<String> DICTS =
      Set.of(
          "collections.OrderedDict",
          "collections.Counter",
          "collections.defaultdict",
          "builtins.dict");

  /** Plain data, which the whole of a file's summary need not name. */
  private static final Set<String> DATA =
      Set.of(
          """
          _codecs.encode builtins.set builtins.frozenset builtins.bytearray builtins.bytes
          builtins.complex builtins.int builtins.float builtins.list builtins.tuple builtins.slice
          builtins.range collections.deque numpy.dtype numpy.core.multiarray.scalar
          numpy.core.multiarray._reconstruct numpy._core.multiarray.scalar
          numpy._core.multiarray._reconstruct
          """
              .split("\\s+"));

  private final Set<String> names = new LinkedHashSet<>();

  Set<String> names() {
    return names;
  }

  /** What calling or instantiating it would give. */
  PyValue call(PyValue callee, PyValue argument) {
    List<PyValue> arguments = argument instanceof PyTuple tuple ? tuple.items() : List.of();
    String name = name(callee, arguments);
    if (DICTS.contains(name)) {
      return arguments.stream()
          .filter(PyDict.class::isInstance)
          .findFirst()
          .orElseGet(() -> new PyDict(new LinkedHashMap<>()));
    }
    if (name.equals("torch.nn.parameter.Parameter")
        && !arguments.isEmpty()
        && arguments.get(0) instanceof PyTensor tensor) {
      return tensor;
    }
    return opaque(name);
  }

  /** A tensor of a type that has no numbers here. */
  PyOpaque tensorOf(String type) {
    return new PyOpaque("tensor of " + type);
  }

  private PyOpaque opaque(String name) {
    if (!DATA.contains(name) && names.size() < MAX_NAMES) {
      names.add(name);
    }
    return new PyOpaque(name);
  }

  /** {@code copyreg.__newobj__(C, ...)} and {@code copyreg._reconstructor(C, ...)} make a C. */
  private static String name(PyValue callee, List<PyValue> arguments) {
    if (callee instanceof PyOpaque opaque) {
      return opaque.name();
    }
    if (!(callee instanceof PyGlobal global)) {
      return PyTree.kind(callee);
    }
    boolean makes = global.module().equals("copyreg") || global.module().equals("copy_reg");
    if (makes && !arguments.isEmpty() && arguments.get(0) instanceof PyGlobal type) {
      return full(type);
    }
    return full(global);
  }

  /** Python 2's {@code __builtin__} is Python 3's {@code builtins}. */
  private static String full(PyGlobal global) {
    String module = global.module().equals("__builtin__") ? "builtins" : global.module();
    String full = (module + "." + global.name()).replaceAll("\\p{Cntrl}", "?");
    return full.length() <= LONGEST_NAME ? full : full.substring(0, LONGEST_NAME) + "...";
  }
}
