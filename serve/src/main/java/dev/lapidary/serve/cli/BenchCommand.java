package dev.lapidary.serve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.serve.bench.BenchPage;
import dev.lapidary.serve.bench.BenchReport;
import dev.lapidary.serve.bench.BenchSettings;
import dev.lapidary.serve.bench.BenchTable;
import dev.lapidary.serve.bench.Benchmark;
import dev.lapidary.serve.bench.ServerBenchmark;
import dev.lapidary.serve.bench.ServerLoads;
import dev.lapidary.serve.bench.ServerReport;
import dev.lapidary.serve.bench.ServerTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve bench}. */
@Command(
    name = "bench",
    description =
        "Measures single against batched inference: the network alone by batch size, and POST"
            + " /predict by the number of clients, in turn within one run. With --url it measures"
            + " servers that run already, this one or any other, and compares them.")
final class BenchCommand extends ProgramCommand {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "a folder with images, searched with its folders; at most 64 are used. With --protocol v2"
              + " tensors of random numbers are sent unless it is given")
  private Optional<Path> images = Optional.empty();

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "what becomes of unreadable images: ${COMPLETION-CANDIDATES}")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "the report as JSON too; with - on stdout, instead of the table")
  private Optional<String> json = Optional.empty();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "the report as a page with plots, too")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--p99",
      paramLabel = "MS",
      description =
          "looks for the highest rate of requests at which 99 of 100 are answered within so long,"
              + " for each way to run the model or each server, for as long again as --seconds")
  private Optional<Integer> p99Millis = Optional.empty();

  @Option(names = "--force", description = "replace the JSON and HTML files if they exist")
  private boolean force;

  @Option(
      names = "--batch-sizes",
      split = ",",
      paramLabel = "N",
      description = "in-process; the largest is also the server's --max-batch")
  private List<Integer> batchSizes = List.of(1, 2, 4, 8, 16, 32);

  @Option(
      names = "--concurrency",
      split = ",",
      paramLabel = "N",
      description = "clients over HTTP, each with one image at a time")
  private List<Integer> concurrencies = List.of(1, 4, 16, 64);

  @Option(names = "--rounds", paramLabel = "N", description = "each measures everything once")
  private int rounds = 5;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "time of all rounds together, about, without the warm-up")
  private int seconds = 40;

  @Mixin private ServerOptions servers = new ServerOptions();

  @Override
  public Integer call() throws Exception {
    requireSensible();
    if (!servers.areNamed()) {
      servers.requireAlone();
      return ofModel();
    }
    if (model.isNamed()) {
      throw Failure.badInput("--model is measured in this process, --url elsewhere; name one");
    }
    boolean ratesOnly = servers.haveRates() && !isGiven("--concurrency");
    ServerLoads loads =
        new ServerLoads(
            ratesOnly ? List.of() : concurrencies,
            servers.rates(),
            rounds,
            Duration.ofSeconds(seconds),
            p99Millis.map(Duration::ofMillis));
    ServerBenchmark benchmark = new ServerBenchmark(servers.questions(images), loads, this::say);
    ServerReport report = run(benchmark);
    write(ServerTable.of(report), BenchPage.of(report), JSON.writeValueAsString(report) + "\n");
    return ExitCode.DONE.status();
  }

  /** All clients that it has connect as Java's default says. */
  private ServerReport run(ServerBenchmark benchmark) throws Exception {
    SSLContext before = SSLContext.getDefault();
    SSLContext.setDefault(servers.tls());
    try {
      return benchmark.run(servers.urls());
    } finally {
      SSLContext.setDefault(before);
    }
  }

  private boolean isGiven(String option) {
    return spec().commandLine().getParseResult().hasMatchedOption(option);
  }

  private Integer ofModel() throws Exception {
    model.path();
    Path folder =
        images.orElseThrow(
            () -> Failure.badInput("no images are named; name a folder with --images DIR"));
    Benchmark benchmark =
        new Benchmark(
            new BenchSettings(
                batchSizes,
                concurrencies,
                rounds,
                Duration.ofSeconds(seconds),
                p99Millis.map(Duration::ofMillis)),
            model::load,
            this::say);
    BenchReport report = benchmark.run(folder, onBadImage, model.threads());
    write(BenchTable.of(report), BenchPage.of(report), JSON.writeValueAsString(report) + "\n");
    return ExitCode.DONE.status();
  }

  private void write(String table, String page, String document) throws IOException {
    PrintWriter out = out();
    boolean toStdout = json.filter("-"::equals).isPresent();
    out.print(toStdout ? document : table);
    out.flush();
    if (json.isPresent() && !toStdout) {
      AtomicFile.write(Path.of(json.get()), file -> Files.writeString(file, document, UTF_8));
    }
    if (html.isPresent()) {
      AtomicFile.write(html.get(), file -> Files.writeString(file, page, UTF_8));
    }
  }

  private void requireSensible() {
    OptionRange.within("--rounds", rounds, 3, 100);
    OptionRange.within("--seconds", seconds, 1, 3600);
    p99Millis.ifPresent(millis -> OptionRange.within("--p99", millis, 1, 60_000));
    requireIn("--batch-sizes", batchSizes, 256);
    requireIn("--concurrency", concurrencies, 256);
    json.filter(file -> !file.equals("-"))
        .ifPresent(file -> AtomicFile.requireAbsent(Path.of(file), force));
    html.ifPresent(file -> AtomicFile.requireAbsent(file, force));
  }

  private static void requireIn(String option, List<Integer> values, int max) {
    for (int value : values) {
      if (value < 1 || value > max) {
        throw Failure.badInput("%s must be in 1..%d but has %d", option, max, value);
      }
    }
  }
}
