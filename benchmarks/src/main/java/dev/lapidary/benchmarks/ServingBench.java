package dev.lapidary.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.bench.Gain;
import dev.lapidary.serve.bench.GeometricMean;
import dev.lapidary.serve.bench.Protocol;
import dev.lapidary.serve.bench.Questions;
import dev.lapidary.serve.bench.ServerBenchmark;
import dev.lapidary.serve.bench.ServerLoads;
import dev.lapidary.serve.bench.ServerReport;
import dev.lapidary.serve.bench.ServerReport.AtServer;
import dev.lapidary.serve.bench.ServerTable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * {@code bin/benchmark serving tensors UINT8.onnx}, {@code … images MODEL.onnx DIR}: the server
 * beside ONNX Runtime with nothing around it, on the same cores and behind the same clients. {@code
 * … overload|slow|hostile|retry-after MODEL.onnx DIR}: the server beside more than it can answer,
 * and beside clients that are not as they should be. {@code benchmarks/serving/measure} makes the
 * files and calls it.
 */
final class ServingBench {
  private static final int CLIENTS = 8;
  private static final int ROUNDS = 7;
  private static final int OVERLOAD = 8;
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  private ServingBench() {}

  public static void main(String[] arguments) throws Exception {
    String what = arguments.length > 1 ? arguments[0] : "";
    switch (what + " " + arguments.length) {
      case "tensors 2" -> tensors(Path.of(arguments[1]));
      case "images 3" -> images(Path.of(arguments[1]), Path.of(arguments[2]));
      case "overload 3" -> overload(Path.of(arguments[1]), Path.of(arguments[2]));
      case "slow 3", "hostile 3" -> disturbed(what, Path.of(arguments[1]), Path.of(arguments[2]));
      case "retry-after 3" -> retryAfter(Path.of(arguments[1]), Path.of(arguments[2]));
      case "jpegs 2" -> ServingImages.write(Path.of(arguments[1]));
      case "bare 5" -> bare(arguments);
      default -> {
        System.err.println(
            "error: usage: bin/benchmark serving tensors UINT8.onnx | images MODEL.onnx DIR |"
                + " overload|slow|hostile|retry-after MODEL.onnx DIR | jpegs DIR");
        System.exit(2);
      }
    }
  }

  /** A process of its own, as the server is: {@code bare MODEL tensors|images|nothing R T}. */
  private static void bare(String... arguments) throws Exception {
    int runs = Integer.parseInt(arguments[3]);
    int threads = Integer.parseInt(arguments[4]);
    try (BareNetwork network = new BareNetwork(Path.of(arguments[1]), runs, threads);
        BareServer server =
            new BareServer(
                switch (arguments[2]) {
                  case "tensors" -> network::ofTensor;
                  case "images" -> network::ofImage;
                  default -> body -> new byte[0];
                },
                network.described().getBytes(UTF_8))) {
      System.err.println("listening on " + server.uri());
      Thread.sleep(Duration.ofHours(1).toMillis());
    }
  }

  private static ServerChild bare(Path model, String what, int runs, int threads) throws Exception {
    return ServerChild.start(
        BenchmarksMain.class.getName(),
        List.of("serving", "bare", model.toString(), what, "" + runs, "" + threads),
        "listening on ");
  }

  private static ServerChild ours(Path model) throws Exception {
    ServerChild server =
        ServerChild.start(
            "dev.lapidary.serve.cli.ServeMain",
            List.of("run", "--model", model.toString(), "--port", "0"),
            "listening on ");
    server.await(" (measured ");
    return server;
  }

  private static void tensors(Path model) throws Exception {
    String name;
    try (ServedModel described = ModelLoader.load(model, 1)) {
      name = described.name();
    }
    Questions questions = questions(Protocol.v2, Optional.empty(), Optional.of(name));
    try (ServerChild server = ours(model)) {
      compare("ready tensors", model, "tensors", questions, server);
    }
  }

  private static Questions imagesOf(Path folder) {
    return questions(Protocol.predict, Optional.of(folder), Optional.empty());
  }

  private static Questions questions(
      Protocol protocol, Optional<Path> images, Optional<String> model) {
    return new Questions(protocol, images, Optional.empty(), model, List.of(), List.of());
  }

  private static void disturbed(String what, Path model, Path folder) throws Exception {
    try (ServerChild server = ours(model)) {
      if (what.startsWith("slow")) {
        DisturbanceBench.slow(server, imagesOf(folder));
      } else {
        DisturbanceBench.hostile(server, imagesOf(folder));
      }
    }
  }

  private static void retryAfter(Path model, Path folder) throws Exception {
    Path large = folder.resolveSibling("large-jpegs");
    ServingImages.writeLarge(large);
    try (ServerChild server = ours(model)) {
      RetryAfterBench.run(server.uri(), "48 kB", folder, 8);
      RetryAfterBench.run(server.uri(), "12 megapixels", large, 15);
    }
  }

  private static void images(Path model, Path folder) throws Exception {
    try (ServerChild server = ours(model)) {
      compare("JPEG files", model, "images", imagesOf(folder), server);
    }
  }

  private static void compare(
      String what, Path model, String work, Questions questions, ServerChild server)
      throws Exception {
    try (ServerChild wide = bare(model, work, 1, CORES);
        ServerChild narrow = bare(model, work, CORES, 1)) {
      ServerLoads many = loads(CLIENTS, ROUNDS, 84);
      ServerReport throughput =
          new ServerBenchmark(questions, many, System.err::println)
              .run(List.of(server.uri(), wide.uri(), narrow.uri()));
      System.out.print(ServerTable.of(throughput));
      ServerReport latency =
          new ServerBenchmark(questions, loads(1, ROUNDS, 42), System.err::println)
              .run(List.of(server.uri(), wide.uri(), narrow.uri()));
      System.out.print(ServerTable.of(latency));
      List<AtServer> at = throughput.rows().get(0).servers();
      AtServer best =
          at.subList(1, 3).stream()
              .min(Comparator.comparingDouble(bare -> -bare.perSecond().mean()))
              .orElseThrow();
      Gain ratio = best.againstFirst();
      say(
          "%s, %d clients: the server gives %.3f [%.3f, %.3f] of the best bare form's answers",
          what, CLIENTS, 1 / ratio.ratio(), 1 / ratio.high(), 1 / ratio.low());
      List<AtServer> single = latency.rows().get(0).servers();
      double own = single.get(0).load().p50Millis();
      say(
          "%s, 1 client: the server's p50 is %.2f ms, %.2f ms more than the bare form's with a run"
              + " of all threads and %.2f ms more than with runs of one thread",
          what,
          own,
          own - single.get(1).load().p50Millis(),
          own - single.get(2).load().p50Millis());
    }
  }

  /** The generator runs beside the capacity's measurement too, against one that does nothing. */
  private static void overload(Path model, Path folder) throws Exception {
    Questions questions = imagesOf(folder);
    try (ServerChild server = ours(model);
        ServerChild nothing = bare(model, "nothing", 1, 1)) {
      double alone = closed(questions, server.uri(), 30).mean();
      double offered = OVERLOAD * alone;
      CompletableFuture<Void> generator =
          CompletableFuture.runAsync(() -> open(questions, nothing.uri(), offered));
      GeometricMean capacity = closed(questions, server.uri(), 60);
      generator.join();
      long before = server.residentBytes();
      AtServer loaded = open(questions, server.uri(), offered);
      long after = server.residentBytes();
      GeometricMean goodput = loaded.perSecond();
      long sent = loaded.load().answered() + loaded.load().refused() + loaded.load().failed();
      say("capacity %.1f answers/s, beside the generator %.1f", alone, capacity.mean());
      say(
          "offered %.1f requests/s, of which %.1f came: goodput %.1f answers/s, %.3f [%.3f, %.3f]"
              + " of the capacity; %d answered, %d refused (429), %d failed",
          offered,
          goodput.mean() * sent / loaded.load().answered(),
          goodput.mean(),
          goodput.mean() / capacity.mean(),
          goodput.low() / capacity.high(),
          goodput.high() / capacity.low(),
          loaded.load().answered(),
          loaded.load().refused(),
          loaded.load().failed());
      say(
          "memory of the server %d MB before and %d MB after: x%.2f",
          before >> 20, after >> 20, (double) after / before);
    }
  }

  private static GeometricMean closed(Questions questions, URI server, int seconds)
      throws Exception {
    return alone(questions, server, loads(CLIENTS, 3, seconds)).perSecond();
  }

  private static AtServer open(Questions questions, URI server, double rate) {
    ServerLoads loads = new ServerLoads(List.of(), List.of(rate), 3, Duration.ofSeconds(60));
    try {
      return alone(questions, server, loads);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static AtServer alone(Questions questions, URI server, ServerLoads loads)
      throws Exception {
    ServerReport report = new ServerBenchmark(questions, loads, line -> {}).run(List.of(server));
    return report.rows().get(0).servers().get(0);
  }

  private static ServerLoads loads(int clients, int rounds, int seconds) {
    return new ServerLoads(List.of(clients), List.of(), rounds, Duration.ofSeconds(seconds));
  }

  private static void say(String format, Object... arguments) {
    System.out.println(String.format(Locale.ROOT, format, arguments));
  }
}
