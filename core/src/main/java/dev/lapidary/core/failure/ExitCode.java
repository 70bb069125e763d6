package dev.lapidary.core.failure;

/** What a program of Lapidary reports to its shell. The table stands in every {@code --help}. */
public enum ExitCode {
  DONE(0, "done"),
  FAILED(1, "failed while running: I/O, NaN, out of memory"),
  BAD_INPUT(2, "wrong usage or input: bad file, weights that fit too little, output exists"),
  GATE_REFUSED(3, "a gate refused: parity, accuracy, latency, integrity, drift"),
  UNSUPPORTED(4, "unsupported operator, or a branch on input data"),
  INTERRUPTED(130, "interrupted (SIGINT), the checkpoint written"),
  TERMINATED(143, "terminated (SIGTERM), the checkpoint written");

  private final int status;
  private final String meaning;

  ExitCode(int status, String meaning) {
    this.status = status;
    this.meaning = meaning;
  }

  public int status() {
    return status;
  }

  public String meaning() {
    return meaning;
  }
}
