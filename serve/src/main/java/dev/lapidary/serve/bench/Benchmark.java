package dev.lapidary.serve.bench;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Single against batched inference in one run. All contenders run in turn in each round, there and
 * back, so that a machine that becomes slower is slower for all of them; they are compared round by
 * round.
 */
public final class Benchmark {
  /** A round that takes longer than planned, since one call does, ends the run early. */
  private static final int MOST_TIMES_LONGER = 3;

  private static final int FEWEST_ROUNDS = 3;

  private final BenchSettings settings;
  private final Supplier<ServedModel> models;
  private final Consumer<String> progress;

  /**
   * @param models opens the model anew, once for each server and once for in-process runs
   * @param progress is told a line a round
   */
  public Benchmark(
      BenchSettings settings, Supplier<ServedModel> models, Consumer<String> progress) {
    this.settings = settings;
    this.models = models;
    this.progress = progress;
  }

  /**
   * @param folder with images
   * @param onBadImage what becomes of those that cannot be read
   * @param threads of one run of the network, for the report
   */
  public BenchReport run(Path folder, OnBadImage onBadImage, int threads) throws Exception {
    String machine = Machine.describe();
    try (ServedModel model = models.get();
        PredictionServer single = server(1);
        PredictionServer batched = server(settings.largestBatch())) {
      List<BenchImage> images = BenchImage.read(folder, model, onBadImage, progress);
      Map<Contender, Samples> contenders = new LinkedHashMap<>();
      Map<Integer, Contender> inProcess = inProcess(model, images);
      inProcess.values().forEach(c -> contenders.put(c, new Samples()));
      List<HttpPair> http = new ArrayList<>();
      for (int clients : settings.concurrencies()) {
        HttpPair pair =
            new HttpPair(
                clients,
                new HttpContender(single, images, clients),
                new HttpContender(batched, images, clients));
        contenders.put(pair.single(), new Samples());
        contenders.put(pair.batched(), new Samples());
        http.add(pair);
      }
      int rounds = measure(contenders);
      return new BenchReport(
          machine,
          describe(model),
          images.size(),
          threads,
          rounds,
          inProcessRows(inProcess, contenders),
          httpRows(http, contenders));
    }
  }

  private record HttpPair(int clients, Contender single, Contender batched) {}

  private PredictionServer server(int maxBatch) {
    PredictionServer server =
        PredictionServer.bind(ServerSettings.local().withBatch(BatchPolicy.greedy(maxBatch)));
    server
        .serve(models.get())
        .ifPresent(
            reason -> {
              server.close();
              throw new Failure(ExitCode.GATE_REFUSED, "the model is not ready: " + reason);
            });
    return server;
  }

  /** By batch size; batch 1 alone if the graph takes no more. */
  private Map<Integer, Contender> inProcess(ServedModel model, List<BenchImage> images) {
    List<float[]> inputs = images.stream().map(BenchImage::input).toList();
    Map<Integer, Contender> all = new LinkedHashMap<>();
    for (int batch : model.batches() ? settings.batchSizes() : List.of(1)) {
      all.put(batch, new InProcessContender(model.network(), inputs, batch));
    }
    return all;
  }

  /** Returns the rounds that were run. */
  private int measure(Map<Contender, Samples> contenders) throws Exception {
    Duration slice = settings.slice(contenders.size());
    List<Contender> order = new ArrayList<>(contenders.keySet());
    progress.accept("warming up");
    for (Contender contender : order) {
      contender.measure(slice, new Samples());
    }
    long began = System.nanoTime();
    long max = settings.time().multipliedBy(MOST_TIMES_LONGER).toNanos();
    int rounds = 0;
    while (rounds < settings.rounds()
        && (rounds < FEWEST_ROUNDS || System.nanoTime() - began < max)) {
      progress.accept("round %d of %d".formatted(rounds + 1, settings.rounds()));
      for (Contender contender : order) {
        contender.measure(slice, contenders.getOrDefault(contender, new Samples()));
      }
      Collections.reverse(order);
      rounds++;
    }
    return rounds;
  }

  private static List<BenchReport.InProcess> inProcessRows(
      Map<Integer, Contender> inProcess, Map<Contender, Samples> samples) {
    List<BenchReport.InProcess> rows = new ArrayList<>();
    List<Double> alone = List.of();
    for (Map.Entry<Integer, Contender> entry : inProcess.entrySet()) {
      Samples own = samples.getOrDefault(entry.getValue(), new Samples());
      alone = alone.isEmpty() ? own.rates() : alone;
      rows.add(new BenchReport.InProcess(entry.getKey(), own.load(), Gain.of(own.rates(), alone)));
    }
    return rows;
  }

  private static List<BenchReport.Http> httpRows(
      List<HttpPair> pairs, Map<Contender, Samples> samples) {
    List<BenchReport.Http> rows = new ArrayList<>();
    for (HttpPair pair : pairs) {
      Samples single = samples.getOrDefault(pair.single(), new Samples());
      Samples batched = samples.getOrDefault(pair.batched(), new Samples());
      rows.add(
          new BenchReport.Http(
              pair.clients(),
              single.load(),
              batched.load(),
              Gain.of(batched.rates(), single.rates())));
    }
    return rows;
  }

  private static BenchReport.Model describe(ServedModel model) {
    String precision =
        model.card().flatMap(ModelCard::quantization).map(q -> q.method()).orElse("float32");
    return new BenchReport.Model(model.name(), model.version(), model.sha256(), precision);
  }
}
