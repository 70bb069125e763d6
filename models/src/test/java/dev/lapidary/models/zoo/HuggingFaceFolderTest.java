package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceFolderTest {
  private static final String HALVES = "\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5]";

  @TempDir Path folder;

  @BeforeEach
  void weights() {
    Map<String, Tensor> one = Map.of("classifier.bias", Tensor.of(new float[] {1, 2}, 2));
    Safetensors.write(
        new NamedTensors("test", one, Map.of(), List.of()), folder.resolve("model.safetensors"));
  }

  private WeightsChoice read() {
    return WeightsChoice.of(folder.toString(), Optional.empty());
  }

  private WeightsChoice read(String config, String preprocessor) throws IOException {
    Files.writeString(folder.resolve("config.json"), config);
    if (!preprocessor.isEmpty()) {
      Files.writeString(folder.resolve("preprocessor_config.json"), preprocessor);
    }
    return read();
  }

  /** As transformers 5.24 and its elder feature extractors write them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'image_processor_type':'ViTImageProcessor','resample':2,'size':{'height':224,'width':224}"
            + "|EXACT 0 BILINEAR 224",
        "'feature_extractor_type':'ViTFeatureExtractor','size':224,'do_resize':true"
            + "|EXACT 0 BILINEAR 224",
        "'image_processor_type':'ConvNextImageProcessor','crop_pct':0.875,'resample':3,"
            + "'size':{'shortest_edge':224}|SHORTER_SIDE 256 BICUBIC 224",
        "'feature_extractor_type':'ConvNextFeatureExtractor','crop_pct':0.95,'resample':3,'size':288"
            + "|SHORTER_SIDE 303 BICUBIC 288",
        "'image_processor_type':'ConvNextImageProcessorFast','resample':3,'size':{'shortest_edge':384}"
            + "|EXACT 0 BICUBIC 384",
        "'image_processor_type':'BitImageProcessor','resample':3,'size':{'shortest_edge':448},"
            + "'crop_size':{'height':448,'width':448},'do_center_crop':true"
            + "|SHORTER_SIDE 448 BICUBIC 448",
        "'image_processor_type':'CLIPImageProcessor','resample':1,'size':256,'crop_size':224"
            + "|SHORTER_SIDE 256 LANCZOS 224",
        "'image_processor_type':'ViTImageProcessor','do_resize':false,'crop_size':96"
            + "|NONE 0 BILINEAR 96"
      })
  void readsThePreprocessingOfTransformers(String config, String expected) throws IOException {
    Preprocessing rule =
        read("{}", "{" + config.replace('\'', '"') + "," + HALVES + "}")
            .preprocessing()
            .orElseThrow();
    assertThat(
            "%s %d %s %d"
                .formatted(
                    rule.resize(), rule.resizeSize(), rule.interpolation(), rule.cropWidth()))
        .isEqualTo(expected);
    assertThat(rule.mean()).containsOnly(0.5f);
    assertThat(rule.std()).containsOnly(0.5f);
  }

  @Test
  void otherScalesOfPixelsAreFoldedIntoMeanAndDeviation() throws IOException {
    String size = "{\"size\":{\"height\":8,\"width\":8},";
    Preprocessing plain =
        read("{}", size + "\"do_normalize\":false}").preprocessing().orElseThrow();
    assertThat(plain.mean()).containsOnly(0f);
    assertThat(plain.std()).containsOnly(1f);
    // x / 127.5 - 1, then (x - 0) / 1: of pixels over 255, (p - 0.5) / 0.5
    Preprocessing centred =
        read(
                "{}",
                size
                    + "\"rescale_factor\":0.00784313725490196,\"rescale_offset\":true,"
                    + "\"image_mean\":[0,0,0],\"image_std\":[1,1,1]}")
            .preprocessing()
            .orElseThrow();
    assertThat(centred.mean()).containsOnly(0.5f);
    assertThat(centred.std()).containsOnly(0.5f);
    Preprocessing whole =
        read(
                "{}",
                size
                    + "\"do_rescale\":false,\"image_mean\":[127.5,127.5,127.5],"
                    + "\"image_std\":[51,51,51]}")
            .preprocessing()
            .orElseThrow();
    assertThat(whole.mean()).containsOnly(0.5f);
    assertThat(whole.std()).containsOnly(0.2f);
  }

  @Test
  void readsThePreprocessingAndTheClassesOfTimm() throws IOException {
    String config =
        "{\"architecture\":\"resnet18\",\"num_classes\":%d,\"pretrained_cfg\":{\"tag\":\"%s\","
            + "\"input_size\":[3,288,288],\"interpolation\":\"bicubic\",\"crop_pct\":0.95,"
            + "\"crop_mode\":\"center\",\"mean\":[0.5,0.5,0.5],\"std\":[0.5,0.5,0.5]}}";
    WeightsChoice read = read(config.formatted(1000, "a1_in1k"), "");
    Preprocessing rule = read.preprocessing().orElseThrow();
    assertThat(rule.resizeSize()).isEqualTo(303);
    assertThat(rule.cropHeight()).isEqualTo(288);
    assertThat(rule.interpolation()).isEqualTo(Preprocessing.Interpolation.BICUBIC);
    assertThat(read.labels()).isEqualTo(ImageNetWeights.labels());
    assertThat(read(config.formatted(11821, "in12k"), "").labels()).isEmpty();
  }

  @Test
  void theHeadsClassesComeFromTheConfiguration() throws IOException {
    WeightsChoice read =
        read(
            "{\"id2label\":{\"0\":\"crane\",\"1\":\"crane\"},"
                + "\"problem_type\":\"multi_label_classification\"}",
            "");
    assertThat(read.labels()).containsExactly("crane", "crane (1)");
    NamedTensors tensors = read.read(read.file(Optional.empty(), NoProgress.HERE));
    assertThat(HeadLabels.of(tensors)).isEqualTo(read.labels());
    assertThat(HeadLabels.activation(tensors)).isEqualTo(Activation.SIGMOID);
    assertThat(read.name()).isEqualTo("model.safetensors");
    assertThat(read("{\"id2label\":{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\"}}", "").labels()).isEmpty();
  }

  @Test
  void aFolderWithoutConfigurationsIsItsFile() {
    assertThat(read().preprocessing()).isEmpty();
    assertThat(read().labels()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|{'size':{'height':256,'width':256},'do_center_crop':true,'crop_size':224,H}"
            + "|preprocessor_config.json: a resize to 256x256 and a crop of 224x224 out of that cannot"
            + " be followed; take the file instead of the folder, with --resize",
        "{}|{'size':{'longest_edge':224},H}|preprocessor_config.json: size is"
            + " {'longest_edge':224}; expected a number, shortest_edge, or height and width",
        "{}|{'size':224,'resample':4,H}|preprocessor_config.json: resample 4 (box or hamming) is no"
            + " filter here; expected 0 to 3",
        "{}|{'size':224,'image_mean':[0.5]}|preprocessor_config.json: image_mean must have three"
            + " numbers: [0.5]",
        "{}|{'size':{'height':0,'width':2},H}|preprocessor_config.json: height must be a positive"
            + " number: 0",
        "{}|{'size':{'height':2,'width':4},H}|preprocessor_config.json: an input of 2x4; networks of"
            + " the zoo take squares",
        "{'id2label':{'0':'a','2':'b'}}|{'size':2,H}|config.json: id2label has 2 entries but no name"
            + " for class 1",
        "{'model_type':'vit','hidden_act':'gelu_new'}||config.json: hidden_act is gelu_new; a vit"
            + " of the zoo has gelu",
        "{'model_type':'vit','hidden_size':768,'num_attention_heads':6}||config.json: 768 features in"
            + " 6 heads; a ViT of the zoo has 64 a head",
        "{'pretrained_cfg':{'input_size':[1,28,28]}}||config.json: pretrained_cfg.input_size is"
            + " [1,28,28]; expected [3, side, side]",
        "{'pretrained_cfg':{'input_size':[3,28,28],'crop_mode':'border'}}||config.json:"
            + " pretrained_cfg.crop_mode border with crop_pct 0.875 cannot be followed; take the file"
            + " instead of the folder, with --resize"
      })
  void refusesWhatItCannotFollow(String config, String preprocessor, String message) {
    String rule =
        preprocessor == null ? "" : preprocessor.replace('\'', '"').replace("H}", HALVES + "}");
    assertThatThrownBy(() -> read(config.replace('\'', '"'), rule))
        .hasMessage("[%s] %s".formatted(folder.getFileName(), message.replace('\'', '"')))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT));
  }

  @Test
  void refusesAFolderWithoutWeightsAndAFileThatIsNoJson() throws IOException {
    assertThatThrownBy(() -> read("[1]", "")).hasMessage("[config.json] is no JSON object");
    assertThatThrownBy(() -> read("{", "")).hasMessageStartingWith("[config.json] is not JSON: ");
    Files.delete(folder.resolve("model.safetensors"));
    assertThatThrownBy(this::read)
        .hasMessage(
            "[%s] the folder holds no weights: expected model.safetensors or pytorch_model.bin, as"
                    .formatted(folder.getFileName())
                + " Hugging Face has them, or give the file itself");
  }
}
