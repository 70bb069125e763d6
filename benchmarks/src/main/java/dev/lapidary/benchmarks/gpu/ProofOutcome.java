package dev.lapidary.benchmarks.gpu;

import dev.lapidary.core.failure.Phrase;
import java.util.List;

/**
 * What came of a row.
 *
 * @param measured in words, on one line
 */
record ProofOutcome(Verdict verdict, String measured) {
  /** First on the line by which a child process tells its outcome. */
  private static final String MARK = "gpu-proof:";

  enum Verdict {
    OK("ok"),
    /** Measured, and not what was to be proven. */
    FAILED("FAILED"),
    /** Something that it needs is not here. */
    NOT_RUN("not run");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  static ProofOutcome ok(String measured) {
    return new ProofOutcome(Verdict.OK, measured);
  }

  static ProofOutcome failed(String measured) {
    return new ProofOutcome(Verdict.FAILED, measured);
  }

  static ProofOutcome notRun(String reason) {
    return new ProofOutcome(Verdict.NOT_RUN, reason);
  }

  /** Fails for NaN too. */
  static ProofOutcome within(double value, double bound, String what) {
    String measured = Phrase.of("%.1e of %.0e: %s", value, bound, what);
    return value <= bound ? ok(measured) : failed(measured);
  }

  String line() {
    return String.join("\t", MARK, verdict.name(), measured.replaceAll("\\s+", " "));
  }

  /** What a child said last; without such a line it has failed, in its own last words. */
  static ProofOutcome read(List<String> said, String ending) {
    for (int i = said.size() - 1; i >= 0; i--) {
      String[] parts = said.get(i).split("\t", -1);
      if (parts.length == 3 && parts[0].equals(MARK)) {
        return new ProofOutcome(Verdict.valueOf(parts[1]), parts[2]);
      }
    }
    String last = said.isEmpty() ? "it said nothing" : said.get(said.size() - 1);
    return failed(ending + ": " + last);
  }
}
