package dev.lapidary.serve.bench;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.model.ImageNetwork;
import dev.lapidary.runtime.model.ServedModel;
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

  private record Alone(Form form, int batch) {}

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
      Map<Contender, Samples> contenders = new LinkedHashMap<>();
      Map<Alone, Contender> inProcess = inProcess(model, narrow, threads, images);
      inProcess.values().forEach(c -> contenders.put(c, new Samples()));
      List<HttpRow> http = new ArrayList<>();
      for (int clients : settings.concurrencies()) {
        Map<String, HttpContender> row = new LinkedHashMap<>();
        servers.all().forEach((n, s) -> row.put(n, new HttpContender(s, images, clients)));
        row.values().forEach(c -> contenders.put(c, new Samples()));
        http.add(new HttpRow(clients, row));
      }
      int rounds = measure(contenders);
      return new BenchReport(
          Machine.describe(machine, model.engine(), model.session().engineVersion()),
          describe(model),
          images.size(),
          threads,
          rounds,
          inProcessRows(inProcess, contenders),
          http.stream().map(row -> row.reported(contenders)).toList(),
          highestRates(http));
    }
  }

  /** Whether as many runs of one thread can be measured. */
  private static boolean several(ServedModel model, int threads) {
    return threads > 1 && model.session().hasThreadsOfItsOwn();
  }

  /** By batch size and form; batch 1 alone if the graph takes no more. */
  private Map<Alone, Contender> inProcess(
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
    Map<Alone, Contender> all = new LinkedHashMap<>();
    for (Form form : forms) {
      for (int batch : model.batches() ? settings.batchSizes() : List.of(1)) {
        all.put(
            new Alone(form, batch),
            new InProcessContender(form.network(), inputs, batch, form.runs()));
      }
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
    long max = settings.time().multipliedBy(MAX_TIMES_LONGER).toNanos();
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
      Map<Alone, Contender> inProcess, Map<Contender, Samples> samples) {
    List<BenchReport.InProcess> rows = new ArrayList<>();
    List<Double> first = List.of();
    for (Map.Entry<Alone, Contender> entry : inProcess.entrySet()) {
      Samples own = samples.getOrDefault(entry.getValue(), new Samples());
      first = first.isEmpty() ? own.rates() : first;
      Form form = entry.getKey().form();
      rows.add(
          new BenchReport.InProcess(
              form.runs(),
              form.threads(),
              entry.getKey().batch(),
              own.load(),
              Gain.of(own.rates(), first)));
    }
    return rows;
  }

  /** Of the servers, whatever the clients: those of the first row ask. */
  private List<HighestRate> highestRates(List<HttpRow> http) throws Exception {
    if (settings.p99().isEmpty() || http.isEmpty()) {
      return List.of();
    }
    Map<String, Sending> sendings = new LinkedHashMap<>();
    http.get(0).servers().forEach((name, c) -> sendings.put(name, c.sending()));
    return new RateSearch(settings.p99().get(), settings.time(), progress).of(sendings);
  }

  private static BenchReport.Model describe(ServedModel model) {
    String precision =
        model.card().flatMap(ModelCard::quantization).map(q -> q.method()).orElse("float32");
    return new BenchReport.Model(model.name(), model.version(), model.sha256(), precision);
  }
}
