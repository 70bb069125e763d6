package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.archive.PyValue;
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
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Cell;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a program's names stand for: classes and functions of its code, objects and constants of its
 * pickles. An object of the archive is one object in the program, however often it is met.
 */
public final class Names {
  private static final int MAX_DEPTH = 200;

  private final int version;
  private final boolean own;
  private final Program program;
  private final List<PyValue> constants;
  private final IdentityHashMap<PyValue, IValue> known = new IdentityHashMap<>();
  private final IdentityHashMap<Storage, Cell> cells = new IdentityHashMap<>();
  private int depth;

  public Names(TorchScriptArchive archive, Program program) {
    this(archive.version(), archive.constants(), program, false);
  }

  private Names(int version, List<PyValue> constants, Program program, boolean own) {
    this.version = version;
    this.constants = constants;
    this.program = program;
    this.own = own;
  }

  /** Those of text that is not an archive's but the tracer's own, in the newest format. */
  public static Names ofDecompositions(Program program) {
    return new Names(Integer.MAX_VALUE, List.of(), program, true);
  }

  /** Whether the text is the tracer's own, so that its exceptions are the tracer's refusals. */
  boolean own() {
    return own;
  }

  /** The archive's format version, which says what its operators mean. */
  int version() {
    return version;
  }

  /** What a dotted name of the text means: {@code CONSTANTS.c0}, {@code __torch__.a.f}. */
  IValue require(String name) {
    return find(name).orElseThrow(() -> ProgramRefusal.wrong("the archive's code has no %s", name));
  }

  private Optional<IValue> find(String name) {
    if (name.startsWith("CONSTANTS.c")) {
      int index = Integer.parseInt(name.substring("CONSTANTS.c".length()));
      if (index >= constants.size()) {
        throw ProgramRefusal.wrong("%s: the archive has %d constants", name, constants.size());
      }
      return Optional.of(ivalue(constants.get(index), ""));
    }
    Optional<Definition> definition = program.find(name);
    if (definition.isEmpty()) {
      return enumConstant(name);
    }
    if (definition.get() instanceof Definition.Function function) {
      return Optional.of(new IValue.Function(function, Map.of()));
    }
    return Optional.of(new IValue.Type(name, (Definition.ClassDef) definition.get()));
  }

  private Optional<IValue> enumConstant(String name) {
    int dot = name.lastIndexOf('.');
    if (dot < 0
        || !(program.find(name.substring(0, dot)).orElse(null)
            instanceof Definition.ClassDef type)) {
      return Optional.empty();
    }
    String constant = name.substring(dot + 1);
    return Optional.ofNullable(type.constants().get(constant))
        .flatMap(Evaluator::literal)
        .map(value -> new IValue.Constant(name.substring(0, dot), constant, value));
  }

  /** The class of a qualified name, as far as the code has it. */
  Optional<Definition.ClassDef> type(String name) {
    return program
        .find(name)
        .filter(Definition.ClassDef.class::isInstance)
        .map(Definition.ClassDef.class::cast);
  }

  /**
   * A value of the archive.
   *
   * @param path where it lies in the state_dict; a value that lies at two places keeps the first
   */
  public IValue ivalue(PyValue value, String path) {
    IValue seen = known.get(value);
    if (seen != null) {
      return seen;
    }
    if (++depth > MAX_DEPTH) {
      throw ProgramRefusal.wrong("values of the archive nest deeper than %d", MAX_DEPTH);
    }
    IValue converted = convert(value, path);
    depth--;
    known.put(value, converted);
    return converted;
  }

  private IValue convert(PyValue value, String path) {
    if (value instanceof PyTensor tensor) {
      Cell cell = cells.computeIfAbsent(tensor.tensor().storage(), Cell::ofArchive);
      return new TensorRef(new Content.Known(cell, tensor.tensor(), path));
    }
    if (value instanceof PyObject object) {
      return instance(object, path);
    }
    if (value instanceof PyInt i) {
      return IValue.Int.of(i.value());
    }
    if (value instanceof PyFloat real) {
      return new IValue.Real(real.value());
    }
    if (value instanceof PyBool bool) {
      return new IValue.Bool(bool.value());
    }
    if (value instanceof PyString text) {
      return new IValue.Str(text.value());
    }
    if (value instanceof PyDevice device) {
      return new IValue.Device(device.name());
    }
    if (value == PyNone.NONE) {
      return IValue.None.NONE;
    }
    return collection(value, path);
  }

  private IValue collection(PyValue value, String path) {
    if (value instanceof PyList list) {
      return new IValue.ListOf(list.items().stream().map(item -> ivalue(item, "")).toList());
    }
    if (value instanceof PyTuple tuple) {
      return IValue.TupleOf.of(tuple.items().stream().map(item -> ivalue(item, "")).toList());
    }
    if (value instanceof PyDict dict) {
      IValue.DictOf converted = new IValue.DictOf();
      dict.items().forEach((k, v) -> converted.items().put(ivalue(k, ""), ivalue(v, "")));
      return converted;
    }
    if (value instanceof PyEnum constant) {
      return enumOf(constant);
    }
    if (value instanceof PyQTensor tensor) {
      return new IValue.Quantized(tensor);
    }
    throw ProgramRefusal.unsupported(
        "attribute %s: a value of kind %s", path, value.getClass().getSimpleName());
  }

  private IValue enumOf(PyEnum constant) {
    IValue value = ivalue(constant.value(), "");
    String name =
        type(constant.className()).stream()
            .flatMap(type -> type.constants().entrySet().stream())
            .filter(e -> Evaluator.literal(e.getValue()).filter(value::equals).isPresent())
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("");
    return new IValue.Constant(constant.className(), name, value);
  }

  private IValue instance(PyObject object, String path) {
    if (PackedParams.isPacked(object)) {
      return new IValue.Packed(PackedParams.of(path, object));
    }
    Definition.ClassDef type = program.requireClass(object.className());
    return new IValue.Instance(
        object.className(), type, path, name -> attribute(object, type, path, name));
  }

  private @Nullable IValue attribute(
      PyObject object, Definition.ClassDef type, String path, String name) {
    // An exported network infers, whatever mode it was saved in.
    if (name.equals("training") && type.isModule()) {
      return new IValue.Bool(false);
    }
    PyValue value = object.attributes().get(name);
    if (value != null) {
      return ivalue(value, path.isEmpty() ? name : path + "." + name);
    }
    return null;
  }
}
