package dev.lapidary.quickstart;

import dev.lapidary.core.cli.TextTable;
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
    TextTable table =
        new TextTable()
            .texts("")
            .numbers("%.1f%%", "accuracy")
            .numbers("%.0f kB", "size")
            .numbers("%.2f ms", "p50/image")
            .texts("file");
    row(table, "libtorch", libtorch.accuracy(), libtorch.p50Millis(), model);
    row(table, "ONNX fp32", fp32.accuracy(), fp32.p50Millis(), fp32File);
    row(table, "ONNX int8", int8.accuracy(), int8.p50Millis(), int8File);
    row(table, "HTTP (serving int8)", httpAccuracy, httpMillis, int8File);
    return Phrase.of(
        "%nOn %d validation images:%n%sONNX fp32 differs from libtorch by at most %.1e of the"
            + " greatest logit; int8 gives the same class as libtorch for %.1f %% of the images.%n",
        libtorch.images(), table, fp32.relativeDifference(), 100 * int8.argmaxAgreement());
  }

  private static void row(TextTable table, String what, double accuracy, double millis, Path file)
      throws IOException {
    table.row(what, 100 * accuracy, Files.size(file) / 1000.0, millis, file.toString());
  }
}
