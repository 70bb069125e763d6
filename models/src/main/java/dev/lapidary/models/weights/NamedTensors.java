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
 * @param tensors by their names in the file, in its order; they may be views of the file's map
 * @param metadata text beside the tensors: safetensors' {@code __metadata__}, ONNX's {@code
 *     metadata_props}
 * @param notes what was taken or left, for the user: {@code took the entry 'model_ema'}
 */
public record NamedTensors(
    String format, Map<String, Tensor> tensors, Map<String, String> metadata, List<String> notes) {
  public NamedTensors {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    notes = List.copyOf(notes);
  }

  /** Numbers in all tensors. */
  public long numel() {
    return tensors.values().stream().mapToLong(Tensor::numel).sum();
  }
}
