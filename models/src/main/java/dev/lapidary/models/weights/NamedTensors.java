package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a weights file holds.
 *
 * @param format as reports call it: {@code safetensors}, {@code torch.save zip}, ...
 * @param tensors by their names in the file, in its order; they may be views of the file's map. Of
 *     a checkpoint, the entry that looks most like a network
 * @param metadata text beside the tensors: safetensors' {@code __metadata__}, ONNX's {@code
 *     metadata_props}
 * @param notes what was taken or left, for the user: {@code took the entry 'model_ema'}
 * @param entries of a checkpoint, any of which may hold the wanted network; none if the file is one
 *     dict of tensors
 */
public record NamedTensors(
    String format,
    Map<String, Tensor> tensors,
    Map<String, String> metadata,
    List<String> notes,
    List<Entry> entries) {

  /**
   * A dict in a checkpoint.
   *
   * @param path its keys from the checkpoint's root, such as {@code ema.state_dict}; empty for the
   *     root itself
   * @param tensors by names below it: a dict inside of it puts its key and a dot in front
   * @param notes what was taken or left in it
   */
  public record Entry(String path, Map<String, Tensor> tensors, List<String> notes) {
    public Entry {
      tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
      notes = List.copyOf(notes);
    }

    long numel() {
      return tensors.values().stream().mapToLong(Tensor::numel).sum();
    }
  }

  public NamedTensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    notes = List.copyOf(notes);
    entries = List.copyOf(entries);
  }

  /** A file that is one dict of tensors. */
  public NamedTensors(
      String format,
      Map<String, Tensor> tensors,
      Map<String, String> metadata,
      List<String> notes) {
    this(format, tensors, metadata, notes, List.of());
  }

  /** Where to look for a network: the entries, or all there is. */
  List<Entry> candidates() {
    return entries.isEmpty() ? List.of(new Entry("", tensors, notes)) : entries;
  }
}
