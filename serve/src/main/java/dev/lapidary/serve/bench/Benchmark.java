package dev.lapidary.serve.bench;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.model.ImageNetwork;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.http.PredictionServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Single against batched inference in one run, and against several runs at a time. All contenders
 * run in turn in each round, there and back, so that a machine that becomes slower is slower for
 * all of them; they are compared round by round.
 */
public final class Benchmark {
  /** A round that takes longer than planned, since one call does, ends the run early. */
  private static final int MAX_TIMES_LONGER = 3;

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

  /** Runs that go on at a time, of so many threads each. */
  private record Form(int runs, int threads, BatchFunction network) {}

  private record Alone(Form form, int batch, Sampled sampled) {
    BenchReport.InProcess reported(Alone first) {
      Samples own = sampled.samples();
      return new BenchReport.InProcess(
          form.runs(),
          form.threads(),
          batch,
          own.load(),
          Gain.of(own.rates(), first.sampled.samples().rates()));
    }
  }

  /**
   * @param folder with images
   * @param onBadImage what becomes of those that cannot be read
   * @param threads of one run of the network; where they are several, as many runs of one thread
   *     are measured too
   */
  public BenchReport run(Path folder, OnBadImage onBadImage, int threads) throws Exception {
    String machine = Machine.describe();
    try (ServedModel model = models.get();
        ImageNetwork narrow = model.again(several(model, threads) ? 1 : threads);
        BenchServers servers =
            BenchServers.start(
                models, settings.largestBatch(), several(model, threads) ? threads : 0)) {
      List<BenchImage> images = BenchImage.read(folder, model, onBadImage, progress);
      List<Alone> alone = inProcess(model, narrow, threads, images);
      List<HttpRow> http = new ArrayList<>();
      for (int clients : settings.concurrencies()) {
        Map<String, Sampled> row = new LinkedHashMap<>();
        servers
            .all()
            .forEach(
                (name, server) ->
                    row.put(
                        name,
                        new Sampled(
                            new HttpContender(server, sending(name, server, images), clients))));
        http.add(new HttpRow(clients, row));
      }
      List<Sampled> contenders = new ArrayList<>(alone.stream().map(Alone::sampled).toList());
      http.forEach(row -> contenders.addAll(row.servers().values()));
      int rounds = measure(contenders);
      return new BenchReport(
          Machine.describe(machine, model.engine(), model.session().engineVersion()),
          describe(model),
          images.size(),
          threads,
          rounds,
          alone.stream().map(row -> row.reported(alone.get(0))).toList(),
          http.stream().map(HttpRow::reported).toList(),
          highestRates(servers, images));
    }
  }

  /** Whether as many runs of one thread can be measured. */
  private static boolean several(ServedModel model, int threads) {
    return threads > 1 && model.session().hasThreadsOfItsOwn();
  }

  /** By batch size and form; batch 1 alone if the graph takes no more. */
  private List<Alone> inProcess(
      ServedModel model, ImageNetwork narrow, int threads, List<BenchImage> images) {
    List<float[]> inputs = images.stream().map(BenchImage::input).toList();
    Preprocessing rule = model.preprocessing();
    List<Form> forms = new ArrayList<>(List.of(new Form(1, threads, model.network())));
    if (several(model, threads)) {
      BatchFunction ofOne =
          (floats, count) ->
              narrow.run(floats, count, rule.channels(), rule.cropHeight(), rule.cropWidth());
      forms.add(new Form(1, 1, ofOne));
      forms.add(new Form(threads, 1, ofOne));
    }
    List<Alone> all = new ArrayList<>();
    for (Form form : forms) {
      for (int batch : model.batches() ? settings.batchSizes() : List.of(1)) {
        Contender own = new InProcessContender(form.network(), inputs, batch, form.runs());
        all.add(new Alone(form, batch, new Sampled(own)));
      }
    }
    return all;
  }

  private static Sending sending(String name, PredictionServer server, List<BenchImage> images) {
    RequestSet requests =
        PredictRequests.of(
            server.uri().resolve("/predict?topK=1&threshold=0"),
            images.stream().map(BenchImage::file).toList(),
            Optional.empty(),
            List.of());
    return new Sending(
        name, requests, images.stream().map(image -> OptionalInt.of(image.argmax())).toList());
  }

  /** Returns the rounds that were run. */
  private int measure(List<Sampled> contenders) throws Exception {
    Duration slice = settings.slice(contenders.size());
    progress.accept("warming up");
    for (Sampled contender : contenders) {
      contender.warmUp(slice);
    }
    long began = System.nanoTime();
    long max = settings.time().multipliedBy(MAX_TIMES_LONGER).toNanos();
    int rounds = 0;
    while (rounds < settings.rounds()
        && (rounds < FEWEST_ROUNDS || System.nanoTime() - began < max)) {
      progress.accept("round %d of %d".formatted(rounds + 1, settings.rounds()));
      for (Sampled contender : contenders) {
        contender.measure(slice);
      }
      Collections.reverse(contenders);
      rounds++;
    }
    return rounds;
  }

  private List<HighestRate> highestRates(BenchServers servers, List<BenchImage> images)
      throws Exception {
    if (settings.p99().isEmpty()) {
      return List.of();
    }
    List<Sending> sendings = new ArrayList<>();
    servers.all().forEach((name, server) -> sendings.add(sending(name, server, images)));
    return new RateSearch(settings.p99().get(), settings.time(), progress).of(sendings);
  }

  private static BenchReport.Model describe(ServedModel model) {
    String precision =
        model.card().flatMap(ModelCard::quantization).map(q -> q.method()).orElse("float32");
    return new BenchReport.Model(model.name(), model.version(), model.sha256(), precision);
  }
}
