package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TracerTest {

  // What is recorded.

  @Test
  void fillsDefaultsAndNamesWhatItRecords() {
    Graph graph =
        Scripts.forward("return torch.flatten(torch.conv2d(x, self.weight), 1)")
            .parameter("weight", 5, 3, 3, 3)
            .trace();
    Node conv = graph.nodes().get(0);
    assertThat(conv.operator()).isEqualTo("aten::conv2d");
    assertThat(conv.argument("input")).isEqualTo(graph.inputs().get(0));
    assertThat(((Argument.Constant) conv.argument("weight")).name()).isEqualTo("weight");
    assertThat(conv.argument("bias")).isEqualTo(Argument.None.NONE);
    assertThat(conv.argument("stride")).isEqualTo(ints(1, 1));
    assertThat(conv.argument("groups")).isEqualTo(new Argument.Int(SymInt.of(1)));
    assertThat(conv.output().shape()).containsExactly(SymInt.BATCH, d(5), d(2), d(2));
    assertThat(conv.location()).hasToString("code/__torch__.py:7:26");
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 20]");
  }

  @Test
  void aTracedConvolutionIsAConv2d() {
    List<String> operators =
        Scripts.forward(
                "return torch._convolution(x, self.weight, None, [1, 1], [1, 1], [1, 1], False,"
                    + " [0, 0], 1, False, False, True, True)")
            .parameter("weight", 5, 3, 3, 3)
            .operators();
    assertThat(operators).containsExactly("conv2d");
  }

  @Test
  void aConvolutionMayHaveThreeAxes() {
    Graph graph =
        Scripts.forward(
                "return torch.conv3d(torch.unsqueeze(x, 1), self.weight, None, [1, 2, 1], [0, 1,"
                    + " 1])")
            .parameter("weight", 5, 1, 2, 3, 3)
            .trace();
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 5, 2, 2, 4]");
  }

  @Test
  void aRunningSumIsRecordedWhereItDependsOnTheInput() {
    assertThat(Scripts.forward("return torch.cumsum(x, -1)").operators()).containsExactly("cumsum");
    assertThatThrownBy(() -> Scripts.forward("return torch.cumsum(x, 0)").trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("aten::cumsum along dimension 0")
        .hasMessageContaining("it adds up the samples of a batch");
  }

  @Test
  void aNetworkOfTwoInputsIsRefusedAtItsForward() {
    TorchScriptArchive archive = Scripts.forward("return torch.mul(x, scale)").archive();
    archive
        .code()
        .computeIfPresent(
            "__torch__.py", (path, text) -> text.replace("x: Tensor)", "x: Tensor, scale: float)"));
    assertThatThrownBy(() -> Tracer.trace(archive, TraceOptions.of(3, 4, 4)))
        .isInstanceOf(Failure.class)
        .hasMessage("code/__torch__.py:4:7: forward is not given its argument scale");
  }

  @Test
  void aNetworkOfAnotherElementTypeIsRefused() {
    assertThatThrownBy(
            () ->
                Scripts.forward("return torch.linear(torch.to(x, 5), self.weight)")
                    .parameter("weight", 5, 4)
                    .trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("aten::linear of FLOAT16 by FLOAT32: images come as float32")
        .hasMessageContaining("save the network as model.float()");
  }

  /** A projection is a fifth parameter; a sequence over the batch mixes its images. */
  @Test
  void anLstmIsOfSequencesOfEachImage() {
    String call =
        """
        h = torch.zeros([1, %s, 2])
        return (torch.lstm(torch.flatten(x, 1, 2), [h, h], [self.a, self.b%s], False, 1, 0., \
        False, False, %s))[0]\
        """;
    assertThat(Scripts.shape(lstm(call.formatted("torch.size(x, 0)", "", "True")).trace()))
        .isEqualTo("[N, 12, 2]");
    assertThatThrownBy(() -> lstm(call.formatted("1", ", self.c", "True")).trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("lstm with 3 parameters for 1 layers and directions; 2 each");
    assertThatThrownBy(() -> lstm(call.formatted("1", "", "True")).trace())
        .hasMessageContaining("lstm with a state of shape [1, 1, 2]; expected [1, N, 2]");
    assertThatThrownBy(() -> lstm(call.formatted("12", "", "False")).trace())
        .hasMessageContaining("must not depend on the batch size");
  }

  @Test
  void gruAndRnnHaveOneStateAndTheirOwnGates() {
    String call =
        """
        h = torch.zeros([2, torch.size(x, 0), 2])
        return (torch.%s(torch.flatten(x, 1, 2), h, [self.a, self.b, self.a, self.b], False, 1, 0., \
        %s, True, True))[%d]\
        """;
    for (int rows : new int[] {6, 2}) {
      String name = rows == 6 ? "gru" : "rnn_relu";
      Scripts all =
          Scripts.forward(call.formatted(name, "False", 0))
              .parameter("a", rows, 4)
              .parameter("b", rows, 2);
      assertThat(Scripts.shape(all.trace())).isEqualTo("[N, 12, 4]");
    }
    assertThatThrownBy(() -> lstm(call.formatted("gru", "False", 0)).trace())
        .hasMessageContaining("gru with a parameter of shape [8, 4]; a constant of [6, 4]");
    assertThatThrownBy(
            () -> lstm(call.replace("0.,", "0.5,").formatted("rnn_tanh", "True", 0)).trace())
        .hasMessageContaining("rnn_tanh of a tensor of shape [N, 12, 4] with 1 states and dropout");
  }

  private static Scripts lstm(String body) {
    return Scripts.forward(body).parameter("a", 8, 4).parameter("b", 8, 2).parameter("c", 2, 2);
  }

  /** As a trace has an LSTMCell. */
  @Test
  void partsOfAnUnsafeChunkAreWrittenEachForItself() {
    Scripts script =
        Scripts.forward(
            """
            a, b, = torch.unsafe_chunk(torch.neg(x), 2, 2)
            _0 = torch.sigmoid_(a)
            _1 = torch.tanh_(b)
            return torch.mul(a, b)""");
    assertThat(script.operators())
        .containsExactly("neg", "split_with_sizes", "sigmoid", "tanh", "mul");
  }

  /** They are computed when the graph is written, and that takes memory. */
  @Test
  void recordedConstantsCountAsMemory() {
    assertThatThrownBy(
            () ->
                Scripts.forward(
                        """
                        y = torch.upsample_nearest2d(torch.ones([1, 1, 64, 64]), [8000, 8000], None)
                        return torch.add(x, torch.mean(y))""")
                    .trace())
        .isInstanceOf(Failure.class)
        .hasMessageContaining("computed constants take more than");
  }

  @Test
  void whatTheOutputDoesNotNeedIsNotKept() {
    assertThat(Scripts.forward("a = torch.relu(x)\nb = torch.sigmoid(x)\nreturn a").operators())
        .containsExactly("relu");
  }

  @Test
  void dropoutAndTrainingBranchesVanish() {
    Scripts script =
        Scripts.forward(
                """
                training = self.training
                if training:
                  ops.prim.RaiseException("training")
                else:
                  pass
                return torch.relu(torch.dropout(x, 0.5, training))\
                """)
            .attribute("training", new PyBool(true));
    assertThat(script.operators()).containsExactly("relu");
  }

  // Numbers, lists, control flow.

  @Test
  void evaluatesControlFlow() {
    Scripts script =
        Scripts.forward(
            """
            y = x
            sizes = annotate(List[int], [])
            for i in range(3):
              if torch.eq(torch.remainder(i, 2), 0):
                y0 = torch.relu(y)
              else:
                y0 = torch.neg(y)
              y = y0
              _0 = torch.append(sizes, torch.mul(i, 10))
            go = True
            while go:
              y = torch.mul(y, sizes[-1])
              go = False
            return y\
            """);
    assertThat(script.operators()).containsExactly("relu", "neg", "relu", "mul");
    Graph graph = script.trace();
    assertThat(graph.nodes().get(3).argument("other")).isEqualTo(new Argument.Int(d(20)));
  }

  @Test
  void callsFunctionsMethodsAndClasses() {
    Scripts script =
        Scripts.forward(
                """
                _0 = __torch__.double
                p = __torch__.Pair(_0(x, ), by=3)
                return torch.mul(p.first, p.by)\
                """)
            .with(
                """
                class Pair(NamedTuple):
                  first : Tensor
                  by : int
                def double(x: Tensor,
                    alpha: int=2) -> Tensor:
                  return torch.mul(x, alpha)
                """);
    List<Node> nodes = script.trace().nodes();
    assertThat(nodes)
        .extracting(n -> n.argument("other"))
        .containsExactly(new Argument.Int(d(2)), new Argument.Int(d(3)));
  }

  @Test
  void whatIsForkedRunsAtOnce() {
    Scripts script =
        Scripts.forward(
            """
            def __forked_function0():
              return torch.relu(x)
            _0 = fork(__forked_function0)
            return torch.neg(torch.wait(_0))\
            """);
    assertThat(script.operators()).containsExactly("relu", "neg");
  }

  @Test
  void dictsAreFilledAndRead() {
    Scripts script =
        Scripts.forward(
            """
            found = torch.dict()
            torch._set_item(found, "first", torch.relu(x))
            if torch.__contains__(found, "second"):
              y = found["second"]
            else:
              y = torch.sigmoid(found["first"])
            torch._set_item(found, "last", y)
            return torch.neg((torch.list(torch.values(found)))[1])\
            """);
    assertThat(script.operators()).containsExactly("relu", "sigmoid", "neg");
  }

  @Test
  void theBatchIsASymbolInArithmetic() {
    Graph graph =
        Scripts.forward(
                """
                n = torch.size(x, 0)
                t = ops.prim.NumToTensor(n)
                m = torch.mul(t, CONSTANTS.c0)
                a = torch.reshape(x, [int(m), 16])
                if torch.gt(n, 0):
                  b = torch.reshape(a, [torch.floordiv(torch.size(a, 0), 3), 48])
                else:
                  b = a
                return b\
                """)
            .constant(new PyTensor(Tensor.of(new long[] {3}), false))
            .trace();
    assertThat(graph.nodes().get(0).output().shape()).containsExactly(new SymInt(3, true), d(16));
    assertThat(Scripts.shape(graph)).isEqualTo("[N, 48]");
  }

  // Constant tensors.

  @Test
  void evaluatesConstantsWithViewsAndWrites() {
    Tensor mask =
        Scripts.forward(
                """
                mask = torch.new_zeros(x, [4, 4])
                _0 = torch.fill_(torch.slice(torch.slice(mask, 0, 0, 2), 1, 2), 7)
                _1 = torch.copy_(torch.select(mask, 0, 3), torch.arange(4))
                flat = torch.view(mask, [16])
                _2 = torch.fill_(torch.select(flat, 0, 0), -1)
                return torch.add(x, torch.t(mask))\
                """)
            .constantOfLast();
    assertThat(mask.toFloats()).containsExactly(-1, 0, 0, 0, 0, 0, 0, 1, 7, 7, 0, 2, 7, 7, 0, 3);
  }

  @Test
  void writesIntoACloneLeaveTheParameterAlone() {
    Scripts script =
        Scripts.forward(
                """
                copy = torch.clone(self.row)
                _0 = torch.zero_(torch.slice(copy, 0, 1, 3))
                y = torch.add(x, self.row)
                return torch.add(y, copy)\
                """)
            .tensor("row", Tensor.of(new float[] {1, 2, 3, 4}, 4));
    List<Node> nodes = script.trace().nodes();
    Argument.Constant row = (Argument.Constant) nodes.get(0).argument("other");
    assertThat(row.name()).isEqualTo("row");
    assertThat(row.tensor().toFloats()).containsExactly(1, 2, 3, 4);
    Argument.Constant copy = (Argument.Constant) nodes.get(1).argument("other");
    assertThat(copy.name()).isEqualTo("constant_0");
    assertThat(copy.tensor().toFloats()).containsExactly(1, 0, 0, 4);
  }

  @Test
  void aRecordedConstantStaysAsItWas() {
    Scripts script =
        Scripts.forward(
            """
            a = torch.ones([4])
            y = torch.add(x, a)
            _0 = torch.mul_(a, 5)
            return torch.add(y, a)\
            """);
    List<Node> nodes = script.trace().nodes();
    assertThat(((Argument.Constant) nodes.get(0).argument("other")).tensor().toFloats())
        .containsOnly(1);
    assertThat(((Argument.Constant) nodes.get(1).argument("other")).tensor().toFloats())
        .containsOnly(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.arange(4)                                             | 0,1,2,3",
        "torch.arange(1, 9, 2)                                       | 1,3,5,7",
        "torch.roll(torch.arange(4), [1], [0])                       | 3,0,1,2",
        "torch.cat([torch.arange(2), torch.arange(2)])               | 0,1,0,1",
        "torch.sum(torch.reshape(torch.arange(8), [4, 2]), [1])      | 1,5,9,13",
        "torch.mean(torch.ones([4, 3]), [1])                         | 1,1,1,1",
        "torch.amax(torch.reshape(torch.arange(8), [2, 4]), [0])     | 4,5,6,7",
        "torch.index(torch.arange(8), [torch.tensor([7, -8, 2, 2])]) | 7,0,2,2",
        "torch.masked_fill(torch.arange(4), torch.gt(torch.arange(4), 1), 9) | 0,1,9,9",
        "torch.clamp(torch.arange(4), 1, 2)                          | 1,1,2,2",
        "torch.floor_divide(torch.sub(torch.arange(4), 2), 2)        | -1,-1,0,0",
        "torch.remainder(torch.sub(torch.arange(4), 2), 3)           | 1,2,0,1",
        "torch.div(torch.arange(4), 2)                               | 0,0.5,1,1.5",
        "torch.pow(torch.arange(4), 2)                               | 0,1,4,9",
        "torch.where(torch.lt(torch.arange(4), 2), torch.arange(4), torch.ones([4])) | 0,1,1,1",
        "torch.constant_pad_nd(torch.ones([2]), [1, 1], 5.)          | 5,1,1,5",
        "torch.matmul(torch.ones([4, 2]), torch.full([2, 1], 3.)).x  | 6,6,6,6",
        "torch.softmax(torch.zeros([4]), 0)                          | 0.25,0.25,0.25,0.25",
        "torch.linear(torch.ones([1, 2]), torch.ones([4, 2]), torch.arange(4)) | 2,3,4,5",
        "torch.linalg_vector_norm(torch.full([4, 4], 2.), 2, [1])    | 4,4,4,4",
        "torch.to(torch.tensor([0.5, 1.9, -1.5, 2.]), 4)             | 0,1,-1,2",
        "torch.select(torch.repeat(torch.arange(4), [3, 1]), 0, 2)   | 0,1,2,3",
        "torch.stack([torch.tensor(1), torch.tensor(2), torch.tensor(3), torch.tensor(4)]) |"
            + " 1,2,3,4",
      })
  void evaluates(String expression, String expected) {
    String plain = expression.replace(".x", "");
    Tensor value =
        Scripts.forward("c = torch.reshape(" + plain + ", [4])\nreturn torch.add(x, c)")
            .constantOfLast();
    double[] numbers =
        List.of(expected.split(",")).stream().mapToDouble(Double::parseDouble).toArray();
    assertThat(value.toDoubles()).containsExactly(numbers);
  }

  @Test
  void float32ArithmeticRoundsAsPyTorchDoes() {
    Tensor value =
        Scripts.forward(
                """
                c = torch.mul(torch.full([4], 0.10000000000000001), 0.20000000000000001)
                return torch.add(x, c)\
                """)
            .constantOfLast();
    assertThat(value.toFloats()).containsOnly(0.1f * 0.2f);
  }

  // In-place operators on what depends on the input.

  @Test
  void inPlaceOperatorsRebindAllAliases() {
    Scripts script =
        Scripts.forward(
            """
            y = torch.neg(x)
            z = torch.detach(y)
            _0 = torch.relu_(y)
            return torch.sigmoid(z)\
            """);
    assertThat(script.operators()).containsExactly("neg", "relu", "sigmoid");
  }

  @Test
  void aViewSeesWhatIsWrittenIntoItsBase() {
    Scripts script =
        Scripts.forward(
            """
            y = torch.neg(x)
            z = torch.permute(y, [0, 2, 3, 1])
            _0 = torch.relu_(y)
            return z\
            """);
    List<Node> nodes = script.trace().nodes();
    assertThat(nodes)
        .extracting(Node::operator)
        .containsExactly("aten::neg", "aten::relu", "aten::permute");
    assertThat(nodes.get(2).argument("self")).isEqualTo(nodes.get(1).output());
  }

  @Test
  void theBaseSeesWhatIsWrittenThroughAWholeView() {
    Scripts script =
        Scripts.forward(
            """
            y = torch.neg(x)
            z = torch.view(y, [torch.size(x, 0), -1])
            _0 = torch.relu_(z)
            return torch.sigmoid(y)\
            """);
    assertThat(script.operators()).containsExactly("neg", "reshape", "relu", "reshape", "sigmoid");
  }

  /** Relative positions of MViTv2, all but the class token's row and column; FasterNet's slices. */
  @Test
  void theBaseSeesWhatIsWrittenIntoAPartOfAPart() {
    Scripts script =
        Scripts.forward(
            """
            y = torch.neg(x)
            part = torch.slice(torch.slice(torch.slice(y), 2, 1), 3, 0, 3)
            _0 = torch.copy_(part, torch.exp(part))
            _1 = torch.relu_(torch.select(y, 1, 0))
            return torch.sigmoid(y)\
            """);
    assertThat(script.operators())
        .containsExactly(
            "neg", "slice", "slice", "exp", "slice", "cat", "slice", "cat", "select", "relu",
            "reshape", "slice", "cat", "sigmoid");
    assertThat(Scripts.shape(script.trace())).isEqualTo("[N, 3, 4, 4]");
  }

  /** All columns at once, by themselves and as a part of a part: the whole is not what it was. */
  @ParameterizedTest
  @ValueSource(strings = {"y", "torch.slice(torch.slice(y, 1, 1), 3, 1)"})
  void refusesTheWholeAfterAWriteIntoWhatNoOperatorPutsBack(String base) {
    Scripts script =
        Scripts.forward(
            """
            y = torch.neg(x)
            part = torch.expand(torch.slice(%s, 3, 0, 1), [-1, -1, -1, 4])
            _0 = torch.relu_(part)
            return torch.sigmoid(y)\
            """
                .formatted(base));
    assertThatThrownBy(script::trace)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessage(
            "code/__torch__.py:9:12: aten::relu_ wrote into a part of a tensor that is read as a"
                + " whole later on");
  }

  // Refusals.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bool(torch.gt(torch.sum(x), 0)) | 6:8: a branch on input data cannot be exported: the"
            + " graph has no control flow",
        "torch.gt(float(torch.sum(x)), 0) | 6:17: float() depends on the input's data",
        "torch.gt(torch.size(x, 0), 1) | 6:8: a branch on the batch size: N against 1",
        "torch.eq(torch.add(torch.size(x, 0), 1), 4) | 6:17: N + 1 is no multiple of the batch"
            + " size; sizes must be constant or a multiple of it",
        "torch.fft(x) | 6:8: operator aten::fft is not supported; ALL are: 'exporter ops'"
            + " lists them",
        "torch.relu(x, 1) | 6:8: no supported overload of aten::relu takes"
            + " (Tensor[N, 3, 4, 4], int 1)",
      })
  void refusesWithThePlace(String condition, String message) {
    String text = "if " + condition + ":\n  y = x\nelse:\n  y = torch.relu(x)\nreturn y";
    assertThatThrownBy(() -> Scripts.forward(text).trace())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessage("code/__torch__.py:" + message.replace("ALL", "" + Tracer.operators().size()));
  }

  @Test
  void anExceptionOfTheProgramIsARefusal() {
    assertThatThrownBy(
            () ->
                Scripts.forward(
                        "ops.prim.RaiseException(torch.format(\"bad {}\", 3),"
                            + " \"builtins.ValueError\")\nreturn x")
                    .trace())
        .hasMessage("code/__torch__.py:6:5: the program raises ValueError: bad 3");
  }

  /**
   * NFNets: every weight is standardized, as {@code ScaledStdConv2d} does, and takes its memory
   * once more, not once for each step of the mean and the variance. Six of them with their gains
   * are what is allowed here: twice the archive's one weight and four weights.
   */
  @Test
  void aStandardizedWeightTakesItsMemoryOnce() {
    Scripts script =
        Scripts.forward(
                """
                for i in range(6):
                  weight = torch.reshape(self.weight, [1, 32, -1])
                  gain = torch.view(torch.mul(self.gain, 0.5), [-1])
                  _0 = torch.batch_norm(weight, gain, None, None, None, True, 0., 1e-05, False)
                  x = torch.conv2d(x, torch.reshape(_0, [32, 32, 3, 3]), None, [1, 1], [1, 1])
                return x\
                """)
            .parameter("weight", 32, 32, 3, 3)
            .parameter("gain", 32, 1, 1, 1);
    long bytes = 4 * 32 * 32 * 9;
    TraceLimits limits =
        new TraceLimits(1000, 100, 10, 4 * bytes + 1024, 0, 1000, 1 << 20, Duration.ofSeconds(20));
    TraceOptions options = TraceOptions.of(32, 4, 4).withLimits(limits);
    assertThat(Tracer.trace(script.archive(), options).nodes()).hasSize(6);
  }

  @Test
  void refusesABatchNormThatTrains() {
    assertThatThrownBy(
            () ->
                Scripts.forward(
                        "return torch.batch_norm(x, None, None, self.m, self.v, True, 0.1, 1e-5,"
                            + " True)")
                    .parameter("m", 3)
                    .parameter("v", 3)
                    .trace())
        .hasMessageContaining("save the model in eval mode");
  }

  /** libtorch says so when it runs them; passes that scale channel by channel rely on it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.batch_norm(x, self.p, None, self.m, self.m, False, 0.1, 1e-5, True)"
            + "|aten::batch_norm of 3 channels with 5 of weight",
        "torch.batch_norm(x, None, None, self.m, self.p, False, 0.1, 1e-5, True)"
            + "|aten::batch_norm of 3 channels with 5 of running_var",
        "torch.group_norm(x, 3, self.m, self.p)|aten::group_norm of 3 channels with 5 of bias",
        "torch.layer_norm(x, [4], self.p, None)|aten::layer_norm of 4 channels with 5 of weight",
        "torch.conv2d(x, self.w, self.p)|aten::conv2d of 4 channels with 5 of bias",
        "torch.conv_transpose2d(x, self.t, self.p)"
            + "|aten::conv_transpose2d of 4 channels with 5 of bias",
        "torch.linear(x, self.l, self.p)|aten::linear of 6 channels with 5 of bias",
        "torch.prelu(x, self.p)|aten::prelu of 3 channels with 5 of weight"
      })
  void refusesParametersForOtherChannels(String expression, String message) {
    assertThatThrownBy(
            () ->
                Scripts.forward("return " + expression)
                    .parameter("p", 5)
                    .parameter("m", 3)
                    .parameter("w", 4, 3, 1, 1)
                    .parameter("t", 3, 4, 1, 1)
                    .parameter("l", 6, 4)
                    .trace())
        .hasMessageContaining(message);
  }

  // Outputs.

  @Test
  void choosesTheLogits() {
    Scripts dict = Scripts.forward("return {\"aux\": torch.neg(x), \"out\": torch.relu(x)}");
    assertThat(dict.operators()).containsExactly("relu");
    Scripts tuple = Scripts.forward("return (torch.relu(x), torch.neg(x))");
    assertThat(tuple.operators()).containsExactly("relu");
    assertThat(
            operator(
                Tracer.trace(
                    tuple.archive(), of(new OutputChoice(Optional.of(1), Optional.empty())))))
        .isEqualTo("aten::neg");
    assertThat(
            operator(
                Tracer.trace(
                    dict.archive(), of(new OutputChoice(Optional.empty(), Optional.of("aux"))))))
        .isEqualTo("aten::neg");
    assertThatThrownBy(
            () ->
                Tracer.trace(
                    dict.archive(), of(new OutputChoice(Optional.empty(), Optional.of("no")))))
        .hasMessageContaining("the output has no key no; it has [aux, out]");
  }

  private static TraceOptions of(OutputChoice output) {
    return new TraceOptions(List.of(3L, 4L, 4L), output, TraceLimits.DEFAULT);
  }

  // Hostile programs.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "go = True\nwhile go:\n  go = True\nreturn x",
        "for i in range(9223372036854775807):\n  pass\nreturn x",
        "return (self).forward(x, )",
        "s = \"aaaaaaaa\"\nfor i in range(100):\n  s = torch.add(s, s)\nreturn x",
        "l = [1]\nfor i in range(100):\n  l = torch.add(l, l)\nreturn x",
        "l = torch.mul([1], 9223372036854775807)\nreturn x",
        "z = torch.zeros([100000, 100000])\nreturn x",
        "z = torch.zeros([9223372036854775807, 9223372036854775807])\nreturn x",
        "z = torch.zeros([-5])\nreturn x",
        "z = torch.ones([1000, 1000])\ny = torch.matmul(z, z)\nreturn x",
        "for i in range(1000000):\n  x = torch.relu(x)\nreturn x",
        "z = torch.quantile(torch.ones([2]), torch.zeros([100000]), 0)\nreturn x",
        "z = torch.zeros([20000])\n"
            + "y = torch.index_add(torch.zeros([1]), 0, torch.to(z, 4), z)\nreturn x",
        "a = torch.floordiv(1, 0)\nreturn x",
        "l = annotate(List[int], [])\nreturn l[0]",
        "a, b, = [1]\nreturn x",
        "return undefined",
        "return torch.select(x, 7, 0)",
        "return torch.conv2d(x, x)",
      })
  void endsInARefusal(String body) {
    TraceLimits limits =
        new TraceLimits(
            100_000, 300, 1000, 64 << 20, 1_000_000, 100_000, 1 << 20, Duration.ofSeconds(20));
    assertThatThrownBy(
            () ->
                Tracer.trace(
                    Scripts.forward(body).archive(), TraceOptions.of(3, 4, 4).withLimits(limits)))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("code/__torch__.py:");
  }

  /** Steps that look at many elements take long, however few they are. */
  @Test
  void looksAtTheClockAfterGreatConstants() {
    TraceLimits limits = new TraceLimits(1000, 100, 10, 64 << 20, 0, 1000, 1 << 20, Duration.ZERO);
    Scripts program = Scripts.forward("z = torch.ones([1048576])\nreturn torch.relu(x)");
    assertThatThrownBy(
            () -> Tracer.trace(program.archive(), TraceOptions.of(3, 4, 4).withLimits(limits)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("the program runs for more than 0 seconds");
  }

  @Test
  void attributesThatTheProgramChangesChange() {
    Scripts script =
        Scripts.forward(
                """
                shift = self.shift
                _0 = torch._set_item(shift, 0, 0)
                return torch.roll(x, self.shift, [2, 3])\
                """)
            .attribute("shift", new PyList("int", List.of(new PyInt(1), new PyInt(1))));
    Node roll = script.trace().nodes().get(0);
    assertThat(roll.argument("shifts")).isEqualTo(ints(1));
    assertThat(roll.argument("dims")).isEqualTo(ints(3));
  }

  private static String operator(Graph graph) {
    return graph.nodes().get(0).operator();
  }

  private static Argument ints(long... values) {
    return new Argument.ListOf(
        java.util.Arrays.stream(values).mapToObj(v -> (Argument) new Argument.Int(d(v))).toList());
  }

  private static SymInt d(long value) {
    return SymInt.of(value);
  }
}
