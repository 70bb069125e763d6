package dev.lapidary.serve.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.grpc.message.OpenInference.DataType;
import dev.lapidary.serve.grpc.message.OpenInference.InferBatchStatistics;
import dev.lapidary.serve.grpc.message.OpenInference.InferStatistics;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfig;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfigResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse.InferOutputTensor;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInput;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelMetadataResponse.TensorMetadata;
import dev.lapidary.serve.grpc.message.OpenInference.ModelOutput;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatistics;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStatisticsResponse;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryIndexResponse;
import dev.lapidary.serve.grpc.message.OpenInference.RepositoryIndexResponse.ModelIndex;
import dev.lapidary.serve.grpc.message.OpenInference.ServerMetadataResponse;
import dev.lapidary.serve.grpc.message.OpenInference.StatisticDuration;
import dev.lapidary.serve.inference.InferenceAnswer;
import dev.lapidary.serve.inference.InferenceService.Metadata;
import dev.lapidary.serve.inference.InferenceService.Server;
import dev.lapidary.serve.inference.InferenceService.Statistics;
import dev.lapidary.serve.inference.InferenceWriter;
import dev.lapidary.serve.inference.ModelStatistics.Count;
import dev.lapidary.serve.inference.ModelStatistics.Snapshot;
import dev.lapidary.serve.repository.ModelStatus;
import java.util.List;

/** The messages that are sent. */
final class Answers {
  private Answers() {}

  static ServerMetadataResponse server(Server server) {
    return ServerMetadataResponse.newBuilder()
        .setName(server.name())
        .setVersion(server.version())
        .addAllExtensions(server.extensions())
        .build();
  }

  static ModelMetadataResponse metadata(Metadata model) {
    return ModelMetadataResponse.newBuilder()
        .setName(model.name())
        .addAllVersions(model.versions())
        .setPlatform(model.engine().format())
        .addAllInputs(model.network().inputs().stream().map(Answers::spec).toList())
        .addAllOutputs(model.network().outputs().stream().map(Answers::spec).toList())
        .build();
  }

  private static TensorMetadata spec(TensorSpec spec) {
    return TensorMetadata.newBuilder()
        .setName(spec.name())
        .setDatatype(spec.type().name())
        .addAllShape(spec.shape())
        .build();
  }

  /** As Triton has it: dimensions without the batch's, 0 as its size where there is none. */
  static ModelConfigResponse config(Metadata model) {
    ModelConfig.Builder config =
        ModelConfig.newBuilder()
            .setName(model.name())
            .setPlatform(model.engine().platform())
            .setBackend(model.engine().backend())
            .setMaxBatchSize(model.maxBatch());
    for (TensorSpec spec : model.network().inputs()) {
      config.addInput(
          ModelInput.newBuilder()
              .setName(spec.name())
              .setDataType(type(spec))
              .addAllDims(dims(spec, model)));
    }
    for (TensorSpec spec : model.network().outputs()) {
      config.addOutput(
          ModelOutput.newBuilder()
              .setName(spec.name())
              .setDataType(type(spec))
              .addAllDims(dims(spec, model)));
    }
    return ModelConfigResponse.newBuilder().setConfig(config).build();
  }

  private static List<Long> dims(TensorSpec spec, Metadata model) {
    return spec.shape().subList(model.maxBatch() > 0 ? 1 : 0, spec.shape().size());
  }

  private static DataType type(TensorSpec spec) {
    String name = spec.type().name();
    return DataType.valueOf("TYPE_" + (name.equals("BYTES") ? "STRING" : name));
  }

  /** Its tensors raw. */
  static ModelInferResponse infer(InferenceAnswer answer) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(answer.model().name())
            .setModelVersion(answer.model().version())
            .setId(answer.id());
    for (TypedTensor output : answer.outputs()) {
      response.addOutputs(
          InferOutputTensor.newBuilder()
              .setName(output.name())
              .setDatatype(output.type().name())
              .addAllShape(output.shape()));
      response.addRawOutputContents(raw(output));
    }
    return response.build();
  }

  private static ByteString raw(TypedTensor output) {
    return UnsafeByteOperations.unsafeWrap(InferenceWriter.bytes(output)); // nobody else has them
  }

  static RepositoryIndexResponse index(List<ModelStatus> models) {
    RepositoryIndexResponse.Builder index = RepositoryIndexResponse.newBuilder();
    for (ModelStatus model : models) {
      index.addModels(
          ModelIndex.newBuilder()
              .setName(model.id().name())
              .setVersion(model.id().version())
              .setState(model.state().name())
              .setReason(model.reason()));
    }
    return index.build();
  }

  static ModelStatisticsResponse statistics(List<Statistics> models) {
    return ModelStatisticsResponse.newBuilder()
        .addAllModelStats(models.stream().map(Answers::statistics).toList())
        .build();
  }

  private static ModelStatistics statistics(Statistics model) {
    Snapshot now = model.counts();
    ModelStatistics.Builder own =
        ModelStatistics.newBuilder()
            .setName(model.id().name())
            .setVersion(model.id().version())
            .setLastInference(now.lastInferenceMillis())
            .setInferenceCount(now.inferences())
            .setExecutionCount(now.executions())
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(span(now.success()))
                    .setFail(span(now.fail()))
                    .setQueue(span(now.queue()))
                    .setComputeInput(span(now.computeInput()))
                    .setComputeInfer(span(now.computeInfer()))
                    .setComputeOutput(span(now.computeOutput())));
    now.batches()
        .forEach(
            batch ->
                own.addBatchStats(
                    InferBatchStatistics.newBuilder()
                        .setBatchSize(batch.size())
                        .setComputeInfer(span(batch.computeInfer()))));
    return own.build();
  }

  private static StatisticDuration span(Count count) {
    return StatisticDuration.newBuilder().setCount(count.count()).setNs(count.nanos()).build();
  }
}
