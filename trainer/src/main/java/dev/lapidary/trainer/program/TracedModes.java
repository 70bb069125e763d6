package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.SourceEdit;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Gives a traced or exported network its train mode back. Tracing writes the mode of that moment
 * into the text: {@code torch.batch_norm(..., False, ...)}, {@code torch.dropout(..., False)};
 * training with it would keep every statistic frozen and say nothing. The literals become {@code
 * self.training}, and a BatchNorm counts its batches again.
 *
 * @param code the text, for training only: the delivered file keeps its own
 */
record TracedModes(SortedMap<String, String> code, int batchNorms, int dropouts) {
  private static final Pattern DROPOUT = Pattern.compile("torch\\.(feature_)?(alpha_)?dropout_?");

  private static final int BATCH_NORM_MODE = 5;
  private static final int DROPOUT_MODE = 2;
  private static final String COUNTER = "num_batches_tracked";

  static TracedModes rewrite(SortedMap<String, String> code) {
    SortedMap<String, String> rewritten = new TreeMap<>();
    int batchNorms = 0;
    int dropouts = 0;
    for (Map.Entry<String, String> file : code.entrySet()) {
      Editor editor = new Editor(SourceFile.parse(file.getKey(), file.getValue()));
      rewritten.put(file.getKey(), editor.edit.apply());
      batchNorms += editor.batchNorms;
      dropouts += editor.dropouts;
    }
    return new TracedModes(rewritten, batchNorms, dropouts);
  }

  /** What a user should know; empty for a scripted network. */
  List<String> notes() {
    if (batchNorms + dropouts == 0) {
      return List.of();
    }
    String lost = "stochastic depth and other random branches were lost when it was ";
    if (code.containsKey(NetworkFile.CODE)) {
      // Its modules share classes, so how many there are is not in the text.
      return List.of(
          "program of torch.export: BatchNorm and Dropout follow the train mode again; "
              + lost
              + "exported in eval mode");
    }
    return List.of(
        "traced archive: %d BatchNorm and %d Dropout follow the train mode again; %straced"
            .formatted(batchNorms, dropouts, lost));
  }

  /** Changes one file. */
  private static final class Editor {
    private final SourceEdit edit;
    private int batchNorms;
    private int dropouts;

    Editor(SourceFile file) {
      this.edit = new SourceEdit(file);
      for (Definition definition : file.definitions().values()) {
        if (definition instanceof ClassDef type
            && type.isModule()
            && isOf(type, "training", "bool")) {
          boolean counted = isOf(type, COUNTER, "Tensor");
          type.methods().values().forEach(method -> rewrite(method, counted));
        }
      }
    }

    private static boolean isOf(ClassDef type, String attribute, String name) {
      Expression declared = type.attributes().get(attribute);
      return declared != null && declared.dottedName().filter(name::equals).isPresent();
    }

    private void rewrite(Function method, boolean counted) {
      if (method.parameters().isEmpty()) {
        return;
      }
      String self = method.parameters().get(0).name();
      Syntax.walk(
          method.body(),
          statement -> {
            int before = batchNorms;
            for (Expression expression : Syntax.expressions(statement)) {
              Syntax.walk(expression, part -> rewrite(part, self));
            }
            for (int norm = before; counted && norm < batchNorms; norm++) {
              edit.before(statement, List.of(count(statement.at(), self)));
            }
          });
    }

    private void rewrite(Expression part, String self) {
      if (!(part instanceof Call call)) {
        return;
      }
      String operator = call.function().dottedName().orElse("");
      List<Expression> arguments = call.arguments();
      if (operator.equals("torch.batch_norm") && isFalse(arguments, BATCH_NORM_MODE)) {
        edit.replace(arguments.get(BATCH_NORM_MODE), training(call.at(), self));
        batchNorms++;
      } else if (DROPOUT.matcher(operator).matches() && isFalse(arguments, DROPOUT_MODE)) {
        edit.replace(arguments.get(DROPOUT_MODE), training(call.at(), self));
        dropouts++;
      }
    }

    private static boolean isFalse(List<Expression> arguments, int index) {
      return arguments.size() > index
          && arguments.get(index) instanceof Expression.Bool mode
          && !mode.value();
    }

    private static Expression training(SourceLocation at, String self) {
      return Expression.dotted(at, self + ".training");
    }

    private static Statement count(SourceLocation at, String self) {
      Expression counter = Expression.dotted(at, self + "." + COUNTER);
      Expression add = Expression.dotted(at, "torch.add_");
      Expression one = new Expression.Int(at, 1);
      Expression sum = new Call(at, add, List.of(counter, one), List.of());
      return new Statement.If(
          at,
          training(at, self),
          List.of(
              new Statement.Assign(
                  at, List.of(new Name(at, "counted_")), false, Optional.empty(), sum)),
          List.of(new Statement.Pass(at)));
    }
  }
}
