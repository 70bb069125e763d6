package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.cli.RootCommand;
import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.file.Unfinished;
import dev.lapidary.exporter.verify.ModelRuntime;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code exporter}: the root of the command tree. */
@Command(
    name = "exporter",
    description = "Compiles TorchScript image classifiers to ONNX and proves the result.")
public final class ExporterMain implements Runnable, RootCommand {
  @Spec private CommandSpec spec;

  @Override
  public List<Class<?>> commands() {
    return List.of(
        OnnxCommand.class,
        TorchScriptCommand.class,
        VerifyCommand.class,
        InspectCommand.class,
        CardCommand.class,
        JarCommand.class,
        OpsCommand.class);
  }

  @Override
  public Map<String, String> otherNames() {
    Map<String, String> names = new TreeMap<>();
    to(names, "onnx", "export", "convert", "compile");
    to(names, "torchscript", "jit", "script", "trace");
    to(names, "verify", "check", "validate", "test");
    to(names, "inspect", "info", "show");
    to(names, "onnx SOURCE --quantize int8 --calibration DIR --out FILE", "quantize", "int8");
    to(names, "trainer run", "train", "fit");
    to(names, "--quantize int8", "--int8");
    to(names, "--quantize fp16", "--half", "--fp16");
    to(names, "--input 3x224x224", "--imgsz", "--img-size", "--input-shape", "--shape");
    to(names, "--input 3xNxN, of its own size", "--input-size", "--img", "--img_size");
    to(names, "--labels FILE, one class a line", "--classes", "--num-classes", "--names");
    to(names, "--data", "--images", "--val", "--dataset");
    to(names, "nothing: the batch is dynamic in any case", "--dynamic", "--dynamic-batch");
    to(names, "nothing: it is done in any case", "--simplify", "--optimize");
    to(names, "--out", "--output-file", "--save", "-o", "--onnx");
    to(names, "--calibration", "--calib", "--calib-data", "--data-dir");
    to(names, "SOURCE, without an option's name", "--model", "--weights", "--checkpoint");
    return names;
  }

  private static void to(Map<String, String> names, String ours, String... theirs) {
    for (String word : theirs) {
      names.put(word, ours);
    }
  }

  public static void main(String[] arguments) {
    Timings.beginMain();
    try (StopSignal signal = StopSignal.take(ExporterMain::end)) {
      int status = run(arguments);
      System.exit(signal.status().orElse(status));
    }
  }

  /**
   * On a signal: no file is left half-written, and no native library is ended while it computes.
   */
  private static void end() {
    Unfinished.end();
    ModelRuntime.end();
  }

  /** Returns the exit status; never exits the JVM. */
  public static int run(String... arguments) {
    return CommandTree.run(new ExporterMain(), arguments);
  }

  /** The same with the two streams given. */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return CommandTree.run(new ExporterMain(), out, err, arguments);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command");
  }
}
