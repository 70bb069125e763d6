package dev.lapidary.exporter.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.onnx.OnnxEnding;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is in an ONNX file, or in a TorchScript archive.
 *
 * @param bytes of the file and its data
 * @param dataFiles names of the files beside it that hold weights
 * @param opset of an ONNX file
 * @param operators how many nodes of each
 * @param parameters numbers in the floating and integer weights; scales and shapes are none
 * @param multiplyAdds of convolutions and matrix products for one image; empty if the runtime
 *     cannot run the file on zeros of one image
 * @param ending what its last operators are
 * @param card its JSON, or empty
 */
public record Inspection(
    String file,
    long bytes,
    List<String> dataFiles,
    OptionalInt opset,
    List<ValueInfo> inputs,
    List<ValueInfo> outputs,
    SortedMap<String, Integer> operators,
    long parameters,
    long parameterBytes,
    OptionalLong multiplyAdds,
    Ending ending,
    String card) {
  /** Operators whose integers say a shape or an index. */
  private static final String[] TAKE_SHAPES = {
    "Reshape", "Slice", "Split", "Expand", "Tile", "Pad", "Unsqueeze", "Concat", "Resize"
  };

  public static Inspection of(Path file) {
    OnnxGraph graph = OnnxReader.read(file);
    SortedMap<String, Integer> operators = new TreeMap<>();
    graph.nodes().forEach(node -> operators.merge(node.op(), 1, Integer::sum));
    List<Tensor> weights =
        graph.initializers().entrySet().stream()
            .filter(entry -> isParameter(graph, entry.getKey(), entry.getValue()))
            .map(Map.Entry::getValue)
            .toList();
    Set<Path> data = OnnxReader.dataFiles(file);
    return new Inspection(
        String.valueOf(file.getFileName()),
        size(file, data),
        data.stream().map(path -> String.valueOf(path.getFileName())).toList(),
        OptionalInt.of(graph.opset()),
        graph.inputs(),
        graph.outputs(),
        operators,
        numbers(weights),
        bytes(weights),
        MultiplyAdds.of(graph),
        OnnxEnding.of(file),
        graph.metadata().getOrDefault(ModelCard.METADATA_KEY, ""));
  }

  /**
   * Of a TorchScript archive: the operators that a trace of it meets.
   *
   * @param archive whose parameters are counted, used or not, and not its buffers
   * @param traced the archive's graph
   * @param onnx what it becomes, for the shapes and the work
   * @param card its JSON, or empty
   */
  public static Inspection of(
      Path file, TorchScriptArchive archive, Graph traced, OnnxGraph onnx, String card) {
    SortedMap<String, Integer> operators = new TreeMap<>();
    traced.nodes().forEach(node -> operators.merge(node.operator(), 1, Integer::sum));
    Collection<Tensor> weights = ArchiveWeights.of(archive, traced);
    return new Inspection(
        String.valueOf(file.getFileName()),
        size(file, Set.of()),
        List.of(),
        OptionalInt.empty(),
        onnx.inputs(),
        onnx.outputs(),
        operators,
        numbers(weights),
        bytes(weights),
        MultiplyAdds.of(onnx),
        TracedEnding.of(traced).ending(),
        card);
  }

  private static long size(Path file, Set<Path> data) {
    try {
      long size = Files.size(file);
      for (Path other : data) {
        size += Files.size(other);
      }
      return size;
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", file, String.valueOf(e.getMessage()));
    }
  }

  private static long numbers(Collection<Tensor> weights) {
    return weights.stream().mapToLong(Tensor::numel).sum();
  }

  private static long bytes(Collection<Tensor> weights) {
    return weights.stream().mapToLong(t -> t.numel() * t.dtype().bytes()).sum();
  }

  /** Not what only says a shape, an index, a scale or a zero point. */
  private static boolean isParameter(OnnxGraph graph, String name, Tensor tensor) {
    return tensor.rank() > 0
        && graph.consumers(name).stream()
            .filter(r -> !r.is("QuantizeLinear", "DequantizeLinear") || r.input(0).equals(name))
            .anyMatch(r -> !r.is(TAKE_SHAPES) || tensor.dtype().isFloating());
  }

  public String json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("file", file).put("bytes", bytes);
    opset.ifPresent(version -> json.put("opset", version));
    json.set("dataFiles", mapper.valueToTree(dataFiles));
    json.set("inputs", mapper.valueToTree(inputs.stream().map(ValueInfo::toString).toList()));
    json.set("outputs", mapper.valueToTree(outputs.stream().map(ValueInfo::toString).toList()));
    json.set("operators", mapper.valueToTree(operators));
    json.put("parameters", parameters).put("parameterBytes", parameterBytes);
    multiplyAdds.ifPresent(count -> json.put("multiplyAdds", count));
    json.put(
        "scores",
        card.isEmpty() ? ending.scores().label() : CardJson.read(card, file).scores().label());
    if (!card.isEmpty()) {
      try {
        json.set("card", mapper.readTree(card));
      } catch (JsonProcessingException e) {
        throw Failure.badInput("[%s] its card is no JSON; export the model again", file);
      }
    }
    return json.toString();
  }

  public String text() {
    return InspectionText.of(this);
  }
}
