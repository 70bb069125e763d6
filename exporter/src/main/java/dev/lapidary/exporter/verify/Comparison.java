package dev.lapidary.exporter.verify;

/** How far two models' logits are apart, added up over batches. */
public final class Comparison {
  /** The greatest difference that passes between float networks, relative to the greatest logit. */
  public static final double BOUND = 1e-4;

  private int count;
  private int agreements;
  private double maxAbsDifference;
  private double maxAbsLogit;

  public static Comparison of(Logits reference, Logits found) {
    Comparison comparison = new Comparison();
    comparison.add(reference, found);
    return comparison;
  }

  /** Both of the same inputs. */
  public void add(Logits reference, Logits found) {
    if (reference.values().length != found.values().length) {
      throw new IllegalArgumentException(
          "%d logits against %d".formatted(reference.values().length, found.values().length));
    }
    for (int i = 0; i < found.values().length; i++) {
      double difference = Math.abs((double) found.values()[i] - reference.values()[i]);
      // NaN on either side must not pass as "no difference", nor be forgotten by the next number.
      maxAbsDifference = Math.max(maxAbsDifference, difference);
    }
    maxAbsLogit = Math.max(maxAbsLogit, reference.maxAbs());
    for (int i = 0; i < reference.count(); i++) {
      agreements += reference.argmax(i) == found.argmax(i) ? 1 : 0;
    }
    count += reference.count();
  }

  /**
   * @param bound relative to the greatest logit; up to {@link #BOUND} the argmax is held too, above
   *     it two classes may be nearer to each other than what passes
   */
  public boolean passes(double bound) {
    return Double.isFinite(maxAbsDifference)
        && maxAbsDifference <= bound * maxAbsLogit
        && (bound > BOUND || agreements == count);
  }

  public int count() {
    return count;
  }

  public double maxAbsDifference() {
    return maxAbsDifference;
  }

  public double maxAbsLogit() {
    return maxAbsLogit;
  }

  /** The fraction of inputs with the same argmax. */
  public double argmaxAgreement() {
    return count == 0 ? 1 : agreements / (double) count;
  }
}
