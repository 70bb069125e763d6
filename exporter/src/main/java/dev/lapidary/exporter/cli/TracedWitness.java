package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.exporter.verify.UnknownOperator;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a file is compared with: its source in libtorch; or, where libtorch does not know how the
 * source calls an operator, the operators of the source's trace in libtorch. That is no witness of
 * the trace itself, and the certificate says so.
 */
final class TracedWitness {
  private TracedWitness() {}

  /** A source's trace. */
  record Traced(TorchScriptArchive archive, Graph graph) {
    /**
     * @param card says the images' size
     */
    static Traced of(Source source, ModelCard card, SourceOptions options) {
      TraceOptions image = Cards.image(card, options.output());
      return new Traced(source.archive(), Tracer.trace(source.archive(), image));
    }

    /** Read and traced again: what was compiled has been forgotten. */
    static Traced again(ExportOptions export, ModelCard card) {
      try (Source source = Source.read(export.source, export.model)) {
        return of(source, card, export.model);
      }
    }
  }

  /**
   * @param options of the source
   * @param opening what is to prove, with its card
   * @param traced the source's; asked for only if it is needed
   */
  static ModelCard.Parity check(
      Path source,
      SourceOptions options,
      ParityGate.Opening opening,
      ModelCard card,
      Tolerance tolerance,
      Supplier<Traced> traced) {
    Function<Path, ModelCard.Parity> gate =
        reference ->
            ParityGate.check(
                reference, options.output(), opening, card, options.batch(), tolerance);
    try {
      return gate.apply(source);
    } catch (UnknownOperator unknown) {
      Traced trace = traced.get();
      TorchScriptArchive written = InferenceArchive.asTraced(trace.graph(), trace.archive());
      String name = String.valueOf(source.getFileName());
      try (Source printed = Source.temporary(written, name, Optional.empty(), Optional.empty())) {
        ModelCard.Parity parity = gate.apply(printed.file());
        return parity.withReference(
            "%s with the operators of the trace: it does not know how the source calls %s"
                .formatted(parity.reference(), unknown.operator()));
      }
    }
  }
}
