package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.exporter.verify.UnknownOperator;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
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
  record Traced(TorchScriptArchive archive, Graph graph) {}

  /**
   * @param options of the source
   * @param file to prove, of the runtime, with its card
   * @param traced the source's; asked for only if it is needed
   */
  static ModelCard.Parity check(
      Path source,
      SourceOptions options,
      ModelRuntime runtime,
      Path file,
      ModelCard card,
      Preparation preparation,
      Tolerance tolerance,
      Supplier<Traced> traced) {
    return check(
        source,
        reference ->
            ParityGate.check(
                reference,
                options.output(),
                runtime,
                file,
                card,
                options.batch(),
                preparation,
                tolerance),
        traced);
  }

  /**
   * The same by a gate of the caller's.
   *
   * @param gate takes what libtorch is to run
   */
  static ModelCard.Parity check(
      Path source, Function<Path, ModelCard.Parity> gate, Supplier<Traced> traced) {
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
