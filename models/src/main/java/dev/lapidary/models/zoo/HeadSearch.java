package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the heads of any classifier: from the logits back through what only reshapes, pools or
 * activates, to the last linear layer or 1x1 convolution. Layers of the same class count that the
 * evaluation does not reach are auxiliary heads.
 */
public final class HeadSearch {
  private static final Set<String> WEIGHTED =
      Set.of("aten::linear", "aten::addmm", "aten::matmul", "aten::mm", "aten::conv2d");

  private final TorchScriptArchive archive;
  private final StateDict state;

  private HeadSearch(TorchScriptArchive archive) {
    this.archive = archive;
    this.state = StateDict.of(archive);
  }

  /**
   * The head first, auxiliary heads after it.
   *
   * @param options the size of an image, for the trace
   * @throws Failure (exit 2) if the logits do not come from one linear layer or 1x1 convolution
   */
  public static List<Head> find(TorchScriptArchive archive, TraceOptions options) {
    HeadSearch search = new HeadSearch(archive);
    Graph graph = Tracer.trace(archive, options);
    return search.withAuxiliary(search.last(graph), graph);
  }

  /**
   * The head of a given name first, auxiliary heads after it.
   *
   * @throws Failure (exit 2) if there is no such layer, naming near ones
   */
  public static List<Head> find(TorchScriptArchive archive, String name, TraceOptions options) {
    Head head = named(archive, name);
    return new HeadSearch(archive).withAuxiliary(head, Tracer.trace(archive, options));
  }

  /**
   * The head of a given name, {@code --head}.
   *
   * @throws Failure (exit 2) if there is no such layer, naming near ones
   */
  public static Head named(TorchScriptArchive archive, String name) {
    StateDict state = StateDict.of(archive);
    List<Head> heads =
        state.entries().stream().filter(Head::fits).map(w -> Head.of(state, w)).toList();
    return heads.stream()
        .filter(head -> head.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                Failure.badInput(
                    "[%s] no linear layer or 1x1 convolution is named %s%s (trainer layers lists"
                        + " all)",
                    archive.name(),
                    Quote.of(name),
                    NearNames.hint(name, heads.stream().map(Head::name).toList())));
  }

  private List<Head> withAuxiliary(Head main, Graph graph) {
    List<Head> heads = new ArrayList<>(List.of(main));
    Set<String> reached = new HashSet<>();
    graph.nodes().forEach(node -> reached.add(node.scope()));
    for (StateDict.Entry entry : state.entries()) {
      if (Head.fits(entry) && entry.tensor().size(0) == main.classes()) {
        Head head = Head.of(state, entry);
        if (!reached.contains(head.name()) && !head.name().equals(main.name())) {
          heads.add(head);
        }
      }
    }
    return heads;
  }

  private Head last(Graph graph) {
    Map<Integer, Node> makers = Node.producers(graph.nodes());
    Argument.Value value = graph.outputs().get(0);
    while (true) {
      Node node = makers.get(value.id());
      if (node == null) {
        throw refused("the logits are the input itself");
      }
      if (WEIGHTED.contains(node.operator())) {
        return layer(node);
      }
      List<Argument.Value> inputs = node.read().toList();
      if (inputs.size() != 1) {
        throw refused(
            node.operator() + " of " + inputs.size() + " tensors lies before the last layer");
      }
      value = inputs.get(0);
    }
  }

  /** The scope is the layer's path, also where the text uses a transposed or folded weight. */
  private Head layer(Node node) {
    Optional<StateDict.Entry> weight = state.find(node.scope() + ".weight").filter(Head::fits);
    return weight
        .map(entry -> Head.of(state, entry))
        .orElseThrow(
            () ->
                refused("the last " + node.operator() + " is no linear layer or 1x1 convolution"));
  }

  private Failure refused(String why) {
    return Failure.badInput(
        "[%s] its head was not found: %s; name the layer by --head", archive.name(), why);
  }
}
