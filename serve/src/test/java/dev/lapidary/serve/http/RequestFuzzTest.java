package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.http.MutatedRequest.Mutation;
import dev.lapidary.serve.http.MutatedRequest.Verdict;
import dev.lapidary.serve.http.RawConnection.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changed requests against a real server over raw sockets: none may be answered 500, none may be
 * answered with classes that its image has not, none may spoil the next request on its connection,
 * and none may bring a class's name or a stack trace into an answer or the log.
 *
 * <p>Each request is a function of the seed and its number, so {@code -Dlapidary.fuzz.seed=7
 * -Dlapidary.fuzz.count=5000} runs others.
 */
class RequestFuzzTest {
  /** Also at a busy machine no server answers later; only requests that are right wait so long. */
  private static final int LONG_MILLIS = 20_000;

  /**
   * A request that never ends is not answered; one that is answered later costs a look, no more.
   */
  private static final int SHORT_MILLIS = 400;

  private static final int MAX_ANSWERS = 4;
  private static final double FLOATS = 1e-5; // the mean of floats, rounded as often as it has terms

  private static final Pattern INSIDES =
      Pattern.compile(
          "(?:io\\.(?:netty|micronaut)|javax?\\.|jdk\\.|com\\.fasterxml|(?:dev|ai)\\.[a-z]+\\.[a-z]|\\w+Exception"
              + "|\\.java:|StreamRead|StreamWrite)");

  private static final ServerSettings.Limits LIMITS =
      new ServerSettings.Limits(
          1 << 20, 8, 64, 8 << 20, 1024, new ImageLimits(1_000_000, 2000, 1_000_000));

  @TempDir static Path folder;
  private static PredictionServer server;
  private static ServedModel oracle;

  @BeforeAll
  static void start() throws Exception {
    Path file = TinyModels.write(folder);
    server = PredictionServer.bind(ServerSettings.local().withLimits(LIMITS));
    assertThat(server.serve(ModelLoader.load(file, 1))).isEmpty();
    oracle = ModelLoader.load(file, 1);
  }

  @AfterAll
  static void stop() {
    server.close();
    oracle.close();
  }

  @Test
  @Timeout(240)
  void noChangedRequestIsAnsweredWrongly() throws Exception {
    run(Long.getLong("lapidary.fuzz.seed", 1), Integer.getInteger("lapidary.fuzz.count", 500));
  }

  @Test
  @Tag("proof")
  void noneOfFiveThousandIsAnsweredWrongly() throws Exception {
    run(Long.getLong("lapidary.fuzz.seed", 2), 5000);
  }

  private static void run(long seed, int count) throws Exception {
    List<Mutation> mutations =
        Stream.of(HeadMutations.all(), FormMutations.all(), BodyMutations.all())
            .flatMap(List::stream)
            .toList();
    Map<String, Integer> wrong = new TreeMap<>();
    List<String> failures = new ArrayList<>();
    Map<Integer, Integer> statuses = new TreeMap<>();
    PrintStream console = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      for (int i = 0; i < count; i++) {
        // In turn, so that a small count also has each of them.
        Mutation mutation = mutations.get(i % mutations.size());
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
        MutatedRequest request = mutation.change().make(random);
        List<String> faults = new Exchange(request, random).faults(statuses);
        if (log.size() > 0) {
          faults.add("log: " + log.toString(StandardCharsets.UTF_8));
          log.reset();
        }
        if (!faults.isEmpty()) {
          wrong.merge(mutation.name(), 1, Integer::sum);
          failures.add("seed " + seed + ", request " + i + ", " + mutation.name() + ": " + faults);
        }
      }
    } finally {
      System.setErr(console);
    }
    System.out.println("seed " + seed + ": " + count + " requests, statuses " + statuses);
    assertThat(failures).as("%s", wrong).isEmpty();
    assertThat(statuses).containsKeys(200, 400, 403, 404, 405, 413, 414, 415, 422, 431);
  }

  /** One changed request and a right one behind it, on one connection. */
  private static final class Exchange {
    private final MutatedRequest request;
    private final boolean together;
    private final int pieces;
    private final boolean gone;
    private final FuzzSample next;
    private final List<String> faults = new ArrayList<>();

    Exchange(MutatedRequest request, SplittableRandom random) {
      this.request = request;
      this.together = random.nextBoolean();
      this.pieces = random.nextInt(4) == 0 ? 2 + random.nextInt(5) : 1;
      this.gone = random.nextInt(20) == 0;
      this.next = FuzzSample.of(random, 1).unnamed();
    }

    List<String> faults(Map<Integer, Integer> statuses) {
      try (RawConnection connection = new RawConnection(server.uri())) {
        byte[] probe = next.raw().bytes();
        connection.write(
            together ? FormMutations.join(request.wire(), probe) : request.wire(), pieces);
        if (gone) {
          connection.reset(); // before the answer; the log must say nothing of it
        } else if (request.framed()) {
          framed(connection, probe, statuses);
        } else {
          unframed(connection, statuses);
        }
      } catch (IOException e) {
        faults.add(e.toString());
      }
      return faults;
    }

    private void framed(RawConnection connection, byte[] probe, Map<Integer, Integer> statuses)
        throws IOException {
      Optional<Answer> answer = connection.answer(request.isHead(), LONG_MILLIS);
      if (answer.isEmpty()) {
        if (request.verdict() == Verdict.WORKS) {
          faults.add("closed without an answer");
        }
        return;
      }
      statuses.merge(answer.get().status(), 1, Integer::sum);
      check(answer.get(), request.verdict(), request.sample());
      if (answer.get().isLast()) {
        if (connection.answer(false, LONG_MILLIS).isPresent()) {
          faults.add("an answer after the last");
        }
        return;
      }
      if (!together) {
        connection.write(probe);
      }
      Optional<Answer> second = connection.answer(false, LONG_MILLIS);
      if (second.isEmpty()) {
        faults.add("closed before the next request, without a word");
      } else {
        check(second.get(), Verdict.WORKS, next);
      }
    }

    /** How many requests the server sees in these bytes is its own affair. */
    private void unframed(RawConnection connection, Map<Integer, Integer> statuses)
        throws IOException {
      FuzzSample both =
          new FuzzSample(
              Stream.concat(request.sample().images().stream(), next.images().stream()).toList(),
              List.of());
      boolean refused = request.verdict() == Verdict.REFUSED;
      for (int i = 0; i < MAX_ANSWERS; i++) {
        Optional<Answer> answer;
        try {
          answer = connection.answer(false, SHORT_MILLIS);
        } catch (SocketTimeoutException e) {
          return;
        }
        if (answer.isEmpty()) {
          return;
        }
        statuses.merge(answer.get().status(), 1, Integer::sum);
        check(answer.get(), refused && i == 0 ? Verdict.REFUSED : Verdict.EITHER, both);
      }
    }

    private void check(Answer answer, Verdict verdict, FuzzSample sample) throws IOException {
      if (INSIDES.matcher(answer.text()).find()) {
        faults.add("it tells of our insides: " + answer.text());
      }
      if (request.isHead() && verdict == Verdict.REFUSED) {
        if (answer.status() < 400 || answer.status() > 499) {
          faults.add("HEAD: " + answer.text());
        }
        return; // it has no body
      }
      JsonNode json = answer.json();
      int status = answer.status();
      if (status == 504 && json.path("code").asText().startsWith("deadline_")) {
        return; // docs/serving.md: it never came whole within its X-Deadline-Ms
      }
      if (status != 200 && (status < 400 || status > 499 || status == 429)) {
        faults.add("status: " + answer.text());
      } else if (json.has("predictions")) {
        predictions(status, json.get("predictions"), verdict, sample);
      } else if (status == 200 || verdict == Verdict.WORKS) {
        faults.add("no predictions: " + answer.text());
      } else if (json.path("status").asInt() != status && !json.has("error")
          || json.path("detail").asText().isEmpty() && !json.has("error")) {
        faults.add("no problem details: " + answer.text());
      }
    }

    private void predictions(int status, JsonNode predictions, Verdict verdict, FuzzSample sample) {
      if (verdict == Verdict.REFUSED) {
        if (status == 200) {
          faults.add("200 for a wrong request: " + predictions);
        }
        return;
      }
      List<Optional<float[]>> right =
          sample.images().stream().map(RequestFuzzTest::logits).toList();
      if (verdict == Verdict.EITHER) {
        for (JsonNode p : predictions) {
          if (p.has("classes") && right.stream().noneMatch(l -> fits(p, l))) {
            faults.add("classes that no image has: " + p);
          }
        }
        return;
      }
      boolean any = right.stream().anyMatch(Optional::isPresent);
      if (predictions.size() != right.size() || (status == 200) != any) {
        faults.add(status + " with " + predictions + " for " + right.size() + " images");
        return;
      }
      for (int i = 0; i < right.size(); i++) {
        JsonNode p = predictions.get(i);
        if (!p.path("image").asText().equals(sample.names().get(i))) {
          faults.add("the name " + p.path("image") + " for " + sample.names().get(i));
        }
        if (p.has("classes") ? !fits(p, right.get(i)) : right.get(i).isPresent()) {
          faults.add("image " + i + " is answered " + p);
        }
      }
    }
  }

  private static boolean fits(JsonNode prediction, Optional<float[]> logits) {
    if (logits.isEmpty() || prediction.get("classes").isEmpty()) {
      return false;
    }
    double[] right = oracle.scoring().probabilities(logits.get());
    for (JsonNode c : prediction.get("classes")) {
      if (Math.abs(c.get("probability").asDouble() - right[c.get("index").asInt()]) > FLOATS) {
        return false;
      }
    }
    return true;
  }

  /** What the classifier says by its definition: the means of the channels. */
  private static Optional<float[]> logits(byte[] image) {
    float[] input;
    try {
      input = oracle.inputOf(image, LIMITS.image());
    } catch (UndecodableImage e) {
      return Optional.empty();
    }
    int pixels = input.length / 3;
    float[] means = new float[3];
    for (int c = 0; c < 3; c++) {
      double sum = 0;
      for (int i = 0; i < pixels; i++) {
        sum += input[c * pixels + i];
      }
      means[c] = (float) (sum / pixels);
    }
    return Optional.of(means);
  }
}
