package dev.lapidary.serve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.session.OnnxRuntime;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Servers that are known by their address alone, under the same loads: all of them in turn in each
 * round, there and back, and compared round by round with the first.
 */
public final class ServerBenchmark {
  private static final int SHOWN = 200;

  private final Questions questions;
  private final ServerLoads loads;
  private final Consumer<String> progress;

  /**
   * @param progress is told a line a round
   */
  public ServerBenchmark(Questions questions, ServerLoads loads, Consumer<String> progress) {
    this.questions = questions;
    this.loads = loads;
    this.progress = progress;
  }

  /** A server under one load. */
  private record Cell(String server, Sampled sampled) {}

  private record Row(String loop, int clients, double rate, List<Cell> cells) {}

  /**
   * @throws Failure (exit 1) if a server does not answer, or does so with an error
   */
  public ServerReport run(List<URI> servers) throws Exception {
    String machine =
        Machine.describe(Machine.describe(), InferenceEngine.ONNXRUNTIME, OnnxRuntime.version());
    List<Sending> sendings = new ArrayList<>();
    for (URI server : servers) {
      RequestSet requests = questions.to(server);
      sendings.add(new Sending(server.toString(), requests, answers(server, requests)));
    }
    List<Row> rows = rows(sendings);
    measure(rows, servers.size());
    return new ServerReport(
        machine,
        questions.text(),
        loads.rounds(),
        rows.stream().map(this::reported).toList(),
        highestRates(sendings));
  }

  private List<HighestRate> highestRates(List<Sending> sendings) throws Exception {
    return loads.p99().isEmpty()
        ? List.of()
        : new RateSearch(loads.p99().get(), loads.time(), progress).of(sendings);
  }

  /** What it answers to each request alone. */
  private static List<OptionalInt> answers(URI server, RequestSet requests)
      throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    List<OptionalInt> answers = new ArrayList<>();
    for (HttpRequest request : requests.requests()) {
      try {
        HttpResponse<byte[]> answer = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
          String body = new String(answer.body(), UTF_8).replaceAll("\\s+", " ");
          throw Failure.failed(
              "%s answered %d to request %d, expected 200: %s",
              server,
              answer.statusCode(),
              answers.size(),
              body.substring(0, Math.min(SHOWN, body.length())));
        }
        answers.add(requests.argmax().apply(answer));
      } catch (IOException e) {
        throw Failure.failed(
            "%s does not answer: %s; is the server there?", server, Failure.reason(e));
      }
    }
    return answers;
  }

  private List<Row> rows(List<Sending> sendings) {
    List<Row> rows = new ArrayList<>();
    for (int clients : loads.concurrencies()) {
      rows.add(row("closed", clients, 0, sendings, each -> new ClosedLoop(each, clients)));
    }
    for (double rate : loads.rates()) {
      rows.add(row("open", 0, rate, sendings, each -> new OpenLoop(each, rate, (long) rate)));
    }
    return rows;
  }

  private static Row row(
      String loop,
      int clients,
      double rate,
      List<Sending> sendings,
      Function<Sending, Contender> load) {
    return new Row(
        loop,
        clients,
        rate,
        sendings.stream()
            .map(each -> new Cell(each.server(), new Sampled(load.apply(each))))
            .toList());
  }

  private void measure(List<Row> rows, int servers) throws Exception {
    Duration slice = loads.slice(servers);
    List<Cell> order = new ArrayList<>();
    rows.forEach(row -> order.addAll(row.cells()));
    progress.accept("warming up");
    for (Cell cell : order) {
      cell.sampled().warmUp(slice);
    }
    for (int round = 1; round <= loads.rounds(); round++) {
      progress.accept("round %d of %d".formatted(round, loads.rounds()));
      for (Cell cell : order) {
        if (!cell.sampled().measure(slice)) {
          throw Failure.failed(
              "%s answered no request in round %d; try fewer clients or a lower rate",
              cell.server(), round);
        }
      }
      Collections.reverse(order);
    }
  }

  private ServerReport.Row reported(Row row) {
    Samples first = row.cells().get(0).sampled().samples();
    return new ServerReport.Row(
        row.loop(),
        row.clients(),
        row.rate(),
        row.cells().stream()
            .map(cell -> reported(cell, first, row.loop().equals("open")))
            .toList());
  }

  private static ServerReport.AtServer reported(Cell cell, Samples first, boolean open) {
    Samples own = cell.sampled().samples();
    List<Double> ours = open ? first.medians() : own.rates();
    List<Double> theirs = open ? own.medians() : first.rates();
    return new ServerReport.AtServer(
        cell.server(),
        own.load(),
        GeometricMean.of(own.rates()),
        Gain.of(ours, theirs, "faster", "no significant difference"));
  }
}
