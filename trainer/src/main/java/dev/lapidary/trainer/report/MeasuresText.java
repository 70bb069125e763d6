package dev.lapidary.trainer.report;

import java.util.List;

/** {@link Measures} for a terminal. */
public final class MeasuresText {
  private static final int LABEL_WIDTH = 32;

  /** What the last line of a table of classes is called. */
  static final String MEAN = "mean of the classes";

  private MeasuresText() {}

  public static List<String> lines(Measures measures) {
    return measures instanceof MultiLabelMeasures several
        ? MultiLabelText.lines(several)
        : SingleLabelText.lines((SingleLabelMeasures) measures);
  }

  static String cut(String label) {
    return label.length() <= LABEL_WIDTH ? label : label.substring(0, LABEL_WIDTH - 1) + "…";
  }
}
