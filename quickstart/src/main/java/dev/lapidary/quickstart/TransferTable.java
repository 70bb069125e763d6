package dev.lapidary.quickstart;

import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import java.util.ArrayList;
import java.util.List;

/** The table that {@link TransferComparison} answers with. */
final class TransferTable {
  private TransferTable() {}

  /** Where a network begins. */
  enum Side {
    TRANSFER("transfer"),
    SCRATCH("from scratch");

    private final String title;

    Side(String title) {
      this.title = title;
    }
  }

  /**
   * A side's result.
   *
   * @param validation mean over the seeds, by rate
   * @param rate with the best of them
   */
  record Result(Side side, List<Double> validation, double rate, SeedMean test) {}

  static String of(TransferComparison.Setting setting, List<Result> results) {
    StringBuilder out = new StringBuilder();
    out.append(
        Phrase.of(
            "%d classes that the backbone has never seen: %d images of each to train on, %d to"
                + " choose epoch and rate by, %d seeds, %d epochs, %,d test images.%n",
            TransferComparison.CLASSES,
            setting.imagesPerClass(),
            setting.imagesPerClass(),
            setting.seeds(),
            setting.epochs(),
            TransferComparison.CLASSES * TransferComparison.TEST_PER_CLASS));
    out.append(Phrase.of("%14s%s%n", "", "validation accuracy at each rate"));
    TextTable table = new TextTable().texts("");
    setting.rates().forEach(rate -> table.numbers("%.4f", String.valueOf(rate)));
    table.numbers("%s", "chosen").texts("test accuracy, 95 % interval over seeds");
    for (Result result : results) {
      List<Object> cells = new ArrayList<>(List.of(result.side().title));
      cells.addAll(result.validation());
      cells.add(result.rate());
      SeedMean test = result.test();
      cells.add(Phrase.of("%.4f   %.4f to %.4f", test.mean(), test.low(), test.high()));
      table.row(cells.toArray());
    }
    out.append(table);
    return out.toString();
  }
}
