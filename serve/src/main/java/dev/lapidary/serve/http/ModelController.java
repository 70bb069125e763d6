package dev.lapidary.serve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.serve.inference.InferenceService;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ModelState;
import dev.lapidary.serve.repository.ModelStatus;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Produces;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the Open Inference Protocol tells of the server and its models: metadata and readiness, and
 * Triton's extensions for configuration and statistics.
 */
@Controller("/v2")
@Produces(MediaType.ALL) // in truth JSON; an Accept without it is disregarded, as RFC 9110 allows
final class ModelController {
  /** Only what is there (Triton's docs/protocol). */
  private static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "classification",
          "model_configuration",
          "model_repository",
          "parameters",
          "schedule_policy",
          "statistics");

  private final ServerState state;

  ModelController(ServerState state) {
    this.state = state;
  }

  /** What the server says of itself. */
  static final InferenceService.Server SERVER =
      new InferenceService.Server("lapidary", CommandTree.versionNumber(), EXTENSIONS);

  private record Spec(String name, String datatype, List<Long> shape) {
    static List<Spec> of(List<TensorSpec> specs) {
      return specs.stream().map(s -> new Spec(s.name(), s.type().name(), s.shape())).toList();
    }
  }

  private record Metadata(
      String name, List<String> versions, String platform, List<Spec> inputs, List<Spec> outputs) {}

  private record Ready(String name, boolean ready) {}

  private record Config(
      String name,
      String platform,
      String backend,
      @JsonProperty("max_batch_size") int maxBatchSize,
      List<ConfigTensor> input,
      List<ConfigTensor> output) {}

  private record ConfigTensor(
      String name, @JsonProperty("data_type") String dataType, List<Long> dims) {
    static List<ConfigTensor> of(List<TensorSpec> specs, boolean batched) {
      return specs.stream()
          .map(
              s ->
                  new ConfigTensor(
                      s.name(), type(s), s.shape().subList(batched ? 1 : 0, s.shape().size())))
          .toList();
    }

    private static String type(TensorSpec spec) {
      return "TYPE_" + (spec.type().name().equals("BYTES") ? "STRING" : spec.type().name());
    }
  }

  @Get
  HttpResponse<byte[]> server() {
    return Json.answer(HttpStatus.OK, SERVER);
  }

  @Get(uris = {"/models/{model}", "/models/{model}/versions/{version}"})
  HttpResponse<byte[]> metadata(
      @PathVariable("model") String model, @Nullable @PathVariable("version") String version) {
    try (Lease<AnsweringModel> lease = lease(model, version)) {
      InferenceService.Metadata own = metadata(state, lease);
      return Json.answer(
          HttpStatus.OK,
          new Metadata(
              own.name(),
              own.versions(),
              own.engine().format(),
              Spec.of(own.network().inputs()),
              Spec.of(own.network().outputs())));
    }
  }

  static InferenceService.Metadata metadata(ServerState state, Lease<AnsweringModel> lease) {
    TensorNetwork network = lease.model().tensors();
    String name = lease.id().name();
    List<String> versions =
        state.repository().index().stream()
            .filter(s -> s.id().name().equals(name) && s.state() == ModelState.READY)
            .map(s -> s.id().version())
            .toList();
    int maxBatch = network.isBatched() ? state.settings().batch().maxBatch() : 0;
    return new InferenceService.Metadata(name, versions, lease.model().engine(), network, maxBatch);
  }

  @Get(uris = {"/models/{model}/ready", "/models/{model}/versions/{version}/ready"})
  HttpResponse<byte[]> ready(
      @PathVariable("model") String model, @Nullable @PathVariable("version") String version) {
    try (Lease<AnsweringModel> lease = lease(model, version)) {
      return Json.answer(HttpStatus.OK, new Ready(lease.id().name(), true));
    }
  }

  /** As Triton has it: dimensions without the batch's, 0 as its size where there is none. */
  @Get(uris = {"/models/{model}/config", "/models/{model}/versions/{version}/config"})
  HttpResponse<byte[]> config(
      @PathVariable("model") String model, @Nullable @PathVariable("version") String version) {
    try (Lease<AnsweringModel> lease = lease(model, version)) {
      TensorNetwork network = lease.model().tensors();
      boolean batched = network.isBatched();
      return Json.answer(
          HttpStatus.OK,
          new Config(
              model,
              lease.model().engine().platform(),
              lease.model().engine().backend(),
              batched ? state.settings().batch().maxBatch() : 0,
              ConfigTensor.of(network.inputs(), batched),
              ConfigTensor.of(network.outputs(), batched)));
    }
  }

  @Get("/models/stats")
  HttpResponse<byte[]> statistics() {
    return statistics(state.repository().index().stream().map(ModelStatus::id));
  }

  @Get(uris = {"/models/{model}/stats", "/models/{model}/versions/{version}/stats"})
  HttpResponse<byte[]> statistics(
      @PathVariable("model") String model, @Nullable @PathVariable("version") String version) {
    try (Lease<AnsweringModel> lease = lease(model, version)) {
      return version != null
          ? statistics(Stream.of(lease.id()))
          : statistics(
              state.repository().index().stream()
                  .map(ModelStatus::id)
                  .filter(id -> id.name().equals(lease.id().name())));
    }
  }

  private Lease<AnsweringModel> lease(String model, @Nullable String version) {
    return state.requireModel(model, Optional.ofNullable(version));
  }

  private HttpResponse<byte[]> statistics(Stream<ModelId> ids) {
    return Json.answer(
        HttpStatus.OK,
        new AllStatistics(ids.map(id -> StatisticsOf.of(id, state.statistics(id))).toList()));
  }

  private record AllStatistics(@JsonProperty("model_stats") List<StatisticsOf> modelStats) {}

  private record Span(long count, long ns) {
    static Span of(ModelStatistics.Count count) {
      return new Span(count.count(), count.nanos());
    }
  }

  private record Spans(
      Span success,
      Span fail,
      Span queue,
      @JsonProperty("compute_input") Span computeInput,
      @JsonProperty("compute_infer") Span computeInfer,
      @JsonProperty("compute_output") Span computeOutput,
      @JsonProperty("cache_hit") Span cacheHit,
      @JsonProperty("cache_miss") Span cacheMiss) {}

  private record BatchSpans(
      @JsonProperty("batch_size") int batchSize,
      @JsonProperty("compute_infer") Span computeInfer) {}

  private record StatisticsOf(
      String name,
      String version,
      @JsonProperty("last_inference") long lastInference,
      @JsonProperty("inference_count") long inferenceCount,
      @JsonProperty("execution_count") long executionCount,
      @JsonProperty("inference_stats") Spans inferenceStats,
      @JsonProperty("batch_stats") @JsonInclude List<BatchSpans> batchStats) {
    static StatisticsOf of(ModelId id, ModelStatistics statistics) {
      ModelStatistics.Snapshot now = statistics.snapshot();
      Span none = new Span(0, 0); // there is no cache
      return new StatisticsOf(
          id.name(),
          id.version(),
          now.lastInferenceMillis(),
          now.inferences(),
          now.executions(),
          new Spans(
              Span.of(now.success()),
              Span.of(now.fail()),
              Span.of(now.queue()),
              Span.of(now.computeInput()),
              Span.of(now.computeInfer()),
              Span.of(now.computeOutput()),
              none,
              none),
          now.batches().stream()
              .map(b -> new BatchSpans(b.size(), Span.of(b.computeInfer())))
              .toList());
    }
  }
}
