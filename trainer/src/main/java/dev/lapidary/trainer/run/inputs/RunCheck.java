package dev.lapidary.trainer.run.inputs;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.plan.ClassWeights;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.run.network.FreezeCheck;
import dev.lapidary.trainer.run.network.Network;

/** Refuses (exit 2) what does not go together in a run, before an image is decoded. */
public final class RunCheck {
  private RunCheck() {}

  /** Refuses (exit 2) devices for which no worker is left. */
  public static void requireWorkOfAll(RunConfig config) {
    int devices = TorchDevices.count(config.device());
    if (devices > config.rounds().worldSize()) {
      throw Failure.badInput(
          "--device %s: %d devices, and the run has %d worker%s; name fewer devices, or start a run"
              + " with --world-size %d",
          config.device(),
          devices,
          config.rounds().worldSize(),
          config.rounds().worldSize() == 1 ? "" : "s",
          devices);
    }
  }

  /** Refuses options that mean nothing for what there is to learn. */
  static void requireTask(RunConfig config, Dataset train) {
    String location = config.data().train();
    boolean binary = config.loss().function() == LossOptions.Kind.BCE;
    boolean balanced = config.loss().classWeights() == ClassWeights.BALANCED;
    if (train.task() == Task.SINGLE_LABEL) {
      if (binary && balanced) {
        throw Failure.badInput(
            "loss.class-weights belong to the function cross_entropy, or to data with any number of"
                + " labels an image; [%s] has one each",
            location);
      }
      return;
    }
    if (config.checkpoints().bestBy() == BestBy.BALANCED_ACCURACY) {
      throw Failure.badInput(
          "--best-by balanced_accuracy is of exactly one class an image, and those of [%s] have any"
              + " number of labels; leave it out: mAP, the mean over the labels, chooses",
          location);
    }
    if (!binary) {
      throw Failure.badInput(
          "[%s] its images have any number of labels, and cross_entropy is for exactly one an"
              + " image; add --loss bce",
          location);
    }
    if (config.data().sampling() == EpochOrder.BALANCED) {
      throw Failure.badInput(
          "[%s] --sampling balanced draws images by their class, and these may have several labels;"
              + " weigh the rare ones by --class-weights balanced",
          location);
    }
    int everywhere = train.counts().indexOf(train.size());
    if (balanced && everywhere >= 0) {
      throw Failure.badInput(
          "[%s] every training image has the label %s, so --class-weights balanced would give it"
              + " the weight 0; take the label out, or leave the option out",
          location, train.labels().get(everywhere));
    }
  }

  /** Refuses patterns that match nothing, unknown augmentations, random parameters frozen. */
  static void requirePlan(RunConfig config, Network network, EpochImages learned) {
    NamePatterns patterns = new NamePatterns(network.parameters(), network.heads());
    for (StageConfig stage : config.stages()) {
      patterns.trained(stage);
      stage.groups().forEach(group -> patterns.match(group.match()));
      Augmentation augmentation =
          Augmentation.parse(stage.augment(), network.preprocessing(), config.seed());
      if (learned.hasSecondHead() && augmentation.mixes()) {
        throw Failure.badInput(
            "stage %s: mixup and cutmix mix images of one head, and the classes of --source-data"
                + " are other ones than the target's; leave them out",
            stage.name());
      }
      if (stage.cacheVariants() > 0) {
        requireSingleImages(stage, augmentation, config);
      }
    }
    if (learned.hasSecondHead() && config.loss().teacher().isPresent()) {
      throw Failure.badInput(
          "--teacher knows the target's classes, and those of --source-data are other ones; leave"
              + " one of the two out");
    }
    FreezeCheck.require(config, network);
  }

  private static void requireSingleImages(
      StageConfig stage, Augmentation augmentation, RunConfig config) {
    if (augmentation.mixes()) {
      throw Failure.badInput(
          "stage %s: cache-variants keeps features of single images, and its augmentation mixes the"
              + " images of a batch; leave mixup and cutmix out, or set cache-variants to 0",
          stage.name());
    }
    if (config.loss().teacher().isPresent()) {
      throw Failure.badInput(
          "stage %s: cache-variants reads features, and a teacher must see the images; leave one of"
              + " cache-variants and teacher out",
          stage.name());
    }
  }
}
