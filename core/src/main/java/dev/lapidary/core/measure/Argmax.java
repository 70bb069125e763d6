package dev.lapidary.core.measure;

/** The index of the greatest of some numbers; the first of equals. */
public final class Argmax {
  private Argmax() {}

  public static int of(float[] values) {
    return of(values, 0, values.length);
  }

  /** Of a row; counted from its start. */
  public static int of(float[] values, int from, int count) {
    int best = from;
    for (int i = from + 1; i < from + count; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best - from;
  }
}
