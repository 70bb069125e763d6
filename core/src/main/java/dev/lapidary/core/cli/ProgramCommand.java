package dev.lapidary.core.cli;

import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command of a program, which writes where the program does; it returns its exit status. */
public abstract class ProgramCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  /** For data. */
  protected final PrintWriter out() {
    return spec().commandLine().getOut();
  }

  /** For messages. */
  protected final PrintWriter err() {
    return spec().commandLine().getErr();
  }

  /** What picocli made of the class. */
  protected final CommandSpec spec() {
    return Objects.requireNonNull(spec);
  }

  /** Writes a message, at once, from whichever thread. */
  protected final void say(String line) {
    PrintWriter err = err();
    synchronized (err) {
      err.println(line);
      err.flush();
    }
  }

  /** Writes a line of data, at once. */
  protected final void print(Object line) {
    out().println(line);
    out().flush();
  }
}
