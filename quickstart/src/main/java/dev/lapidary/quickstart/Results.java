package dev.lapidary.quickstart;

import dev.lapidary.core.failure.Phrase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The table that ends the quickstart. */
record Results(
    Measurement libtorch,
    Measurement fp32,
    Measurement int8,
    double httpAccuracy,
    double httpMillis) {

  String table(Path model, Path fp32File, Path int8File) throws IOException {
    return Phrase.of(
            "%nOn %d validation images:%n%-22s %9s %10s %12s  %s%n",
            libtorch.images(), "", "accuracy", "size", "p50/image", "file")
        + row("libtorch", libtorch.accuracy(), libtorch.p50Millis(), model)
        + row("ONNX fp32", fp32.accuracy(), fp32.p50Millis(), fp32File)
        + row("ONNX int8", int8.accuracy(), int8.p50Millis(), int8File)
        + row("HTTP (serving int8)", httpAccuracy, httpMillis, int8File)
        + Phrase.of(
            "ONNX fp32 differs from libtorch by at most %.1e of the greatest logit; int8 gives the"
                + " same class as libtorch for %.1f %% of the images.%n",
            fp32.relativeDifference(), 100 * int8.argmaxAgreement());
  }

  private static String row(String what, double accuracy, double millis, Path file)
      throws IOException {
    return Phrase.of(
        "%-22s %8.1f%% %7.0f kB %9.2f ms  %s%n",
        what, 100 * accuracy, Files.size(file) / 1000.0, millis, file);
  }
}
