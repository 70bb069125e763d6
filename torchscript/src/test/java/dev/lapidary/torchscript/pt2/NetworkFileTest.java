package dev.lapidary.torchscript.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.Hostile;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.Sample;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed of a program, and what is said of those that cannot be. */
class NetworkFileTest {
  private static final String MODEL = ProgramAttack.MODEL;
  private static final String WEIGHTS = ProgramAttack.WEIGHTS;

  @TempDir Path folder;

  @Test
  void aProgramIsPrintedAsATreeOfModules() {
    NetworkFile network = NetworkFile.open(small());
    assertThat(network.printed().orElseThrow())
        .isEqualTo(new NetworkFile.Origin("8.20", List.of(3L, 8L, 8L), false));
    TorchScriptArchive archive = network.archive();
    assertThat(archive.name()).isEqualTo("small");
    assertThat(archive.root().className()).isEqualTo("__torch__.exported.Net");
    assertThat(archive.code().get(NetworkFile.CODE))
        .contains("class BatchNorm2d(Module):\n")
        .contains("norm_out = (norm).forward(conv_out, )\n")
        .contains(
            "torch.batch_norm(x, weight, bias, running_mean, running_var, False, 0.1, 1.0e-5,");
    assertThat(StateDict.of(archive).tensors().keySet())
        .containsExactly(
            "conv.weight",
            "conv.bias",
            "norm.weight",
            "norm.bias",
            "norm.running_mean",
            "norm.running_var",
            "norm.num_batches_tracked",
            "fc.weight",
            "fc.bias");
    assertThat(archive.root().attributes()).containsKey("scale"); // not persistent, so no state
  }

  /** What was exported in train mode follows the mode; the module that drops blocks does too. */
  @Test
  void trainModeBecomesAModeAgain() {
    String text = NetworkFile.read(Golden.file("pt2/small-train.pt2")).code().get(NetworkFile.CODE);
    assertThat(text)
        .contains("running_mean, running_var, self.training, 0.1, 1.0e-5,")
        .contains(
            "    if self.training:\n      add_ = torch.add_(num_batches_tracked, 1)\n    else:\n")
        .contains("torch.dropout(x, 0.2, self.training)")
        .contains("      noise = torch.bernoulli_(empty, 0.7)\n")
        .contains("    else:\n      y = x\n    return y\n");
  }

  /** What weights are standardized by has no statistics to run, and so one mode. */
  @Test
  void aBatchNormWithoutStatisticsHasNoMode() throws IOException {
    Map<String, byte[]> records =
        new LinkedHashMap<>(Sample.ofProgram(Golden.file("pt2/small-train.pt2")).records());
    String text = new String(records.get(MODEL), StandardCharsets.UTF_8);
    String changed =
        text.replaceAll(
            "(\"name\": \"running_(mean|var)\", \"arg\": )\\{\"as_tensor\": \\{[^}]*}}",
            "$1{\"as_none\": true}");
    assertThat(changed).as("the sample has it").isNotEqualTo(text);
    records.put(MODEL, changed.getBytes(StandardCharsets.UTF_8));
    Path file = folder.resolve("standardized.pt2");
    Files.write(file, Hostile.zip("m/", records));
    assertThat(NetworkFile.read(file).code().get(NetworkFile.CODE))
        .contains("torch.batch_norm(x, weight, bias, None, None, True, 0.1, 1.0e-5,");
  }

  /** The zip without folders of PyTorch up to 2.7, and the pickled tensors of 2.8. */
  @ParameterizedTest
  @ValueSource(strings = {"flat", "pickled"})
  void olderLayoutsGiveTheSame(String layout) {
    TorchScriptArchive expected = NetworkFile.read(small());
    TorchScriptArchive found = NetworkFile.read(Golden.file("pt2/small-" + layout + ".pt2"));
    assertThat(found.code()).isEqualTo(expected.code());
    Map<String, float[]> values = new LinkedHashMap<>();
    StateDict.of(expected).tensors().forEach((name, t) -> values.put(name, t.toFloats()));
    StateDict.of(found)
        .tensors()
        .forEach((name, t) -> assertThat(t.toFloats()).as(name).isEqualTo(values.get(name)));
  }

  @Test
  void whatRunsCodeIsRefused() throws IOException {
    refusal(WEIGHTS, "\"use_pickle\": false", "\"use_pickle\": true", ExitCode.UNSUPPORTED)
        .contains("'weight_0': 'conv.weight' is pickled (use_pickle)")
        .contains("make it a plain tensor before the export");
    refusal(WEIGHTS, "\"weight_0\"", "\"custom_obj_0\"", ExitCode.UNSUPPORTED)
        .contains("data/weights/'custom_obj_0': is a custom object, whose class is code");
    refusal(WEIGHTS, "\"weight_0\"", "\"opaque_obj_0\"", ExitCode.UNSUPPORTED)
        .contains("is a custom object");
    refusal(
            MODEL,
            "\"arg\": {\"as_tensor\": {\"name\": \"x\"}}",
            "\"arg\": {\"as_custom_obj\": {\"name\": \"x\"}}",
            ExitCode.UNSUPPORTED)
        .contains("a custom or opaque object as an argument");
    refusal(MODEL, "torch.ops.aten.conv2d.default", "os.system", ExitCode.UNSUPPORTED)
        .contains("the operator 'os.system' is not supported; 'exporter ops' lists");
    refusal(
            MODEL,
            "torch.ops.aten.conv2d.default",
            "torch.ops.higher_order.cond",
            ExitCode.UNSUPPORTED)
        .contains("the higher-order operator 'torch.ops.higher_order.cond'");
  }

  @Test
  void whatIsNoNetworkForImagesIsRefused() throws IOException {
    refusal(MODEL, "\"major\": 8", "\"major\": 9", ExitCode.UNSUPPORTED)
        .contains("models/model.json: schema version 9.20 of torch.export, 8 is read");
    refusal(MODEL, "\"user_output\"", "\"loss_output\"", ExitCode.UNSUPPORTED)
        .contains("an output of the kind 'loss_output': it is a graph of a training step");
    refusal(MODEL, "\"user_output\"", "\"buffer_mutation\"", ExitCode.UNSUPPORTED)
        .contains("export the network itself, in eval mode");
    refusal(
            MODEL,
            "torch.ops.aten.relu.default",
            "torch.ops.aten._local_scalar_dense.default",
            ExitCode.UNSUPPORTED)
        .contains("makes a number or a size of the image's data");
    refusal(
            MODEL,
            "{\"parameter\": {\"arg\": {\"name\": \"p_conv_bias\"}, \"parameter_name\":"
                + " \"conv.bias\"}}",
            "{\"user_input\": {\"arg\": {\"as_tensor\": {\"name\": \"p_conv_bias\"}}}}",
            ExitCode.UNSUPPORTED)
        .contains("the program takes 2 inputs, expected one tensor of images");
    String image = "\"x\": {\"dtype\": ";
    refusal(MODEL, image + "7", image + "1", ExitCode.UNSUPPORTED)
        .contains("the program takes UINT8, expected images of float32");
    refusal("byteorder", "little", "big", ExitCode.BAD_INPUT)
        .contains("byteorder: is 'big', expected little");
    refusal("archive_format", "pt2", "pt3", ExitCode.BAD_INPUT)
        .contains("archive_format: is 'pt3', expected pt2");
    refusal(WEIGHTS, "conv.weight", "conv.height", ExitCode.BAD_INPUT)
        .contains("holds no tensor 'conv.weight', which its graph reads");
    refusal(MODEL, "\"name\": \"relu\"", "\"name\": \"x\"", ExitCode.BAD_INPUT)
        .contains("the graph computes 'x' twice");
  }

  /** {@code no_grad} inside of forward, and {@code autocast(enabled=False)} inside of that. */
  @Test
  void partsThatRunAsTheyStandArePrintedInPlace() throws IOException {
    String text = NetworkFile.read(Golden.file("pt2/small-parts.pt2")).code().get(NetworkFile.CODE);
    assertThat(text)
        .contains("    mean = torch.mean(abs, [1, 2, 3], True)\n")
        .contains("    alias_1 = torch.alias(mean_1)\n    detach = torch.detach(mean)\n");
    assertThat(parts("\"as_string\":\"cpu\"(.*?)\"as_bool\":false", ON))
        .contains("a part of the program computes under autocast, in another element type");
    assertThat(parts("wrap_with_set_grad_enabled", "map_impl"))
        .contains("the program has the higher-order operator 'torch.ops.higher_order.map_impl'");
    assertThat(
            parts("torch.ops.higher_order.wrap_with_set_grad_enabled", "torch.ops.aten.add.Tensor"))
        .contains("the program has a higher-order operator, a graph as an argument");
  }

  private static final String ON = "\"as_string\":\"cpu\"$1\"as_bool\":true";

  private String parts(String from, String to) throws IOException {
    Map<String, byte[]> records =
        new LinkedHashMap<>(Sample.ofProgram(Golden.file("pt2/small-parts.pt2")).records());
    String text = new String(records.get(MODEL), StandardCharsets.UTF_8);
    String changed = text.replaceAll(from, to);
    assertThat(changed).as("the sample has it").isNotEqualTo(text);
    records.put(MODEL, changed.getBytes(StandardCharsets.UTF_8));
    return refused(records, ExitCode.UNSUPPORTED);
  }

  /** Pooling of a channels-last tensor, and products that repeat a weight for each image. */
  @Test
  void decompositionsAreWrittenAsWhatTheyAre() {
    String text =
        NetworkFile.read(Golden.file("pt2/small-decomposed.pt2")).code().get(NetworkFile.CODE);
    assertThat(text)
        .doesNotContain("as_strided")
        .contains("reshape = torch.reshape(mean, [size, 8, 1, 1])")
        .contains("matmul = torch.matmul(");
  }

  @Test
  void stridesThatTakeElementsOutOfOrderAreRefused() throws IOException {
    Map<String, byte[]> records =
        new LinkedHashMap<>(Sample.ofProgram(Golden.file("pt2/small-decomposed.pt2")).records());
    String text = new String(records.get(MODEL), StandardCharsets.UTF_8);
    String name = text.replaceAll("(?s).*as_strided.default.*?outputs.*?name\":\"(\\w+)\".*", "$1");
    int at = text.lastIndexOf("\"" + name + "\":{\"dtype\"");
    String strides = "\"strides\":[{\"as_int\":8}";
    String rest =
        text.substring(at).replaceFirst(Pattern.quote(strides), strides.replace('8', '9'));
    records.put(MODEL, (text.substring(0, at) + rest).getBytes(StandardCharsets.UTF_8));
    assertThat(refused(records, ExitCode.UNSUPPORTED))
        .contains(
            "'torch.ops.aten.as_strided.default' takes a tensor's elements out of their order");
  }

  /** What PT2E leaves is printed as libtorch's own operators, integers as they are. */
  @Test
  void aQuantizedProgramIsPrintedInPlainOperators() {
    String text =
        NetworkFile.read(Golden.file("pt2/quantized-signed.pt2")).code().get(NetworkFile.CODE);
    assertThat(text)
        .doesNotContain("quantized_decomposed")
        .containsPattern("torch.fake_quantize_per_tensor_affine\\(x, 0.03\\d+, 135, 0, 255\\)")
        .contains("torch._make_per_channel_quantized_tensor(_frozen_param0, CONSTANTS.c0, ")
        .contains("dequantize = torch.dequantize(_make_per_channel_quantized_tensor)");
  }

  @Test
  void quantizationThatNoFileCanHoldIsRefused() throws IOException {
    String quantize = "torch.ops.quantized_decomposed.quantize_per_tensor.default";
    quantized(quantize, "torch.ops.quantized_decomposed.choose_qparams.tensor")
        .contains("is quantized dynamically (PT2E, choose_qparams): its scales depend on the image")
        .contains("quantize it statically, or give the float program");
    quantized(quantize, "torch.ops.quantized_decomposed.quantize_per_token.default")
        .contains("is quantized by 'torch.ops.quantized_decomposed.quantize_per_token.default'")
        .contains("and --quantize int8 makes the file small");
    quantized("torch.ops.quantized_decomposed.dequantize_per_tensor.default", quantize)
        .contains("reads integers, where only dequantize is supported");
    quantized("{\"as_int\":-18}", "{\"as_int\":-17}", 1)
        .contains("takes its integers for others than they were rounded to");
  }

  private AbstractStringAssert<?> quantized(String from, String to) throws IOException {
    return quantized(from, to, Integer.MAX_VALUE);
  }

  private AbstractStringAssert<?> quantized(String from, String to, int times) throws IOException {
    Map<String, byte[]> records =
        new LinkedHashMap<>(Sample.ofProgram(Golden.file("pt2/quantized-signed.pt2")).records());
    String text = new String(records.get(MODEL), StandardCharsets.UTF_8);
    assertThat(text).as("the sample has it").contains(from);
    String changed =
        times == 1 ? text.replaceFirst(Pattern.quote(from), to) : text.replace(from, to);
    records.put(MODEL, changed.getBytes(StandardCharsets.UTF_8));
    return assertThat(refused(records, ExitCode.UNSUPPORTED));
  }

  /** Names that would go on as code have no place in the text. */
  @Test
  void namesThatWantToBeCodeAreRefused() throws IOException {
    String hostile = "fc\\\"] = int\\n  def forward(self)";
    Map<String, byte[]> records = records();
    for (String record : List.of(MODEL, WEIGHTS)) {
      String text = new String(records.get(record), StandardCharsets.UTF_8);
      records.put(
          record,
          text.replace("\"fc.bias\"", '"' + hostile + ".bias\"").getBytes(StandardCharsets.UTF_8));
    }
    assertThat(refused(records, ExitCode.UNSUPPORTED))
        .contains("has a name that TorchScript has no place for: no quotes, backslashes");
  }

  /** Any other character may stand between quotes. */
  @Test
  void namesOfAnyOtherCharactersStay() {
    TorchScriptArchive archive = NetworkFile.read(Golden.file("pt2/small-names.pt2"));
    assertThat(StateDict.of(archive).tensors().keySet())
        .contains("stem.conv 1.weight", "stem.gr\u00f6\u00dfe/2.running_mean", "stem.class.weight")
        .contains("stem.10%.gr\u00f6\u00dfe (neu)", "stem.a,b;c.bias", "stem.it's.0.weight");
    assertThat(archive.code().get(NetworkFile.CODE))
        .contains("  __annotations__[\"conv 1\"] = ")
        .contains("_conv_1 = getattr(stem, \"conv 1\")")
        .contains("_class = getattr(stem, \"class\")");
  }

  @Test
  void severalProgramsAndMachineCodeAreRefused() throws IOException {
    Map<String, byte[]> records = records();
    records.put("models/other.json", records.get(MODEL));
    assertThat(refused(records, ExitCode.UNSUPPORTED))
        .contains("holds 2 programs, such as 'model' and 'other', expected one");
    records.remove("models/other.json");
    records.remove(MODEL);
    records.put("data/aotinductor/model/model.so", new byte[3]);
    assertThat(refused(records, ExitCode.UNSUPPORTED))
        .contains("is a package of AOTInductor, machine code without a graph");
  }

  private static Path small() {
    return Golden.file("pt2/small.pt2");
  }

  private static Map<String, byte[]> records() throws IOException {
    return new LinkedHashMap<>(Sample.ofProgram(small()).records());
  }

  private AbstractStringAssert<?> refusal(String record, String from, String to, ExitCode code)
      throws IOException {
    Map<String, byte[]> records = records();
    String text = new String(records.get(record), StandardCharsets.UTF_8);
    assertThat(text).as("the sample has it").contains(from);
    records.put(record, text.replace(from, to).getBytes(StandardCharsets.UTF_8));
    return assertThat(refused(records, code));
  }

  private String refused(Map<String, byte[]> records, ExitCode code) throws IOException {
    Path file = folder.resolve("refused.pt2");
    Files.write(file, Hostile.zip("m/", records));
    try {
      NetworkFile.read(file);
    } catch (Failure e) {
      assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
      assertThat(e.getMessage()).startsWith("[refused.pt2] ").hasLineCount(1);
      return e.getMessage();
    }
    throw new AssertionError("was read");
  }
}
