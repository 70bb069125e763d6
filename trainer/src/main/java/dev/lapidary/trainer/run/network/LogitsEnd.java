package dev.lapidary.trainer.run.network;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.surgery.EndingCut;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import dev.lapidary.trainer.program.ModuleTree;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes networks that end in scores give logits: losses, teachers and measures are all of logits,
 * and a softmax of a softmax would be none of what the network learned.
 */
public final class LogitsEnd {
  private static final String TRAINING = "training";

  private LogitsEnd() {}

  /**
   * A network to train, without the softmax or sigmoid that it ends in.
   *
   * @param file for the messages
   * @param image the size of an image
   * @param binary whether the loss is a sigmoid a class: it is not of a log_softmax either
   * @param notes gets a line if something was taken off
   * @throws Failure (exit 2) if it gives no scores, or the end cannot be taken off
   */
  static TorchScriptArchive trainable(
      TorchScriptArchive archive,
      Optional<ModelCard> card,
      Path file,
      TraceOptions image,
      boolean binary,
      List<String> notes) {
    return inEval(archive, () -> cut(archive, card, file, image, binary, notes));
  }

  private static TorchScriptArchive cut(
      TorchScriptArchive archive,
      Optional<ModelCard> card,
      Path file,
      TraceOptions image,
      boolean binary,
      List<String> notes) {
    Graph graph = Tracer.trace(archive, image);
    Ending ending = TracedEnding.of(graph).ending();
    requireScores(ending, file);
    boolean logits = ending == Ending.LOGITS || (ending == Ending.LOG_SOFTMAX && !binary);
    if (logits && card.filter(c -> c.scores() != Scores.LOGITS).isEmpty()) {
      return archive;
    }
    String made = logits ? card.map(c -> c.scores().label()).orElse("softmax") : ending.words();
    Optional<TorchScriptArchive> cut =
        logits ? Optional.empty() : EndingCut.of(archive, image, graph);
    notes.add(
        "end: the file's own %s is taken off, the loss is of logits and so is what model.pt gives"
            .formatted(made));
    return cut.orElseThrow(
        () ->
            Failure.badInput(
                "[%s] ends in a %s, and the loss is of logits; no single call in its code makes it"
                    + " that could be taken off: save the network with the logits as forward's"
                    + " result",
                file.getFileName(), made));
  }

  /** A network to measure or to learn from, whose scores have become logits. */
  public static TorchScriptArchive measurable(
      TorchScriptArchive archive, Optional<ModelCard> card, Path file, TraceOptions image) {
    return inEval(archive, () -> cutOrUndone(archive, card, file, image));
  }

  private static TorchScriptArchive cutOrUndone(
      TorchScriptArchive archive, Optional<ModelCard> card, Path file, TraceOptions image) {
    Optional<Graph> graph = traced(archive, image);
    Ending ending = graph.map(g -> TracedEnding.of(g).ending()).orElse(Ending.LOGITS);
    requireScores(ending, file);
    Scores scores =
        card.map(ModelCard::scores).filter(s -> s != Scores.LOGITS).orElse(ending.scores());
    if (scores == Scores.LOGITS) {
      return archive;
    }
    return graph
        .filter(g -> ending.scores() == scores)
        .flatMap(g -> EndingCut.of(archive, image, g))
        .orElseGet(() -> EndingCut.undone(archive, scores));
  }

  /** What a network ends in; logits where it cannot be traced, as libtorch alone can run it. */
  static Ending of(TorchScriptArchive archive, TraceOptions image) {
    return inEval(archive, () -> traced(archive, image))
        .map(graph -> TracedEnding.of(graph).ending())
        .orElse(Ending.LOGITS);
  }

  /**
   * As a network is measured, however it was saved: many give logits while they train and scores
   * when they do not. The modules' modes are as before afterwards.
   */
  private static <T> T inEval(TorchScriptArchive archive, Supplier<T> work) {
    List<PyObject> training =
        ModuleTree.of(archive.root()).nodes().stream()
            .map(ModuleTree.Node::module)
            .filter(m -> m.attributes().get(TRAINING) instanceof PyBool mode && mode.value())
            .toList();
    training.forEach(module -> module.attributes().put(TRAINING, new PyBool(false)));
    try {
      return work.get();
    } finally {
      training.forEach(module -> module.attributes().put(TRAINING, new PyBool(true)));
    }
  }

  static Optional<Graph> traced(TorchScriptArchive archive, TraceOptions image) {
    try {
      return Optional.of(Tracer.trace(archive, image));
    } catch (Failure e) {
      return Optional.empty();
    }
  }

  private static void requireScores(Ending ending, Path file) {
    if (ending == Ending.INDEX) {
      throw Failure.badInput(
          "[%s] ends in an argmax: it gives the best class's number, of which there is neither loss"
              + " nor score; save the network with the logits as forward's result",
          file.getFileName());
    }
  }
}
