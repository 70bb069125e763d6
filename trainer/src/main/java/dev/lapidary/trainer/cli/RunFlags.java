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
          flag("data.val", "Images to validate on, of the same classes.").of("DIR|LIST"),
          flag(
                  "data.test",
                  "Images to test the finished model on, once; nothing is chosen by them.")
              .of("DIR|LIST"),
          flag(
              "data.val-split",
              "Without --val: the part of each class that is held out. In (0, 1)."),
          flag(
                  "data.source-data",
                  "Images of a source task that are learned beside --data, of the same classes or"
                      + " of others (with a head of their own that is not delivered).")
              .of("DIR|LIST"),
          flag(
                  "data.source-weight",
                  "Of each of them in the loss, where an image of --data has 1; 0.3 unless given."
                      + " Above 0.")
              .of("WEIGHT"),
          flag("data.format", "Of --data; auto: told by what lies there."),
          flag(
                  "data.group-by",
                  "Images in whose paths it finds the same (its first bracket) are not split"
                      + " between training and validation, such as '(patient\\d+)_'.")
              .of("REGEX"),
          flag("data.on-bad-image", "What a run does about unreadable images."),
          flag(
              "data.sampling",
              "An epoch's images: shuffled, balanced (classes equally often), as_listed."),
          flag("model.name", "Of the model in its card and report; the architecture's if absent.")
              .of("TEXT"),
          flag("model.file", "A TorchScript archive or a .pt2 to go on from.")
              .named("--model")
              .of("FILE"),
          flag(
                  "model.alpha",
                  "What transparent images are put on: black, white, or a colour such as '#7f7f7f';"
                      + " black unless given, or what the model's card says.")
              .of("COLOUR"),
          flag(
                  "model.min-batch-norm-momentum",
                  "The least part of a batch in BatchNorm's running statistics (PyTorch's momentum);"
                      + " 0.1 unless given, or the network's own if that is more. In (0, 1].")
              .byRecipe(),
          flag(
                  "model.freeze-unloaded",
                  "Freezes parameters too that no file gave, which stay random; find-lr replaces"
                      + " its plot.")
              .named("--force"),
          flag(
                  "model.head.name",
                  "The last layer of a --model, where it is not found by itself, such as fc.")
              .named("--head")
              .of("NAME"),
          flag("loss.function", "bce: a sigmoid a class, as several labels need.").named("--loss"),
          flag("loss.label-smoothing", "The part of a target that all classes share. In [0, 1)."),
          flag("loss.class-weights", "How rare classes and labels weigh: alike, or balanced."),
          flag("loss.teacher", "A TorchScript archive or a .pt2 whose logits are distilled.")
              .of("FILE"),
          flag("loss.distill-alpha", "The distillation's part of the loss. In [0, 1]."),
          flag("loss.distill-temperature", "Divides both networks' logits. Above 0."),
          flag("loss.auxiliary", "Leaves out the losses of heads that only training uses.")
              .negated("--no-auxiliary"),
          flag(
                  "stages.batch-size",
                  "Images a step, at least 1; auto: the largest that fits in --memory or on the"
                      + " GPU.")
              .of("N|auto")
              .read(RunFlags::batchSize),
          flag(
                  "stages.weight-decay",
                  "Shrinks the weights at each step; --recipe's unless given, or 1e-4. 0 or more.")
              .byRecipe(),
          flag("stages.decay-norms-and-biases", "No decay on norms and biases.")
              .negated("--no-decay-norms", "--no-decay-norms-biases"),
          flag(
              "stages.layer-decay",
              "Multiplies the rate once for each layer below the head, such as 0.75. In (0, 1]."),
          flag(
                  "stages.optimizer",
                  "--recipe's unless given. SGD has momentum 0.9; --set"
                      + " stages.0.optimizer.momentum=0.8 changes it.")
              .byRecipe(),
          flag("stages.optimizer.nesterov", "SGD takes the gradient's step after its momentum's."),
          flag("stages.schedule.shape", "The rate over time: ${COMPLETION-CANDIDATES}.")
              .named("--schedule"),
          flag("stages.schedule.by", "When the rate moves.").named("--schedule-by"),
          flag("stages.schedule.warmup", "Epochs of linear warm-up. 0 or more."),
          flag(
                  "stages.freeze",
                  "Patterns of parameters that are never trained, such as layer1,layer2.")
              .of("PATTERN"),
          flag(
                  "stages.train-only",
                  "Patterns of the only parameters that are trained; head is the last layer.")
              .of("PATTERN"),
          flag(
                  "stages.clip.norm",
                  "The most that the norm of all gradients may be; 0: any. 0 or more.")
              .named("--clip-norm"),
          flag("stages.clip.value", "The most that each gradient may be; 0: any. 0 or more.")
              .named("--clip-value"),
          flag(
                  "stages.augment",
                  "Random changes of training images, or none; trainer preview shows them.")
              .of("STEPS"),
          flag("stages.accumulate", "Batches that make a step. At least 1."),
          flag(
                  "stages.cache-variants",
                  "Computes what is frozen once for so many variants of the augmentation and keeps"
                      + " it; 0: each time. 0 or more.")
              .of("N"),
          flag(
                  "ema.decay",
                  "Validates and delivers a moving average of the weights, such as 0.999; 0: the"
                      + " weights. In [0, 1).")
              .named("--ema")
              .of("DECAY"),
          flag("ema.warmup", "The average's decay grows over the first steps.")
              .named("--ema-warmup"),
          flag(
              "precision",
              "Of convolutions, linear layers, matrix products and attention in training; auto"
                  + " measures a few steps of each."),
          flag(
              "memory-format",
              "Of the images in training. default: channels_last for images of 112x112 pixels or"
                  + " more on x86 CPUs with AVX; auto measures a few steps of each."),
          flag(
                  "gradient-checkpointing",
                  "Keeps what goes from block to block and computes the rest again for the backward"
                      + " pass: less memory, more time, the same result.")
              .named("--gradient-checkpointing", "--grad-checkpointing"),
          flag(
              "checkpoints.patience",
              "Ends a stage after so many epochs without a better validation; 0: never. 0 or"
                  + " more."),
          flag(
                  "checkpoints.best-by",
                  "What the best epoch is chosen by: accuracy, balanced_accuracy (the mean of the"
                      + " classes' recalls), or auto, which takes the second where a class has more"
                      + " than twice the images of another. auto unless given.")
              .byRecipe(),
          flag(
              "checkpoints.keep-top",
              "Of how many of the best epochs the weights stay in checkpoints/. At least 1."),
          flag(
                  "checkpoints.every-steps",
                  "A checkpoint after so many steps, beside each epoch's; 0: none. 0 or more.")
              .named("--checkpoint-every")
              .of("STEPS"),
          flag(
                  "checkpoints.every-minutes",
                  "A checkpoint after so many minutes without one; 0: none. 0 or more.")
              .named("--checkpoint-minutes")
              .of("MINUTES"),
          flag(
              "rounds.world-size",
              "Logical workers that own a fixed part of the images each; a step averages their"
                  + " gradients, as DistributedDataParallel. At least 1."),
          flag(
              "rounds.local-steps",
              "Steps of each worker before the workers' weights are averaged (local SGD); 1: their"
                  + " gradients are, at each step. At least 1."),
          flag(
              "rounds.local-steps-after",
              "With --local-steps above 1: the first part of each stage's steps, whose gradients are"
                  + " averaged nevertheless (post-local SGD), such as 0.5. In [0, 1)."),
          flag(
              "rounds.outer-lr",
              "With --local-steps above 1: how far the common weights go towards the workers' mean;"
                  + " 1: all the way. DiLoCo's outer SGD has 0.7. Above 0."),
          flag(
              "rounds.outer-momentum",
              "Nesterov's momentum of that outer step; DiLoCo's is 0.9, for some 500 steps between"
                  + " meetings. In [0, 1)."),
          flag(
              "threads", "Of libtorch and of loading images; 0: as many as processors. 0 or more."),
          flag(
                  "memory-megabytes",
                  "For --batch-size auto, such as 4g; what the container grants, less a fifth.")
              .named("--memory")
              .of("SIZE")
              .read(RunFlags::megabytes),
          flag(
                  "device",
                  "Where the network is trained; on several GPUs by as many workers, or by"
                      + " --world-size.")
              .of("auto|cpu|cuda:N|cuda:N,M"));

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
