package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the state dict in what {@code torch.save} saved: often a checkpoint with more around it.
 */
final class SavedDict {
  /** Averaged weights first, as timm's {@code load_state_dict} takes them. */
  private static final List<String> WRAPPERS =
      List.of(
          "state_dict_ema",
          "model_ema",
          "ema_state_dict",
          "state_dict",
          "model_state_dict",
          "model",
          "net",
          "network",
          "params",
          "weights");

  private SavedDict() {}

  static NamedTensors tensors(String format, PyValue saved) {
    List<String> notes = new ArrayList<>();
    PyDict dict = unwrap(saved, notes);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    dict.items()
        .forEach(
            (key, value) -> {
              if (key instanceof PyString name && value instanceof PyTensor tensor) {
                tensors.put(name.value(), tensor.tensor());
              } else {
                others.add(key instanceof PyString name ? name.value() : "a key that is no name");
              }
            });
    if (tensors.isEmpty()) {
      throw Failure.badInput(
          "holds no tensors by name, found %s; save a model's state_dict() instead", shown(others));
    }
    if (!others.isEmpty()) {
      notes.add("left what is no plain tensor: " + shown(others));
    }
    return new NamedTensors(format, tensors, Map.of(), notes);
  }

  /** Wrappers go before loose tensors: a checkpoint's best accuracy often is one. */
  private static PyDict unwrap(PyValue saved, List<String> notes) {
    if (!(saved instanceof PyDict dict)) {
      throw Failure.badInput(
          "holds no dict but a %s; save a model's state_dict() instead",
          saved.getClass().getSimpleName().substring(2));
    }
    for (String wrapper : WRAPPERS) {
      if (dict.items().get(new PyString(wrapper)) instanceof PyDict inner && hasTensors(inner)) {
        notes.add("took the entry " + Quote.of(wrapper));
        return inner;
      }
    }
    return dict;
  }

  private static boolean hasTensors(PyDict dict) {
    return dict.items().values().stream().anyMatch(PyTensor.class::isInstance);
  }

  private static String shown(List<String> names) {
    String first = String.join(", ", names.stream().limit(5).map(Quote::of).toList());
    return names.size() > 5 ? first + " and " + (names.size() - 5) + " more" : first;
  }
}
