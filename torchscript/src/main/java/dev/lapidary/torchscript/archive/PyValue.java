package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a TorchScript pickle can hold, and Python's beside tensors. Object identity is meaning: two
 * references to one {@link PyObject}, or to one {@link PyTensor}'s storage, stay one after reading
 * and writing.
 */
public sealed interface PyValue {

  enum PyNone implements PyValue {
    NONE
  }

  record PyBool(boolean value) implements PyValue {}

  /** Comparable, so that a dict of keys that were made to collide stays fast. */
  record PyInt(long value) implements PyValue, Comparable<PyInt> {
    @Override
    public int compareTo(PyInt other) {
      return Long.compare(value, other.value);
    }
  }

  record PyFloat(double value) implements PyValue {}

  /** Comparable, so that a dict of keys that were made to collide stays fast. */
  record PyString(String value) implements PyValue, Comparable<PyString> {
    @Override
    public int compareTo(PyString other) {
      return value.compareTo(other.value);
    }
  }

  /** {@code torch.device("cpu")}. */
  record PyDevice(String name) implements PyValue {}

  record PyTensor(Tensor tensor, boolean requiresGrad) implements PyValue {}

  /** A quantized tensor: integers with what turns them into reals. */
  record PyQTensor(Tensor integers, Quantizer quantizer) implements PyValue {}

  record PyTuple(List<PyValue> items) implements PyValue {
    public PyTuple {
      items = List.copyOf(items);
    }
  }

  /** A list; {@code elementType} is the tag of {@code torch.jit._pickle}, or empty. */
  record PyList(String elementType, List<PyValue> items) implements PyValue {}

  /**
   * A dict; {@code types} is the tag of {@code torch.jit._pickle}, such as {@code "str, Tensor"},
   * or empty. Keys are strings, numbers, booleans or None.
   */
  record PyDict(String types, Map<PyValue, PyValue> items) implements PyValue {
    public PyDict(Map<PyValue, PyValue> items) {
      this("", items);
    }
  }

  /** A name that is only mentioned, such as {@code torch.float32}; not in a TorchScript archive. */
  record PyGlobal(String module, String name) implements PyValue {
    String fullName() {
      return module + "." + name;
    }
  }

  /** A storage and what its elements are; not in a TorchScript archive, where tensors hold them. */
  record PyStorage(DType dtype, Storage storage) implements PyValue {}

  /**
   * A storage whose elements are of no {@link DType}: bytes, or numbers that the type's name says;
   * not in a TorchScript archive.
   */
  record PyRawStorage(String elementType, Storage storage) implements PyValue {}

  /** An enum's constant: {@code __torch__.module.Colour} and its value. */
  record PyEnum(String className, PyValue value) implements PyValue {}

  /**
   * An instance of a class of the archive's code. For a module the attributes are its parameters,
   * buffers, constants and submodules in the order of writing. For a class with {@code
   * __setstate__} the one attribute is {@link #STATE}.
   */
  final class PyObject implements PyValue {
    /** The attribute that holds the argument of {@code __setstate__}. */
    public static final String STATE = "__setstate__";

    private final String className;
    private final Map<String, PyValue> attributes = new LinkedHashMap<>();

    /**
     * @param className qualified, as in the text: {@code
     *     __torch__.torchvision.models.resnet.ResNet}
     */
    public PyObject(String className) {
      this.className = className;
    }

    public String className() {
      return className;
    }

    /** Live and ordered: changing it changes the object. */
    public Map<String, PyValue> attributes() {
      return attributes;
    }

    @Override
    public String toString() {
      return className + attributes.keySet();
    }
  }

  /**
   * What Python's pickle makes by calling something that is no tensor data: a path, a set, a
   * scheduler, a whole module. Only its name and what was put into it are kept; nothing was called.
   * Not in a TorchScript archive.
   */
  final class PyOpaque implements PyValue {
    private final String name;
    private final Map<PyValue, PyValue> items = new LinkedHashMap<>();
    private final List<PyDict> states = new ArrayList<>();

    /**
     * @param name what makes it in Python: {@code pathlib.PosixPath}
     */
    public PyOpaque(String name) {
      this.name = name;
    }

    public String name() {
      return name;
    }

    /** What was put into it as into a dict. */
    public Map<PyValue, PyValue> items() {
      return items;
    }

    /** Its attributes by name, in parts; they may be dicts that others hold too. */
    public List<PyDict> states() {
      return states;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Affine quantization: {@code real = (integer - zeroPoint) * scale}. */
  sealed interface Quantizer {
    /** What it is written with beside the integers. */
    default List<Tensor> tensors() {
      return List.of();
    }

    record PerTensor(double scale, long zeroPoint) implements Quantizer {}

    record PerChannel(Tensor scales, Tensor zeroPoints, int axis) implements Quantizer {
      @Override
      public List<Tensor> tensors() {
        return List.of(scales, zeroPoints);
      }
    }
  }
}
