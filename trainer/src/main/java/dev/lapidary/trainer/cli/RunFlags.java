package dev.lapidary.trainer.cli;

import static dev.lapidary.trainer.cli.RunFlag.flag;

import dev.lapidary.trainer.plan.StageConfig;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/**
 * The flags that are short forms of keys of {@code run.yaml}, each described here alone: types come
 * from the records, defaults from {@link dev.lapidary.trainer.plan.RunDefaults}. Those of {@code
 * stages} hold for every stage.
 */
final class RunFlags {
  static final List<RunFlag> ALL =
      List.of(
          flag("data.format", "${COMPLETION-CANDIDATES}"),
          flag("data.val", "Images to validate on, of the same classes."),
          flag(
              "data.test",
              "Images to test the finished model on, once; nothing is chosen by them."),
          flag("data.val-split", "Without --val: the part of each class that is held out."),
          flag(
                  "data.group-by",
                  "Images in whose paths it finds the same (its first bracket) are not split between"
                      + " training and validation, such as '(patient\\d+)_'.")
              .of("REGEX"),
          flag(
              "data.on-bad-image",
              "What a run does about unreadable images: ${COMPLETION-CANDIDATES}."),
          flag(
              "data.sampling",
              "An epoch's images: shuffled, balanced (classes equally often), as_listed."),
          flag("model.name", "Of the model in its card; the architecture's if absent."),
          flag("model.file", "A TorchScript archive or a .pt2 to go on from.").named("--model"),
          flag(
                  "model.freeze-unloaded",
                  "Freezes parameters too that no file gave, which stay random; find-lr replaces its"
                      + " plot.")
              .named("--force"),
          flag(
                  "model.head.name",
                  "The last layer of a --model, where it is not found by itself, such as fc.")
              .named("--head")
              .of("NAME"),
          flag(
                  "loss.function",
                  "${COMPLETION-CANDIDATES}; bce: a sigmoid a class, as several labels need.")
              .named("--loss"),
          flag("loss.label-smoothing", "In [0, 1)."),
          flag(
              "loss.class-weights", "How rare classes and labels weigh: ${COMPLETION-CANDIDATES}."),
          flag("loss.auxiliary", "Leaves out the losses of heads that only training uses.")
              .negated("--no-auxiliary"),
          flag("loss.teacher", "A TorchScript archive or a .pt2 whose logits are distilled."),
          flag("loss.distill-alpha", "The distillation's part of the loss, 0 to 1."),
          flag("loss.distill-temperature", "Divides both networks' logits."),
          flag(
                  "stages.batch-size",
                  "Images a step; auto: the largest that fits in --memory or on the GPU.")
              .read(RunFlags::batchSize),
          flag("stages.weight-decay", "The weight decay."),
          flag("stages.decay-norms-and-biases", "No decay on norms and biases.")
              .negated("--no-decay-norms", "--no-decay-norms-biases"),
          flag(
              "stages.layer-decay",
              "Multiplies the rate once for each layer below the head, such as 0.75."),
          flag("stages.optimizer", "${COMPLETION-CANDIDATES}; SGD has momentum 0.9."),
          flag("stages.schedule.shape", "${COMPLETION-CANDIDATES}").named("--schedule"),
          flag("stages.schedule.by", "When the rate moves: ${COMPLETION-CANDIDATES}.")
              .named("--schedule-by"),
          flag("stages.schedule.warmup", "Epochs of linear warm-up."),
          flag(
              "stages.freeze",
              "Patterns of parameters that are never trained, such as layer1,layer2."),
          flag(
              "stages.train-only",
              "Patterns of the only parameters that are trained; head is the last layer."),
          flag("stages.clip.norm", "The gradients' norm; 0: none.").named("--clip-norm"),
          flag("stages.clip.value", "Each gradient's; 0: none.").named("--clip-value"),
          flag(
              "stages.augment", "Random changes of training images, or none; see trainer preview."),
          flag("stages.accumulate", "Batches that make a step."),
          flag(
                  "stages.cache-variants",
                  "Computes what is frozen once for so many variants of the augmentation and keeps"
                      + " it; 0: each time.")
              .of("N"),
          flag(
                  "ema.decay",
                  "Validates and delivers a moving average of the weights, such as 0.999; 0: the"
                      + " weights.")
              .named("--ema")
              .of("DECAY"),
          flag("ema.warmup", "The average's decay grows over the first steps.")
              .named("--ema-warmup"),
          flag(
              "precision",
              "Of convolutions, linear layers, matrix products and attention in training:"
                  + " ${COMPLETION-CANDIDATES}; auto measures a few steps of each."),
          flag("channels-last", "The memory format of the images in training."),
          flag(
                  "gradient-checkpointing",
                  "Keeps what goes from block to block and computes the rest again for the backward"
                      + " pass: less memory, more time, the same result.")
              .named("--gradient-checkpointing", "--grad-checkpointing"),
          flag(
              "checkpoints.patience",
              "Ends a stage after so many epochs without a better validation; 0: never."),
          flag(
              "checkpoints.keep-top",
              "Of how many of the best epochs the weights stay in checkpoints/."),
          flag(
                  "checkpoints.every-steps",
                  "A checkpoint after so many steps, beside each epoch's; 0: none.")
              .named("--checkpoint-every")
              .of("STEPS"),
          flag(
                  "checkpoints.every-minutes",
                  "A checkpoint after so many minutes without one; 0: none.")
              .named("--checkpoint-minutes")
              .of("MINUTES"),
          flag("threads", "0: as many as processors."),
          flag(
                  "memory-megabytes",
                  "For --batch-size auto, such as 4g; what the container grants, less a fifth.")
              .named("--memory")
              .of("SIZE")
              .read(RunFlags::megabytes),
          flag("device", "auto, cpu or cuda:N."));

  private RunFlags() {}

  /** A number, or {@code auto}. */
  static Integer batchSize(String text) {
    if (text.equals("auto")) {
      return StageConfig.AUTO;
    }
    if (!text.matches("[1-9]\\d{0,6}")) {
      throw new TypeConversionException("'%s' is neither a number nor auto".formatted(text));
    }
    return Integer.valueOf(text);
  }

  /** {@code 800m}, {@code 4g}. */
  private static Integer megabytes(String text) {
    String size = text.toLowerCase(Locale.ROOT);
    if (!size.matches("[1-9]\\d{0,5}[mg]")) {
      throw new TypeConversionException("'%s' is no size such as 800m or 4g".formatted(text));
    }
    int number = Integer.parseInt(size.substring(0, size.length() - 1));
    return size.endsWith("g") ? number << 10 : number;
  }
}
