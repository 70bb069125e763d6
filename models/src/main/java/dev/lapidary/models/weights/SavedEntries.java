package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors.Entry;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks what a pickle holds, which may be deep and contain itself, and lists each dict that has
 * tensors: those of its own, or of several dicts in it. What has names in it counts as a dict,
 * whatever its class; a pickled {@code torch.nn.Module} counts as its state_dict. A value that is
 * reached twice is taken where it is reached first.
 */
final class SavedEntries {
  private static final int DEEPEST = 64;
  private static final int LONGEST_LIST = 1000;

  /** Of all names in all entries: a short pickle can nest the same long key again and again. */
  private static final long MAX_CHARACTERS = 16 << 20;

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Found> found = new ArrayList<>();
  private long characters;

  /**
   * @param own numbers in tensors that the dict holds itself
   */
  record Found(Entry entry, long own) {}

  /** Inner ones before those that they lie in. */
  static List<Found> of(PyValue root) {
    SavedEntries walk = new SavedEntries();
    walk.below(root, "", 0);
    return walk.found;
  }

  /** The tensors below a value, by their names below it. */
  private Map<String, Tensor> below(PyValue value, String path, int depth) {
    if (!holds(value) || depth > DEEPEST || !seen.add(identity(value))) {
      return Map.of();
    }
    Map<String, PyValue> named = names(value);
    boolean isModule = isModule(named);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    int before = found.size();
    int parts = 0;
    long own = 0;
    for (Map.Entry<String, PyValue> item : (isModule ? stateOf(named) : named).entrySet()) {
      String key = item.getKey();
      if (item.getValue() instanceof PyTensor tensor) {
        count(key);
        tensors.put(key, tensor.tensor());
        own += tensor.tensor().numel();
        continue;
      }
      String inner = path.isEmpty() ? key : path + "." + key;
      count(inner);
      Map<String, Tensor> part = below(item.getValue(), inner, depth + 1);
      part.forEach((name, tensor) -> tensors.put(count(key + "." + name), tensor));
      parts += part.isEmpty() ? 0 : 1;
      if (part.isEmpty()) {
        others.add(shown(key, item.getValue()));
      }
    }
    if (isModule) {
      found.subList(before, found.size()).clear(); // a submodule is no entry of its own
      own = tensors.values().stream().mapToLong(Tensor::numel).sum();
    }
    if (own > 0 || parts > 1) {
      found.add(new Found(new Entry(path, tensors, notes(value, path, others, isModule)), own));
    }
    return tensors;
  }

  private String count(String name) {
    characters += name.length();
    if (characters > MAX_CHARACTERS) {
      throw Failure.badInput(
          "its dicts nest so that the names in them have more than %d characters; save a model's"
              + " state_dict() instead",
          MAX_CHARACTERS);
    }
    return name;
  }

  private static List<String> notes(
      PyValue value, String path, List<String> others, boolean isModule) {
    List<String> notes = new ArrayList<>();
    if (!path.isEmpty()) {
      notes.add("took the entry " + Quote.of(path));
    }
    if (isModule && value instanceof PyOpaque module) {
      notes.add("took the parameters and buffers of a pickled " + Quote.of(module.name()));
    }
    if (!others.isEmpty() && !isModule) {
      notes.add("left what is no plain tensor: " + SavedDict.few(others));
    }
    return notes;
  }

  private static String shown(String key, PyValue value) {
    return value instanceof PyOpaque opaque
        ? Quote.of(key) + " (" + opaque.name() + ")"
        : Quote.of(key);
  }

  /** What {@code torch.nn.Module.__init__} gives each module. */
  private static boolean isModule(Map<String, PyValue> attributes) {
    return attributes.get("_parameters") instanceof PyDict
        && attributes.get("_buffers") instanceof PyDict
        && attributes.get("_modules") instanceof PyDict;
  }

  /** In the order of a state_dict. */
  private static Map<String, PyValue> stateOf(Map<String, PyValue> attributes) {
    Map<String, PyValue> state = new LinkedHashMap<>();
    for (String part : List.of("_parameters", "_buffers", "_modules")) {
      if (attributes.get(part) instanceof PyDict dict) {
        put(dict.items(), state);
      }
    }
    return state;
  }

  private static boolean holds(PyValue value) {
    return value instanceof PyDict
        || value instanceof PyOpaque
        || value instanceof PyObject
        || value instanceof PyList
        || value instanceof PyTuple;
  }

  /** What a value holds by name. */
  private Map<String, PyValue> names(PyValue value) {
    Map<String, PyValue> named = new LinkedHashMap<>();
    if (value instanceof PyDict dict) {
      put(dict.items(), named);
    } else if (value instanceof PyOpaque opaque) {
      opaque.states().stream()
          .filter(state -> seen.add(state.items())) // else one dict could be read for many objects
          .forEach(state -> put(state.items(), named));
      put(opaque.items(), named);
    } else if (value instanceof PyObject object) {
      named.putAll(object.attributes());
    } else if (value instanceof PyList list) {
      number(list.items(), named);
    } else if (value instanceof PyTuple tuple) {
      number(tuple.items(), named);
    }
    return named;
  }

  /** An optimizer numbers its states; what has no name is nobody's parameter. */
  private static void put(Map<PyValue, PyValue> items, Map<String, PyValue> named) {
    items.forEach(
        (key, item) -> {
          if (key instanceof PyString name) {
            named.put(name.value(), item);
          }
        });
  }

  /** Only dicts in a list are looked at: loose tensors in one have no names. */
  private static void number(List<PyValue> items, Map<String, PyValue> named) {
    for (int i = 0; i < Math.min(items.size(), LONGEST_LIST); i++) {
      if (holds(items.get(i))) {
        named.put(String.valueOf(i), items.get(i));
      }
    }
  }

  /** Dicts that share their entries are one: a record around them is not what makes them. */
  private static Object identity(PyValue value) {
    return value instanceof PyDict dict ? dict.items() : value;
  }
}
