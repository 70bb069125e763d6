package dev.lapidary.core.cli;

import java.io.PrintWriter;
import java.io.Writer;

/** Messages under {@code --quiet}: only lines that begin with error: or warning: get through. */
final class QuietLines extends Writer {
  private final PrintWriter err;
  private final StringBuilder line = new StringBuilder();

  QuietLines(PrintWriter err) {
    this.err = err;
  }

  @Override
  public synchronized void write(char[] text, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (text[i] == '\n') {
        end();
      } else if (text[i] == '\r') {
        line.setLength(0); // a bar that was drawn here is drawn over
      } else {
        line.append(text[i]);
      }
    }
  }

  private void end() {
    String whole = line.toString();
    line.setLength(0);
    if (whole.startsWith("error:") || whole.startsWith("warning:")) {
      err.println(whole);
    }
  }

  @Override
  public void flush() {
    err.flush();
  }

  @Override
  public void close() {
    err.flush();
  }
}
