package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an expression has for a value while the program runs. Tensors are {@link TensorRef}. */
public sealed interface IValue
    permits IValue.Plain,
        IValue.Complex,
        IValue.Sequence,
        IValue.DictOf,
        IValue.Instance,
        TensorRef {

  static IValue number(long value) {
    return new Int(SymInt.of(value));
  }

  static IValue bool(boolean value) {
    return new Bool(value);
  }

  /** A list of sizes or dimensions. */
  static IValue ints(int... values) {
    return new ListOf(Arrays.stream(values).mapToObj(IValue::number).toList());
  }

  /** A list of sizes, which may be multiples of the batch size. */
  static IValue ints(List<SymInt> values) {
    return new ListOf(values.stream().map(Int::new).toList());
  }

  /** The elements of a list or tuple; anything else is refused. */
  default List<IValue> toList() {
    throw ProgramRefusal.wrong("expected a list, found %s", describe(this));
  }

  /** A number that must not depend on the batch size; a bool is 0 or 1. */
  default double toDouble() {
    throw ProgramRefusal.wrong("expected a number, found %s", describe(this));
  }

  /** A whole number that must not depend on the batch size; a bool is 0 or 1. */
  default long toLong() {
    throw ProgramRefusal.wrong("expected an int, found %s", describe(this));
  }

  /** What the integers of a quantized tensor mean, or of the first one of a list. */
  default Optional<QuantizationParameters> quantization() {
    return Optional.empty();
  }

  /**
   * Itself, and a list's or tuple's items. No operator takes tensors in deeper ones, whose number a
   * hostile program can make grow beyond measure.
   */
  default Stream<IValue> flat() {
    return Stream.of(this);
  }

  /** What has no identity: {@code is} compares the contents. */
  sealed interface Plain extends IValue {}

  enum None implements Plain {
    NONE
  }

  /** int, float and bool. */
  sealed interface Scalar extends Plain {}

  record Int(SymInt value) implements Scalar {
    public static Int of(long value) {
      return new Int(SymInt.of(value));
    }

    @Override
    public double toDouble() {
      return SymInts.constant(value);
    }

    @Override
    public long toLong() {
      return SymInts.constant(value);
    }
  }

  /** The least of sizes where which one it is depends on the batch: it may only be compared. */
  record Min(List<SymInt> sizes) implements Plain {
    public Min {
      sizes = List.copyOf(sizes);
    }
  }

  record Real(double value) implements Scalar {
    @Override
    public double toDouble() {
      return value;
    }
  }

  record Bool(boolean value) implements Scalar {
    @Override
    public double toDouble() {
      return value ? 1 : 0;
    }

    @Override
    public long toLong() {
      return value ? 1 : 0;
    }
  }

  record Str(String value) implements Plain {}

  record Device(String name) implements Plain {

    /** {@code cuda} and 1 of {@code cuda:1}. */
    public @Nullable IValue property(String property) {
      int colon = name.indexOf(':');
      return switch (property) {
        case "type" -> new Str(colon < 0 ? name : name.substring(0, colon));
        case "index" -> colon < 0 ? None.NONE : Int.of(Long.parseLong(name.substring(colon + 1)));
        default -> null;
      };
    }
  }

  /** A list or a tuple. */
  sealed interface Sequence extends IValue {
    List<IValue> items();

    @Override
    default List<IValue> toList() {
      return items();
    }

    @Override
    default Stream<IValue> flat() {
      return Stream.concat(Stream.of(this), items().stream());
    }
  }

  /**
   * A tuple, or a NamedTuple where fields have names.
   *
   * @param fields names, or empty
   */
  record TupleOf(List<IValue> items, List<String> fields) implements Plain, Sequence {
    public TupleOf {
      items = List.copyOf(items);
      fields = List.copyOf(fields);
    }

    public static TupleOf of(List<IValue> items) {
      return new TupleOf(items, List.of());
    }
  }

  /** An enum's constant. */
  record Constant(String className, String name, IValue value) implements Plain {}

  /** A quantized tensor of the archive, on its way to {@link PackedParams}. */
  record Quantized(PyQTensor tensor) implements Plain {}

  /** A layer's weights as a quantized archive holds them. */
  record Packed(PackedParams params) implements Plain {}

  /** A function of the text, with the variables that it closes over. */
  record Function(Definition.Function definition, Map<String, IValue> closure) implements Plain {}

  /** A class of the text. */
  record Type(String name, Definition.ClassDef definition) implements Plain {}

  /** What {@code uninitialized(T)} gives: may be handed on, not be used. */
  enum Undefined implements Plain {
    UNDEFINED
  }

  /** A tensor of complex numbers: its parts, of one shape. */
  record Complex(TensorRef real, TensorRef imaginary) implements IValue {
    public Complex {
      if (!real.shape().equals(imaginary.shape())) {
        throw ProgramRefusal.wrong(
            "a complex tensor of parts of shapes %s and %s", real.shape(), imaginary.shape());
      }
    }
  }

  /** A list: mutable, with an identity. */
  final class ListOf implements Sequence {
    private final List<IValue> items;

    public ListOf(List<? extends IValue> items) {
      this.items = new ArrayList<>(items);
    }

    @Override
    public List<IValue> items() {
      return items;
    }

    @Override
    public Optional<QuantizationParameters> quantization() {
      return items.isEmpty() ? Optional.empty() : items.get(0).quantization();
    }
  }

  /** A dict: ordered, mutable; keys are {@link Plain}. */
  final class DictOf implements IValue {
    private final Map<IValue, IValue> items = new LinkedHashMap<>();

    public Map<IValue, IValue> items() {
      return items;
    }
  }

  /** An object: a module of the archive or a class's instance that the program made. */
  final class Instance implements IValue {
    private final String className;
    private final Definition.ClassDef type;
    private final String path;
    private final Attributes initial;
    private final Map<String, IValue> known = new HashMap<>();
    private boolean restored;

    /** Gives an attribute when it is read for the first time; null if there is none. */
    @FunctionalInterface
    public interface Attributes {
      @Nullable IValue read(String name);
    }

    public Instance(String className, Definition.ClassDef type, String path, Attributes initial) {
      this.className = className;
      this.type = type;
      this.path = path;
      this.initial = initial;
    }

    public String className() {
      return className;
    }

    public Definition.ClassDef type() {
      return type;
    }

    /** Where the module lies in the state_dict: {@code layer1.0}; empty for the root. */
    public String path() {
      return path;
    }

    public @Nullable IValue attribute(String name) {
      IValue value = known.get(name);
      if (value == null) {
        value = initial.read(name);
        if (value != null) {
          known.put(name, value);
        }
      }
      return value;
    }

    public void set(String name, IValue value) {
      known.put(name, value);
    }

    /** What {@code __setstate__} is to be called with before an attribute is read; given once. */
    public Optional<IValue> state() {
      IValue state = restored ? null : initial.read(PyObject.STATE);
      restored = true;
      return Optional.ofNullable(state);
    }
  }

  /** For messages: short, whatever the value holds. */
  static String describe(IValue ivalue) {
    return describe(ivalue, 0);
  }

  private static String describe(IValue ivalue, int depth) {
    if (ivalue instanceof TensorRef tensor) {
      return "Tensor" + tensor.shape();
    }
    if (ivalue instanceof Complex complex) {
      return "complex Tensor" + complex.real().shape();
    }
    if (ivalue instanceof ListOf list) {
      return "List" + describe(list.items(), depth);
    }
    if (ivalue instanceof TupleOf tuple) {
      return "Tuple" + describe(tuple.items(), depth);
    }
    if (ivalue instanceof DictOf dict) {
      return "Dict" + describe(List.copyOf(dict.items().keySet()), depth);
    }
    if (ivalue instanceof Int i) {
      return "int " + i.value();
    }
    if (ivalue instanceof Real real) {
      return "float " + real.value();
    }
    if (ivalue instanceof Bool bool) {
      return "bool " + bool.value();
    }
    if (ivalue instanceof Str text) {
      return "str " + Quote.of(text.value());
    }
    if (ivalue instanceof Instance instance) {
      return instance.className();
    }
    if (ivalue instanceof Function function) {
      return "function " + function.definition().name();
    }
    if (ivalue instanceof Type type) {
      return "class " + type.name();
    }
    return ivalue == None.NONE ? "None" : ivalue.getClass().getSimpleName();
  }

  private static String describe(List<IValue> items, int depth) {
    return depth > 2
        ? "[...]"
        : items.stream().limit(8).map(item -> describe(item, depth + 1)).toList().toString();
  }
}
