package dev.lapidary.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.grpc.message.OpenInference.ModelConfig;
import dev.lapidary.serve.inference.InferenceService.Metadata;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {
  private static final class Shapes implements TensorNetwork {
    @Override
    public List<TensorSpec> inputs() {
      return List.of(new TensorSpec("input", DataType.FP32, List.of(-1L, 3L, 8L, 8L)));
    }

    @Override
    public List<TensorSpec> outputs() {
      return List.of(new TensorSpec("logits", DataType.FP32, List.of(-1L, 2L)));
    }

    @Override
    public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) {
      throw new AssertionError("nothing is run here");
    }
  }

  /** Triton's names, by which clients tell what runs a model. */
  @ParameterizedTest
  @CsvSource({
    "ONNXRUNTIME, onnx_onnxv1, onnxruntime_onnx, onnxruntime",
    "PYTORCH, pytorch_libtorch, pytorch_libtorch, pytorch"
  })
  void saysWhatRunsTheModel(
      InferenceEngine engine, String format, String platform, String backend) {
    Metadata model = new Metadata("net", List.of("1"), engine, new Shapes(), 16);
    assertThat(Answers.metadata(model).getPlatform()).isEqualTo(format);
    ModelConfig config = Answers.config(model).getConfig();
    assertThat(config.getPlatform()).isEqualTo(platform);
    assertThat(config.getBackend()).isEqualTo(backend);
    assertThat(config.getMaxBatchSize()).isEqualTo(16);
  }
}
