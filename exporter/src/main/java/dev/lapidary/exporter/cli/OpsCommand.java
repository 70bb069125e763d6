package dev.lapidary.exporter.cli;

import dev.lapidary.torchscript.trace.Tracer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code exporter ops}. */
@Command(name = "ops", description = "Lists the aten operators that can be exported, one a line.")
final class OpsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    Tracer.operators().forEach(spec.commandLine().getOut()::println);
  }
}
