package dev.lapidary.serve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.session.OnnxRuntime;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;

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
  private record Cell(URI server, Contender contender, Samples samples) {}

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
      sendings.add(new Sending(requests, answers(server, requests)));
    }
    List<Row> rows = rows(servers, sendings);
    measure(rows, servers.size());
    return new ServerReport(
        machine,
        questions.text(),
        loads.rounds(),
        rows.stream().map(this::reported).toList(),
        highestRates(servers, sendings));
  }

  private List<HighestRate> highestRates(List<URI> servers, List<Sending> sendings)
      throws Exception {
    if (loads.p99().isEmpty()) {
      return List.of();
    }
    Map<String, Sending> named = new LinkedHashMap<>();
    for (int i = 0; i < servers.size(); i++) {
      named.put(servers.get(i).toString(), sendings.get(i));
    }
    return new RateSearch(loads.p99().get(), loads.time(), progress).of(named);
  }

  /** What it answers to each request alone. */
  private static OptionalInt[] answers(URI server, RequestSet requests)
      throws InterruptedException {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    OptionalInt[] answers = new OptionalInt[requests.count()];
    for (int i = 0; i < answers.length; i++) {
      try {
        HttpResponse<byte[]> answer =
            http.send(requests.request(i), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
          String body = new String(answer.body(), UTF_8).replaceAll("\\s+", " ");
          throw Failure.failed(
              "%s answered %d to request %d, expected 200: %s",
              server, answer.statusCode(), i, body.substring(0, Math.min(SHOWN, body.length())));
        }
        answers[i] = requests.argmax(answer);
      } catch (IOException e) {
        throw Failure.failed(
            "%s does not answer: %s; is the server there?", server, Failure.reason(e));
      }
    }
    return answers;
  }

  private List<Row> rows(List<URI> servers, List<Sending> sendings) {
    List<Row> rows = new ArrayList<>();
    for (int clients : loads.concurrencies()) {
      List<Cell> cells = new ArrayList<>();
      for (int i = 0; i < servers.size(); i++) {
        Contender loop = new ClosedLoop(sendings.get(i), clients);
        cells.add(new Cell(servers.get(i), loop, new Samples()));
      }
      rows.add(new Row("closed", clients, 0, cells));
    }
    for (double rate : loads.rates()) {
      List<Cell> cells = new ArrayList<>();
      for (int i = 0; i < servers.size(); i++) {
        Contender loop = new OpenLoop(sendings.get(i), rate, (long) rate);
        cells.add(new Cell(servers.get(i), loop, new Samples()));
      }
      rows.add(new Row("open", 0, rate, cells));
    }
    return rows;
  }

  private void measure(List<Row> rows, int servers) throws Exception {
    Duration slice = loads.slice(servers);
    List<Cell> order = new ArrayList<>();
    rows.forEach(row -> order.addAll(row.cells()));
    progress.accept("warming up");
    for (Cell cell : order) {
      cell.contender().measure(slice, new Samples());
    }
    for (int round = 1; round <= loads.rounds(); round++) {
      progress.accept("round %d of %d".formatted(round, loads.rounds()));
      for (Cell cell : order) {
        long before = cell.samples().answered();
        cell.contender().measure(slice, cell.samples());
        if (cell.samples().answered() == before) {
          throw Failure.failed(
              "%s answered no request in round %d; try fewer clients or a lower rate",
              cell.server(), round);
        }
      }
      Collections.reverse(order);
    }
  }

  private ServerReport.Row reported(Row row) {
    Samples first = row.cells().get(0).samples();
    boolean open = row.loop().equals("open");
    List<ServerReport.AtServer> servers = new ArrayList<>();
    for (Cell cell : row.cells()) {
      Samples own = cell.samples();
      Gain gain =
          open ? Gain.of(first.medians(), own.medians()) : Gain.of(own.rates(), first.rates());
      servers.add(
          new ServerReport.AtServer(
              cell.server().toString(),
              own.load(),
              GeometricMean.of(own.rates()),
              ServerReport.Comparison.of(gain)));
    }
    return new ServerReport.Row(row.loop(), row.clients(), row.rate(), servers);
  }
}
