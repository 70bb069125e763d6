package dev.lapidary.exporter.hostile;

import dev.lapidary.core.Golden;
import dev.lapidary.core.Hostile;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.torchscript.archive.Attack;
import dev.lapidary.torchscript.archive.Sample;
import dev.lapidary.torchscript.pt2.ProgramAttack;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process of its own, of little memory, that exports one hostile file after another. It exits
 * with 1 if any of them did not end as it must, and says which.
 */
final class HostileExports {
  /** What is said of every program, refused later or not. */
  private static final String NOTE = "printed from .pt2, as TorchScript";

  /** Before the name of a kind for programs of torch.export. */
  static final String PROGRAM = "PT2_";

  /** Before that, if the command is {@code exporter torchscript} and not {@code exporter onnx}. */
  static final String TORCHSCRIPT = "TORCHSCRIPT_";

  /** Small programs, whose quantization, decompositions and names are what they are for. */
  private static final Map<String, String> SMALL =
      Map.of(
          "quantized-signed", "3x16x16",
          "quantized-reduced", "3x16x16",
          "small-decomposed", "3x8x8",
          "small-parts", "3x8x8",
          "small-names", "3x8x8");

  /** Far beyond what any case takes: it ends a case that would never end. */
  private static final long WATCHDOG_SECONDS = 120;

  /** What a case may take of the system beside four times its file, native code included. */
  private static final long MEMORY_BYTES = 64 << 20;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Path folder;
  private final List<Input> inputs;
  private final List<Input> programs;
  private volatile String running = "";
  private volatile long since;
  private String command = "onnx";
  private int bad;

  /** A sample, and the size of its input. */
  private record Input(Sample sample, String size) {}

  private HostileExports(Path folder) throws IOException {
    this.folder = folder;
    this.inputs = inputs();
    this.programs = programs();
  }

  /** Makes a hostile file of a sound one. */
  private interface Making {
    byte[] make(byte[] file, Map<String, byte[]> records, Random random);
  }

  /**
   * @param arguments a folder to work in, cases of each mutation, cases of each other kind, cases
   *     of each kind of program of torch.export, and the kinds
   */
  public static void main(String[] arguments) throws IOException {
    HostileExports exports = new HostileExports(Path.of(arguments[0]));
    Thread watchdog = new Thread(exports::watch);
    watchdog.setDaemon(true);
    watchdog.start();
    exports.warmUp();
    for (String kind : List.of(arguments).subList(4, arguments.length)) {
      int cases = kind.contains(PROGRAM) ? 3 : kind.contains("MUTATED_") ? 1 : 2;
      exports.attack(kind, Integer.parseInt(arguments[cases]));
    }
    System.exit(exports.bad == 0 ? 0 : 1);
  }

  private static List<Input> inputs() throws IOException {
    List<Input> inputs = new ArrayList<>();
    for (String family : Golden.FAMILIES) {
      // The transformers insist on the size that they were made for.
      String size = family.equals("vit") || family.equals("swin") ? "3x224x224" : "3x64x64";
      for (String kind : List.of("scripted", "traced")) {
        Optional<Path> archive = Golden.archive(family, kind);
        if (archive.isPresent()) {
          inputs.add(new Input(Sample.of(archive.get()), size));
        }
      }
    }
    return inputs;
  }

  private static List<Input> programs() throws IOException {
    List<Input> programs = new ArrayList<>();
    for (String family : Golden.FAMILIES) {
      Optional<Path> program = Golden.exported(family);
      if (program.isPresent()) {
        programs.add(new Input(Sample.ofProgram(program.get()), "3x224x224"));
      }
    }
    for (Map.Entry<String, String> small : new TreeMap<>(SMALL).entrySet()) {
      Path file = Golden.file("pt2/" + small.getKey() + ".pt2");
      programs.add(new Input(Sample.ofProgram(file), small.getValue()));
    }
    return programs;
  }

  /** Loads the runtimes' libraries and our own classes, which are no case's memory. */
  private void warmUp() throws IOException {
    for (Input input : Stream.concat(inputs.stream(), programs.stream()).toList()) {
      sound(input);
    }
    command = "torchscript";
    for (Input input : programs) {
      sound(input);
    }
    command = "onnx";
  }

  private void sound(Input input) throws IOException {
    running = "a sound file";
    since = System.nanoTime();
    if (!export(input.sample().file(), input.size())) {
      complain("is refused");
    }
    running = "";
  }

  /** A kind of {@link ProgramAttack} has its prefix. */
  private void attack(String kind, int cases) throws IOException {
    if (kind.startsWith(TORCHSCRIPT)) {
      command = "torchscript";
      attack(kind.substring(TORCHSCRIPT.length()), cases);
      command = "onnx";
    } else if (kind.startsWith(PROGRAM)) {
      ProgramAttack attack = ProgramAttack.valueOf(kind.substring(PROGRAM.length()));
      attack(kind, 100 + attack.ordinal(), attack::make, programs, cases);
    } else {
      Attack attack = Attack.valueOf(kind);
      attack(kind, attack.ordinal(), attack::make, inputs, cases);
    }
  }

  private void attack(String attack, int ordinal, Making making, List<Input> samples, int cases)
      throws IOException {
    int exported = 0;
    long slowest = 0;
    long largest = 0;
    for (int seed = 0; seed < cases; seed++) {
      Input input = samples.get(seed % samples.size());
      byte[] bytes =
          making.make(
              input.sample().file(), input.sample().records(), Hostile.random(ordinal, seed));
      running = attack + " " + seed;
      since = System.nanoTime();
      long before = THREADS.getCurrentThreadCpuTime();
      MemoryGrowth memory = MemoryGrowth.now();
      exported += export(bytes, input.size()) ? 1 : 0;
      long grown = memory.peakGrowth();
      slowest = Math.max(slowest, THREADS.getCurrentThreadCpuTime() - before);
      largest = Math.max(largest, grown);
      if (grown > MEMORY_BYTES + 4L * bytes.length) {
        complain("took %d MB of memory".formatted(grown >> 20));
      }
      running = "";
    }
    System.out.printf(
        Locale.ROOT,
        "%-11s %-24s %5d cases: %5d refused, %4d exported with parity; at most %.1f s and %d MB%n",
        command,
        attack,
        cases,
        cases - exported,
        exported,
        slowest / 1e9,
        largest >> 20);
  }

  /** True if it was exported; then the gate has found parity. */
  private boolean export(byte[] bytes, String size) throws IOException {
    Path file = folder.resolve("hostile.pt");
    Path out = folder.resolve(command.equals("onnx") ? "hostile.onnx" : "out.pt");
    Files.deleteIfExists(file);
    Files.write(file, bytes);
    StringWriter err = new StringWriter();
    String[] arguments = {command, file.toString(), "--out=" + out, "--input=" + size};
    try {
      int status =
          ExporterMain.run(
              new PrintWriter(new StringWriter()), new PrintWriter(err, true), arguments);
      expect(status, err.toString(), out);
      return status == 0;
    } catch (OutOfMemoryError | StackOverflowError e) {
      complain(e.toString());
      return false;
    } finally {
      Files.deleteIfExists(out);
    }
  }

  private void expect(int status, String err, Path out) throws IOException {
    boolean libtorchsOwn = err.contains("libtorch cannot run it");
    boolean refused = status == 2 || status == 3 || status == 4 || (status == 1 && libtorchsOwn);
    List<String> lines = err.lines().filter(line -> !line.endsWith(NOTE)).toList();
    boolean oneLine = lines.size() == 1 && lines.get(0).startsWith("error: ");
    boolean plain = err.length() < 1000 && !err.contains("--stacktrace");
    if (status == 0 ? !Files.exists(out) : !(refused && oneLine && plain)) {
      complain("exit " + status + ": " + err.substring(0, Math.min(300, err.length())).strip());
    }
    try (Stream<Path> files = Files.list(folder)) {
      long expected = status == 0 ? 2 : 1;
      if (files.count() != expected) {
        complain("it left files behind");
      }
    }
  }

  private void complain(String what) {
    bad++;
    System.out.println("BAD " + running + ": " + what);
  }

  private void watch() {
    try {
      while (true) {
        TimeUnit.SECONDS.sleep(1);
        String now = running;
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
        if (!now.isEmpty() && seconds > WATCHDOG_SECONDS) {
          System.out.println("BAD " + now + ": does not end");
          System.out.flush();
          Runtime.getRuntime().halt(1);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
