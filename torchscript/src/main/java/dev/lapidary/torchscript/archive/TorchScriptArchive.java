package dev.lapidary.torchscript.archive;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A TorchScript archive's content: the text of its classes, the object that {@code torch.jit.load}
 * returns, the constants that the text names {@code CONSTANTS.cN}, and the extra files. Format:
 * {@code torch/csrc/jit/docs/serialization.md}.
 *
 * @param name the top folder inside the zip; also what messages call it
 * @param version of the format and of the operators' semantics, 1 to 10
 * @param code text by path below {@code code/}: {@code __torch__/torchvision/models/resnet.py}
 * @param root the module
 * @param constants {@code CONSTANTS.c0}, {@code CONSTANTS.c1}, ...
 * @param extra bytes by name below {@code extra/}
 */
public record TorchScriptArchive(
    String name,
    int version,
    SortedMap<String, String> code,
    PyObject root,
    List<PyValue> constants,
    SortedMap<String, byte[]> extra) {

  /** Where the model card lies below {@code extra/}. */
  public static final String CARD = "card.json";

  public TorchScriptArchive {
    code = new TreeMap<>(code);
    constants = List.copyOf(constants);
    extra = new TreeMap<>(extra);
  }

  /** The bytes of all tensors, shared ones once. */
  public long tensorBytes() {
    return StorageLayout.of(new PyTuple(List.of(root, new PyTuple(constants)))).bytes();
  }

  /**
   * The model card that it carries, if any.
   *
   * @param source what messages call it
   */
  public Optional<ModelCard> card(String source) {
    return Optional.ofNullable(extra.get(CARD)).map(json -> CardJson.read(json, source));
  }

  /** The same archive with other text. */
  public TorchScriptArchive withCode(Map<String, String> text) {
    return new TorchScriptArchive(name, version, new TreeMap<>(text), root, constants, extra);
  }

  /** The same archive with other extra files. */
  public TorchScriptArchive withExtra(Map<String, byte[]> files) {
    return new TorchScriptArchive(name, version, code, root, constants, new TreeMap<>(files));
  }
}
